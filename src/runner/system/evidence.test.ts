import { describe, expect, it } from 'vitest';
import { defineScenario } from '../../scenario/index.ts';
import { buildView, type TraceRecord } from '../../trace/index.ts';
import { bitesOf, evidence } from './evidence.ts';
import type { RunFacts } from './run-on-system.ts';
import { durability, FINAL_QUESTIONS } from './survival.ts';

const scenario = defineScenario({
  name: 's',
  target: 't',
  nodes: 3,
  workload: { kind: 'set', clients: 1, operations: 10 },
  faults: [{ fault: 'kill', node: 'leader', atMs: 100, forMs: 100 }],
});
const header: TraceRecord = { type: 'header', trace: 1, model: 'set-full' };
const killed = (verified: boolean | null): TraceRecord => ({
  ...{ type: 'fault', seq: 1, timeNs: 101e6, phase: 'start', fault: 'kill' },
  detail: { fault: 'kill', node: 'n1', atMs: 100, forMs: 100, carriedOut: { beganMs: 100, verified } },
});
const acknowledged: readonly TraceRecord[] = [
  { ...{ type: 'op', seq: 10, timeNs: 800e6, phase: 'invoke', process: 0 }, f: 'add', value: 1 },
  { ...{ type: 'op', seq: 11, timeNs: 801e6, phase: 'ok', process: 0 }, f: 'add' },
];
const facts = { startMs: 0, workedMs: 1000, interrupted: false, recovered: true, finalReads: { complete: true } } as unknown as RunFacts;
const bites = (...records: readonly TraceRecord[]) =>
  bitesOf(scenario, { startMs: 0, workedMs: 1000 }, buildView([header, ...records])).map(({ bit, why }) => [bit, why]);

describe('a fault bites', () => {
  it('when a probe has seen it', () => expect(bites(killed(true))).toEqual([[true, 'seen by a probe']]));
  it('not when the system goes another way than the links that a probe has seen cut', () => {
    const cut = (phase: 'start' | 'end', seq: number, carriedOut: object): TraceRecord =>
      ({
        ...{ type: 'fault', seq, timeNs: seq * 1e6, phase, fault: 'partition' },
        detail: {
          fault: 'partition',
          groups: [['n1'], ['n2']],
          atMs: 100,
          forMs: 100,
          carriedOut: { beganMs: seq, verified: true, ...carriedOut },
        },
      }) as TraceRecord;
    const over = (connections?: number) => {
      const view = buildView([
        header,
        cut('start', 2, {}),
        cut('end', 3, connections === undefined ? {} : { connections }),
        ...acknowledged,
      ]);
      const partition = {
        ...scenario,
        faults: [{ fault: 'partition', groups: [['n1'], ['n2']], atMs: 100, forMs: 100 }],
      } as unknown as typeof scenario;
      return bitesOf(partition, { startMs: 0, workedMs: 1000 }, view).map(({ bit, why }) => [bit, why]);
    };
    expect(over(0)).toEqual([[false, 'its links were as it says, but the system opened no connection over them']]);
    expect(over(3)).toEqual([[true, 'seen by a probe']]);
    // Where nothing is counted the network itself drops: there is no other way.
    expect(over()).toEqual([[true, 'seen by a probe']]);
  });
  it('not when a probe found it not in force', () => expect(bites(killed(false))[0]?.[0]).toBe(false));
  it('not when nobody noticed anything', () =>
    expect(bites(killed(null))).toEqual([[false, 'no probe, no client and no node noticed anything']]));
  it('or need not, where it is optional and another one bit', () => {
    const optional = {
      ...scenario,
      faults: scenario.faults.flatMap((fault) => [0, 500].map((later) => ({ ...fault, atMs: fault.atMs + later, optional: true }))),
    };
    const second = (verified: boolean | null): TraceRecord => {
      const first = killed(verified);
      const detail = { fault: 'kill', node: 'n1', atMs: 600, forMs: 100, carriedOut: { beganMs: 600, verified } };
      return { ...first, seq: 3, timeNs: 600e6, detail } as TraceRecord;
    };
    const verdictOf = (...records: readonly TraceRecord[]): string => {
      const view = buildView([header, ...records, ...acknowledged]);
      return evidence(optional, facts, view, bitesOf(optional, facts, view)).verdict;
    };
    expect(verdictOf(killed(true), second(null))).toBe('pass');
    expect(verdictOf(killed(null), second(false))).toBe('unknown');
  });
  it('not when it was never carried out', () => expect(bites()).toEqual([[false, 'its target was nobody at that moment']]));
});

function adds(seen: readonly number[], final = true, seenThen?: readonly number[]): TraceRecord[] {
  const op = (seq: number, phase: 'invoke' | 'ok', f: string, value?: number | readonly number[]): TraceRecord => ({
    ...{ type: 'op', seq, timeNs: seq, phase, process: 0, f },
    ...(value === undefined ? {} : { value }),
  });
  const added = [1, 2].flatMap((value) => [op(2 * value, 'invoke', 'add', value), op(2 * value + 1, 'ok', 'add')]);
  const note: TraceRecord[] = final ? [{ type: 'note', seq: 6, timeNs: 6, text: FINAL_QUESTIONS }] : [];
  const more = seenThen === undefined ? [] : [op(9, 'invoke', 'read'), op(10, 'ok', 'read', seenThen)];
  return [header, ...added, ...note, op(7, 'invoke', 'read'), op(8, 'ok', 'read', seen), ...more];
}

describe('what was acknowledged', () => {
  it('survives when a final read has it', () => expect(durability(buildView(adds([1, 2]))).verdict).toBe('pass'));
  it('is lost when none has it, and is named', () => {
    const { verdict, stats, anomalies } = durability(buildView(adds([1])));
    expect([verdict, stats.lost, anomalies[0]?.message]).toEqual(['violation', 1, '2 was acknowledged at 0.000 s and is in no final read']);
  });
  it('is in danger when some final reads lack it, which is a violation where it must be everywhere', () => {
    const view = () => buildView(adds([1, 2], true, [1]));
    expect([durability(view()).verdict, durability(view()).stats.divergent]).toEqual(['pass', 1]);
    const { verdict, counterexample } = durability(view(), true);
    expect([verdict, counterexample?.story.at(-1)]).toEqual(['violation', '1 of 2 acknowledged additions are in some final reads only.']);
  });
  it('is not judged without final reads', () => expect(durability(buildView(adds([1], false))).verdict).toBe('skip'));
});
