import { expect, test } from 'vitest';
import { exploreProtocol, voteWorld } from './index.ts';

test('four voters, one of them a liar: every run within the bounds agrees', { timeout: 900_000 }, () => {
  const result = exploreProtocol({ ...voteWorld(4), seed: 1, states: 150_000, walks: 300 });
  const covered = result.parts.filter(({ role }) => role === 'cover');
  expect([result.verdict, result.violation]).toEqual(['pass', null]);
  expect(covered.map(({ verdict, unique }) => [verdict, unique])).toEqual([
    ['pass', 300],
    ['pass', 64_840],
    ['pass', 104_356],
  ]);
});
