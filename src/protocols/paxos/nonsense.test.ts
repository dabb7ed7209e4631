/** Well-formed messages that no correct node sends: dropped, counted by code, no state touched. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../core/index.ts';
import { type Entry, messageSchema, type PaxosMessage } from './message.ts';
import { problemOf } from './plausible.ts';
import { Bench, messageOf } from './testing.ts';

const entry = (slot: number, ballot: number, fields: Partial<Entry> = {}): Entry => ({
  slot,
  ballot,
  kind: 0,
  session: 1,
  id: slot,
  op: 'x',
  size: 3,
  ...fields,
});

const stopSign = (members: number[], phase1: number, phase2: number) => ({ kind: 2 as const, op: { members, phase1, phase2 } });

const nonsense: readonly (readonly [string, number, PaxosMessage, string])[] = [
  ['from a stranger', 9, messageOf('prepare', { ballot: 5009, slot: 1 }), 'LC_MEMBERSHIP'],
  ['a question of a stranger', 9, messageOf('learn', { slot: 1 }), 'LC_MEMBERSHIP'],
  ['news of a stranger', 9, messageOf('chosen', { commit: 1, entries: [entry(1, 5002)] }), 'LC_MEMBERSHIP'],
  ['a proposal of a stranger', 9, messageOf('propose', { entries: [entry(0, 0)] }), 'LC_MEMBERSHIP'],
  ['slot 0', 2, messageOf('chosen', { commit: 1, entries: [entry(0, 5002), entry(1, 5002)] }), 'LC_CODEC'],
  ['a value of nobody', 2, messageOf('chosen', { commit: 1, entries: [entry(1, 5000)] }), 'LC_CODEC'],
  ['from a peer that is no member', 4, messageOf('prepare', { ballot: 5004, slot: 1 }), 'LC_MEMBERSHIP'],
  ['in the ballot of another node', 2, messageOf('prepare', { ballot: 5003, slot: 1 }), 'LC_CODEC'],
  ['in no ballot', 2, messageOf('accept', { ballot: 0, slot: 1 }), 'LC_CODEC'],
  ['in a ballot of round 0', 2, messageOf('accept', { ballot: 2, slot: 1 }), 'LC_CODEC'],
  ['an acceptance in two ballots', 2, messageOf('accept', { ballot: 5002, slot: 1, entries: [entry(1, 4002)] }), 'LC_CODEC'],
  ['slots that do not follow', 2, messageOf('accept', { ballot: 5002, slot: 1, entries: [entry(1, 5002), entry(3, 5002)] }), 'LC_CODEC'],
  ['a slot before the ballot begins', 2, messageOf('accept', { ballot: 5002, slot: 4, entries: [entry(3, 5002)] }), 'LC_CODEC'],
  ['a slot far beyond all', 2, messageOf('accept', { ballot: 5002, slot: 1, entries: [entry(2 ** 40, 5002)] }), 'LC_OVERLOADED'],
  ['a promise of a higher ballot', 2, messageOf('promise', { ballot: 1001, slot: 1, entries: [entry(1, 9002)] }), 'LC_CODEC'],
  ['a promise far beyond all', 2, messageOf('promise', { ballot: 1001, slot: 1, entries: [entry(2 ** 40, 1)] }), 'LC_OVERLOADED'],
  [
    'quorums that do not meet',
    2,
    messageOf('accept', { ballot: 5002, slot: 1, entries: [entry(1, 5002, stopSign([1, 2, 3], 1, 2))] }),
    'LC_CODEC',
  ],
  ['duplicated members', 2, messageOf('chosen', { commit: 1, entries: [entry(1, 5002, stopSign([1, 1, 2], 2, 2))] }), 'LC_CODEC'],
  [
    'a snapshot with an impossible quorum',
    2,
    messageOf('chosen', {
      commit: 5,
      snapshot: { index: 5, data: null, configuration: { era: 1, members: [1, 2, 3], phase1: 9, phase2: 2, floor: 0 } },
    }),
    'LC_CODEC',
  ],
  ['an empty proposal', 2, messageOf('propose'), 'LC_CODEC'],
  ['entries where none belong', 2, messageOf('heartbeat', { ballot: 2, entries: [entry(1, 5002)] }), 'LC_CODEC'],
];

const initial = { era: 1, members: [1, 2, 3], phase1: 2, phase2: 2, floor: 0 };
const peers = [1, 2, 3, 4];

describe('nonsense', () => {
  test.each(nonsense)('%s is dropped and counted', (_what, from, message, code) => {
    const bench = new Bench(1, peers, { initial });
    const before = bench.bytes();
    bench.take();
    expect(bench.deliver(from, message)).toEqual([]);
    expect(bench.bytes()).toBe(before);
    expect([...bench.node.dropped]).toEqual([[code, 1]]);
  });

  test('the same messages told well are taken', () => {
    const bench = new Bench(1, peers, { initial });
    bench.take();
    bench.deliver(2, messageOf('accept', { ballot: 5002, slot: 1, entries: [entry(1, 5002, stopSign([1, 2, 3], 2, 2))] }));
    expect(bench.node.dropped.size).toBe(0);
    expect(bench.sync().map(({ to, message }) => [to, message.mark])).toEqual([[2, 1]]);
  });

  test('random messages throw nothing, and what makes no sense touches nothing', () => {
    const random = new Random(5, 'nonsense');
    let dropped = 0;
    let taken = 0;
    for (let run = 0; run < 60; run++) {
      const bench = new Bench(1, peers, { initial });
      if (run % 2 === 0) bench.ask('admin', { type: 'campaign' });
      bench.sync();
      for (let i = 0; i < 40; i++) {
        const message = messageSchema.mutate(random, messageSchema.sample(random));
        const sensible = { ...message, era: random.below(3) === 0 ? message.era : 1 };
        const from = random.between(1, 5);
        if (from === 1) continue;
        const before = bench.bytes();
        const problem = problemOf(from, sensible, peers, bench.node.configuration, bench.node.commit);
        bench.deliver(from, sensible);
        if (problem === null) taken++;
        else {
          dropped++;
          expect(bench.bytes()).toBe(before);
        }
        bench.sync();
      }
    }
    expect(dropped).toBeGreaterThan(500);
    expect(taken).toBeGreaterThan(100);
  });
});
