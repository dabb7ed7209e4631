import { describe, expect, test } from 'vitest';
import { commitMutantNamed } from '../zoo/commit/commit-mutants.ts';
import { commitWorld, exploreProtocol } from './index.ts';

describe('exploring two-phase commit', () => {
  test('three sites: all 288 states of the specification, and every run of the real nodes within the bounds, agree', () => {
    const result = exploreProtocol({ ...commitWorld(3), seed: 1, walks: 50 });
    const covered = result.parts.filter(({ role }) => role === 'cover');
    expect([result.verdict, covered.map(({ verdict }) => verdict)]).toEqual(['pass', ['pass', 'pass']]);
    expect(covered[0]?.unique).toBe(288);
    expect(result.properties).toContain('agreement');
  });

  test('two sites, and five', () => {
    expect(exploreProtocol({ ...commitWorld(2), seed: 1, walks: 50 }).verdict).toBe('pass');
    expect(exploreProtocol({ ...commitWorld(5), seed: 1, walks: 20 }).verdict).toBe('pass');
  });

  test.each(['commit-on-missing-vote', 'decision-not-persisted', 'presumed-commit', 'abort-when-in-doubt', 'vote-forgotten-on-restart'])(
    '%s breaks agreement in a short story',
    (id) => {
      const { violation } = exploreProtocol({ ...commitWorld(3, commitMutantNamed(id)?.node), seed: 1 });
      expect(violation?.property).toBe('agreement');
      expect(violation?.path.length).toBeLessThanOrEqual(20);
    },
  );
});
