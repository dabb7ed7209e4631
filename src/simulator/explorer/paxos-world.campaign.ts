import { expect, test } from 'vitest';
import { exploreProtocol, paxosWorld } from './index.ts';

test('Multi-Paxos, 3 nodes: every state within the bounds is seen, and none is broken', { timeout: 600_000 }, () => {
  const { verdict, violation, parts } = exploreProtocol({ ...paxosWorld(3), seed: 7, walks: 50 });
  const covered = parts.filter(({ role }) => role === 'cover').map(({ verdict: of, unique }) => [of, unique]);
  expect([verdict, violation]).toEqual(['pass', null]);
  expect(covered).toEqual([
    ['pass', 673_638],
    ['pass', 439_318],
    ['pass', 9_175],
  ]);
});
