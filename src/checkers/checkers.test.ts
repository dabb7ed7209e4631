import { expect, test } from 'vitest';
import type { BeliefRecord, FaultRecord } from '../trace/index.ts';
import { checkers, convergenceWithin, electionsWithin, splitBrain, stalenessWithin, unlimitedBudget } from './index.ts';
import { type TestOperation, viewOf } from './testing.ts';

const role = (seq: number, node: string, value: string, epoch: number, subject = 'raft'): BeliefRecord => ({
  type: 'belief',
  seq,
  timeNs: seq * 1e6,
  node,
  subject,
  kind: 'role',
  value,
  epoch,
});
const digest = (seq: number, node: string, value: string): BeliefRecord => ({
  type: 'belief',
  seq,
  timeNs: seq * 1e6,
  node,
  subject: 'kv',
  kind: 'digest',
  value,
});
const write = (process: number, argument: number, call: number, ret: number, node?: string): TestOperation => ({
  process,
  f: 'write',
  key: 'x',
  argument,
  status: 'ok',
  call,
  ret,
  ...(node === undefined ? {} : { node }),
});
const read = (process: number, result: number | null, call: number, ret: number, node?: string): TestOperation => ({
  process,
  f: 'read',
  key: 'x',
  result,
  status: 'ok',
  call,
  ret,
  ...(node === undefined ? {} : { node }),
});

test('the registry names every checker', () => {
  expect(Object.entries(checkers).every(([name, checker]) => checker.name === name)).toBe(true);
  expect(Object.keys(checkers)).toEqual([
    ...[
      'linearizability',
      'split-brain',
      'elections',
      'convergence',
      'staleness',
      'sessions',
      'isolation',
      'read-committed',
      'read-atomic',
      'causal',
    ],
    ...[
      'bank',
      'long-fork',
      'lock',
      'set-full',
      'unique-ids',
      'total-queue',
      'monotonic',
      'watch',
      'causal-reverse',
      'dirty-reads',
      'adya-g2',
      'sequential',
    ],
  ]);
});

test('two leaders of one epoch are a split brain without any operation', () => {
  const result = splitBrain.check(viewOf([], { records: [role(0, 'n1', 'leader', 3), role(5, 'n2', 'leader', 3)] }), unlimitedBudget);
  expect(result).toMatchObject({ verdict: 'violation', stats: { maxLeadersPerEpoch: 2 }, counterexample: { operations: [] } });
  expect(result.counterexample?.story.at(-1)).toBe('one epoch has at most one leader, epoch 3 had 2');
});

test('two claimants of different epochs at one time are a warning', () => {
  const result = splitBrain.check(viewOf([], { records: [role(0, 'n1', 'leader', 3), role(5, 'n2', 'leader', 4)] }), unlimitedBudget);
  expect(result.verdict).toBe('pass');
  expect(result.anomalies).toMatchObject([{ kind: 'two-claimants' }]);
});

test('a deposed leader that acknowledges what was asked for after its successor came is unsafe; what was asked for before is not', () => {
  const records = [role(0, 'n1', 'leader', 3), role(5, 'n2', 'leader', 4)];
  const unsafe = splitBrain.check(viewOf([write(1, 1, 1, 6, 'n1'), write(2, 2, 7, 9, 'n1')], { records }), unlimitedBudget);
  expect(unsafe).toMatchObject({ verdict: 'violation', counterexample: { operations: [1] }, stats: { unsafeAcknowledgements: 1 } });
  expect(unsafe.counterexample?.story.at(-1)).toBe(
    'n1, leader of epoch 3, acknowledged write x=2 to p2 at 0.009 s; it was asked for 2 ms after n2 became leader of epoch 4',
  );
  expect(splitBrain.check(viewOf([write(1, 1, 1, 6, 'n1')], { records }), unlimitedBudget).verdict).toBe('pass');
  const steppedDown = [...records, role(8, 'n1', 'follower', 4)];
  expect(splitBrain.check(viewOf([write(2, 2, 7, 9, 'n1')], { records: steppedDown }), unlimitedBudget).verdict).toBe('pass');
});

test('groups have leaders of their own, and a trace without beliefs is skipped', () => {
  const records = [role(0, 'n1', 'leader', 3, 'group-a'), role(5, 'n2', 'leader', 3, 'group-b')];
  expect(splitBrain.check(viewOf([], { records }), unlimitedBudget).verdict).toBe('pass');
  expect(splitBrain.check(viewOf([]), unlimitedBudget)).toMatchObject({ verdict: 'skip', reason: expect.stringContaining('beliefs') });
});

test('an election grows the epoch by one; who stands in vain grows it alone, and leaders of other groups do not count', () => {
  const stands = (seq: number, epoch: number): BeliefRecord => ({ ...role(seq, 'n3', 'candidate', epoch), kind: 'epoch', value: epoch });
  const records = [
    role(0, 'n1', 'leader', 3),
    role(1, 'n2', 'follower', 3),
    stands(2, 2),
    stands(3, 3),
    role(4, 'n9', 'leader', 40, 'other'),
  ];
  const measure = (more: readonly BeliefRecord[], bounds = {}) =>
    electionsWithin(bounds).check(viewOf([], { records: [...records, ...more] }), unlimitedBudget);
  expect(measure([])).toMatchObject({ verdict: 'pass', stats: { groups: 2, epochGrowth: 0, leaderChanges: 0 } });
  const storm = [stands(5, 4), stands(6, 6), role(7, 'n1', 'follower', 6), role(8, 'n2', 'leader', 7), role(9, 'n1', 'leader', 8)];
  expect(measure(storm)).toMatchObject({ verdict: 'pass', stats: { epochGrowth: 5, leaderChanges: 2 } });
  expect(measure(storm, { maxEpochGrowth: 5, maxLeaderChanges: 2 }).verdict).toBe('pass');
  expect(measure(storm, { maxLeaderChanges: 1 })).toMatchObject({ verdict: 'violation', anomalies: [{ kind: 'leader-changes' }] });
  const broken = measure(storm, { maxEpochGrowth: 4 });
  expect(broken.anomalies.map(({ message }) => message)).toEqual(['the epoch of raft grew by 5, from 3 to 8; at most 4 is allowed']);
  expect(broken.counterexample?.story).toContain('n3 came to epoch 6 by 0.006 s');
  expect(electionsWithin({}).check(viewOf([], { records: [digest(1, 'n1', 'a')] }), unlimitedBudget).verdict).toBe('skip');
});

test('convergence is timed from the last heal or acknowledgement to the last change of a digest', () => {
  const heal: FaultRecord = { type: 'fault', seq: 10, timeNs: 10e6, phase: 'end', fault: 'partition', detail: null };
  const records = [digest(1, 'n1', 'a'), digest(2, 'n2', 'b'), heal, digest(30, 'n2', 'a'), digest(35, 'n1', 'a')];
  const result = convergenceWithin({ thresholdMs: 15 }).check(viewOf([write(1, 1, 3, 4)], { records }), unlimitedBudget);
  expect(result).toMatchObject({ verdict: 'pass', stats: { convergenceMs: 20 }, anomalies: [{ kind: 'slow-convergence' }] });
});

test('what a node said before it fell silent is not what it ended with', () => {
  const says = (seq: number, node: string, value: string | boolean, kind: 'digest' | 'x-answers' = 'digest') => ({
    ...{ type: 'belief' as const, seq, timeNs: seq, clock: 'poll' as const, uncertaintyNs: 1, node, subject: 'cluster', kind, value },
  });
  const verdict = (...records: readonly ReturnType<typeof says>[]): string =>
    checkers.convergence.check(viewOf([], { records }), unlimitedBudget).verdict;
  const three = [says(1, 'n1', 'a'), says(2, 'n2', 'b'), says(3, 'n3', 'b')];
  expect(verdict(...three)).toBe('violation');
  expect(verdict(...three, says(4, 'n1', false, 'x-answers'))).toBe('pass');
  expect(verdict(...three, says(4, 'n1', false, 'x-answers'), says(5, 'n1', true, 'x-answers'))).toBe('violation');
  expect(verdict(says(1, 'n1', 'a'), says(2, 'n2', 'b'), says(4, 'n1', false, 'x-answers'))).toBe('skip');
});

test('nodes that end with different digests, or answer differently at the end, never converged; a killed node is not waited for', () => {
  const records = [digest(1, 'n1', 'a'), digest(2, 'n2', 'b')];
  expect(checkers.convergence.check(viewOf([], { records }), unlimitedBudget).verdict).toBe('violation');
  const kill: FaultRecord = { type: 'fault', seq: 3, phase: 'start', fault: 'kill', detail: { node: 'n2' } };
  expect(checkers.convergence.check(viewOf([], { records: [...records, digest(4, 'n3', 'a'), kill] }), unlimitedBudget).verdict).toBe(
    'pass',
  );
  const reads = [write(1, 1, 0, 1), write(1, 2, 2, 3), read(2, 2, 4, 5, 'n1'), read(3, 1, 6, 7, 'n2')];
  const result = checkers.convergence.check(viewOf(reads), unlimitedBudget);
  expect(result).toMatchObject({ verdict: 'violation', counterexample: { operations: [2, 3] } });
  expect(checkers.convergence.check(viewOf([...reads, read(3, 2, 8, 9, 'n2')]), unlimitedBudget)).toMatchObject({
    verdict: 'pass',
    stats: { convergenceMs: 6 },
  });
});

test('staleness is the last stale read of a write, in ms and in versions', () => {
  const operations = [write(1, 1, 0, 1), write(1, 2, 2, 3), write(1, 3, 4, 5), read(2, 1, 6, 7), read(2, 1, 20, 21), read(2, 3, 22, 23)];
  const view = viewOf(operations);
  expect(checkers.staleness.check(view, unlimitedBudget)).toMatchObject({
    verdict: 'pass',
    stats: { tVisibilityMs: 17, kStaleness: 2, staleReads: 2 },
  });
  expect(stalenessWithin({ maxMs: 16 }).check(view, unlimitedBudget)).toMatchObject({
    verdict: 'violation',
    counterexample: { operations: [0, 1, 4] },
  });
  expect(stalenessWithin({ maxMs: 17, maxVersions: 2 }).check(view, unlimitedBudget).verdict).toBe('pass');
  expect(stalenessWithin({ maxVersions: 1 }).check(view, unlimitedBudget)).toMatchObject({
    verdict: 'violation',
    counterexample: { operations: [0, 1, 2, 3] },
  });
  expect(checkers.staleness.check(viewOf(operations, { untimed: true }), unlimitedBudget)).toMatchObject({ verdict: 'skip' });
});

test('each session guarantee is broken by its own pattern and by no other', () => {
  const kinds = (operations: readonly TestOperation[]): readonly string[] =>
    checkers.sessions.check(viewOf(operations), unlimitedBudget).anomalies.map(({ kind }) => kind);
  const two = [write(1, 1, 0, 1), write(2, 2, 2, 3)];
  expect(kinds([...two, read(2, 1, 4, 5)])).toEqual(['read-your-writes']);
  expect(kinds([...two, read(3, 2, 4, 5), read(3, 1, 6, 7)])).toEqual(['monotonic-reads']);
  expect(kinds([...two, read(3, 2, 4, 5), read(4, 1, 6, 7)])).toEqual([]);
  const revised = (operation: TestOperation, revision: number): TestOperation => ({ ...operation, revision });
  expect(kinds([revised(write(1, 1, 0, 1), 9), revised(write(1, 2, 2, 3), 8)])).toEqual(['monotonic-writes']);
  expect(kinds([revised(write(1, 1, 0, 1), 9), read(2, 1, 2, 3), revised(write(2, 2, 4, 5), 8)])).toEqual(['writes-follow-reads']);
});

test('a value that was written twice leaves sessions undecided', () => {
  expect(checkers.sessions.check(viewOf([write(1, 1, 0, 1), write(2, 1, 2, 3)]), unlimitedBudget)).toMatchObject({
    verdict: 'unknown',
    reason: expect.stringContaining('written twice'),
  });
});
