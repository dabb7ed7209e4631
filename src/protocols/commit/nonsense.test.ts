/** Messages that no peer of this version would send, or not in that part: dropped, counted by code, no state touched. */
import { describe, expect, test } from 'vitest';
import { LightconeError, type Node, type NodeId, Random, Reader, type Schema, Writer } from '../../core/index.ts';
import {
  commitProtocol,
  type DropCode,
  defaultCommitConfig,
  defaultPaxosCommitConfig,
  defaultThreePhaseConfig,
  paxosCommitProtocol,
  threePhaseProtocol,
} from './index.ts';
import { RandomRun } from './testing-run.ts';

type Any = Node<unknown, unknown, unknown> & { readonly dropped: ReadonlyMap<DropCode, number> };

const sites: readonly NodeId[] = [1, 2, 3];
const known = { coordinator: 1, number: 1048577 };
const strange = { coordinator: 9, number: 1 };
const writes = [{ key: 'x', value: 1, expected: [] }];

const protocols = [
  {
    name: 'two-phase commit',
    run: (seed: number) => new RandomRun(seed, commitProtocol, sites, { ...defaultCommitConfig, voteRetries: 1 }),
    message: commitProtocol.message as Schema<unknown>,
    record: commitProtocol.record as Schema<unknown>,
    nonsense: [
      ['LC_SENDER_NOT_ENTITLED', 3, { type: 'prepare', tx: known, sites: [1, 2], writes }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'prepare', tx: known, sites: [2, 2], writes }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'prepare', tx: known, sites: [2, 7], writes }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'prepare', tx: known, sites: [1, 3], writes }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'vote', tx: known, vote: 'yes' }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'ack', tx: { coordinator: 2, number: 99999999 } }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'decision', tx: strange, commit: true }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'inquire', tx: { coordinator: 1, number: 0 } }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'inquire', tx: { coordinator: 2, number: 99999999 } }],
      ['LC_SENDER_UNKNOWN', 9, { type: 'decision', tx: known, commit: true }],
    ],
  },
  {
    name: 'Paxos Commit',
    run: (seed: number) => new RandomRun(seed, paxosCommitProtocol, sites, { ...defaultPaxosCommitConfig, voteRetries: 1 }),
    message: paxosCommitProtocol.message as Schema<unknown>,
    record: paxosCommitProtocol.record as Schema<unknown>,
    nonsense: [
      ['LC_SENDER_NOT_ENTITLED', 3, { type: 'prepare', tx: known, sites: [1, 2], writes }],
      ['LC_SENDER_NOT_ENTITLED', 3, { type: 'vote', tx: known, sites: [1, 2], yes: true }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'vote', tx: known, sites: [1, 1], yes: true }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'vote', tx: known, sites: [], yes: true }],
      ['LC_SENDER_NOT_ENTITLED', 1, { type: 'take', tx: known, sites: [1, 2], ballot: 3 }],
      ['LC_SENDER_NOT_ENTITLED', 1, { type: 'take', tx: known, sites: [1, 2], ballot: 0 }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'propose', tx: known, sites: [1, 2], ballot: 1, votes: [{ site: 1, yes: true }] }],
      [
        'LC_MESSAGE_IMPOSSIBLE',
        1,
        {
          type: 'propose',
          tx: known,
          sites: [1, 2],
          ballot: 1,
          votes: [
            { site: 1, yes: true },
            { site: 1, yes: false },
          ],
        },
      ],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'accepted', tx: known, sites: [1, 2], ballot: 0, votes: [{ site: 3, yes: true }] }],
      ['LC_SENDER_NOT_ENTITLED', 1, { type: 'promise', tx: known, ballot: 1, accepted: null }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'promise', tx: known, ballot: 2, accepted: { ballot: 5, votes: [] } }],
      ['LC_SENDER_NOT_ENTITLED', 1, { type: 'begin', tx: known, parts: [{ site: 1, writes }], yes: true }],
      ['LC_SENDER_UNKNOWN', 9, { type: 'decision', tx: known, commit: true }],
    ],
  },
  {
    name: 'three-phase commit',
    run: (seed: number) => new RandomRun(seed, threePhaseProtocol, sites, { ...defaultThreePhaseConfig, patience: 2 }),
    message: threePhaseProtocol.message as Schema<unknown>,
    record: threePhaseProtocol.record as Schema<unknown>,
    nonsense: [
      ['LC_SENDER_NOT_ENTITLED', 3, { type: 'prepare', tx: known, sites: [1, 2], writes }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'prepare', tx: known, sites: [2, 2], writes }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'prepare', tx: known, sites: [1, 3], writes }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'vote', tx: known, yes: true }],
      ['LC_SENDER_NOT_ENTITLED', 3, { type: 'inquire', tx: known, sites: [1, 2] }],
      ['LC_MESSAGE_IMPOSSIBLE', 1, { type: 'precommit', tx: strange }],
      ['LC_SENDER_UNKNOWN', 9, { type: 'decision', tx: known, commit: true }],
    ],
  },
] as const;

const bytesOf = (node: Any): string => {
  const w = new Writer();
  node.encode(w);
  return w.take().toString();
};

describe.each(protocols)('$name', ({ run, message, record, nonsense }) => {
  test.each(nonsense as unknown as [DropCode, NodeId, unknown][])('%s: from n%i, %j', (code, from, payload) => {
    const { cluster } = run(1);
    cluster.settle();
    const node = cluster.node(2) as unknown as Any;
    const before = bytesOf(node);
    (cluster.net as unknown[]).push({ kind: 'message', from, to: 2, payload });
    cluster.deliver(cluster.net[0] as (typeof cluster.net)[0]);
    expect([...node.dropped]).toEqual([[code, 1]]);
    expect(bytesOf(node)).toBe(before);
    expect([cluster.net.length, cluster.pending(2)]).toEqual([0, 0]);
  });

  test('well-formed messages of all kinds, in the middle of runs: nobody fails, whatever is dropped touches nothing', () => {
    let [dropped, taken] = [0, 0];
    for (let seed = 1; seed <= 15; seed++) {
      const one = run(seed);
      for (let i = 0; i < 120; i++) {
        one.event();
        const id = one.random.pick(sites);
        const node = one.cluster.node(id) as unknown as Any | null;
        if (node === null) continue;
        const payload = message.sample(one.random);
        const before = bytesOf(node);
        const count = (): number => [...node.dropped.values()].reduce((sum, each) => sum + each, 0);
        const already = count();
        // A copy is asked, or the nonsense would change what the run goes on with.
        const copy = node.clone() as Any;
        const effects = { send() {}, persist() {}, checkpoint() {}, timer() {}, reply() {}, indicate() {}, belief() {}, choose: () => 0 };
        copy.step({ kind: 'message', now: one.cluster.nowUs, from: 1 + one.random.below(4), message: payload }, effects as never);
        const drops = [...copy.dropped.values()].reduce((sum, each) => sum + each, 0);
        if (drops > 0) {
          dropped += 1;
          expect(bytesOf(copy)).toBe(before);
        } else taken += 1;
        expect([count(), bytesOf(node)]).toEqual([already, before]);
      }
    }
    expect(dropped).toBeGreaterThan(200);
    expect(taken).toBeGreaterThan(0);
  });

  test('random and damaged bytes end as LC_CODEC, or decode to what encodes alike', () => {
    const random = new Random(8);
    for (const schema of [message, record]) {
      for (let i = 0; i < 1500; i++) {
        const w = new Writer();
        schema.write(w, schema.mutate(random, schema.sample(random)));
        const bytes = w.take().slice();
        const damaged = random.below(3) === 0 ? bytes.slice(0, random.below(bytes.length)) : bytes;
        if (damaged === bytes && bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
        try {
          const reader = new Reader(damaged);
          const value = schema.read(reader);
          reader.done();
          const again = new Writer();
          schema.write(again, value);
          expect(again.take()).toEqual(damaged);
        } catch (error) {
          if (!(error instanceof LightconeError)) throw error;
          expect(error.code).toBe('LC_CODEC');
        }
      }
    }
  });
});
