import { describe, expect, test } from 'vitest';
import { paxosCommitMutantNamed } from '../zoo/paxos-commit/paxos-commit-mutants.ts';
import { exploreProtocol, paxosCommitWorld, threePhaseWorld } from './index.ts';

describe('exploring Paxos Commit', () => {
  test('two nodes: every run within the bounds is atomic, and the parts say which', () => {
    const result = exploreProtocol({ ...paxosCommitWorld(2), seed: 1, walks: 20 });
    const covered = result.parts.filter(({ role }) => role === 'cover').map(({ verdict, unique }) => [verdict, unique]);
    expect([result.verdict, result.violation, covered]).toEqual(['pass', null, [['pass', expect.any(Number)]]]);
  });

  test.each(['abort-when-in-doubt'])('%s breaks agreement in a short story', (id) => {
    const { violation } = exploreProtocol({
      ...paxosCommitWorld(3, paxosCommitMutantNamed(id)?.node),
      seed: 1,
      states: 150_000,
      walks: 200,
    });
    expect(violation?.property).toBe('agreement');
    expect(violation?.path.length).toBeLessThanOrEqual(40);
  });
});

describe('exploring three-phase commit', () => {
  test('where time-outs lie, as under a partition, two sites decide differently, told step by step', () => {
    const { violation } = exploreProtocol({ ...threePhaseWorld(2), seed: 1, walks: 500 });
    expect(violation?.property).toBe('agreement');
    expect(violation?.path.map(({ action }) => action).filter((action) => action.includes('timer terminate')).length).toBeGreaterThan(0);
    expect(violation?.path.some(({ action }) => action.includes('crashes'))).toBe(false);
  });
});
