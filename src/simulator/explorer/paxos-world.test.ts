import { expect, test } from 'vitest';
import { paxosMutantNamed } from '../zoo/paxos/paxos-mutants.ts';
import { exploreProtocol, paxosWorld } from './index.ts';

test('Multi-Paxos, 2 nodes: every state of two small worlds is seen, and none is broken (3 nodes: the campaign)', () => {
  const none = { timers: 0, crashes: 0, drops: 0, duplicates: 0 };
  const coverage = [
    { disk: 'slow' as const, bounds: { ...none, timers: 1, crashes: 1 }, inputs: 1 },
    { disk: 'instant' as const, bounds: { ...none, timers: 2 }, inputs: 1 },
  ];
  const { verdict, parts } = exploreProtocol({ ...paxosWorld(2), coverage, seed: 3, states: 60_000, walks: 10 });
  expect(parts.filter(({ role }) => role === 'cover').map((part) => [part.verdict, part.truncated])).toEqual([
    ['pass', null],
    ['pass', null],
  ]);
  expect(verdict).toBe('pass');
});

test('a quorum too small is found by exploration alone', () => {
  const paxos = paxosMutantNamed('phase2-quorum-off-by-one')?.paxos;
  const { violation } = exploreProtocol({ ...paxosWorld(3, paxos), seed: 1, states: 60_000, walks: 400 });
  expect(violation?.property).toMatch(/state-machine-safety|no-broken-invariant/);
});
