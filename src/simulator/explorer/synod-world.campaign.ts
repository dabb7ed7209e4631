import { expect, test } from 'vitest';
import { explore, synodWorld, WorldModel } from './index.ts';

test('single-decree Paxos, 2 proposers of 2 ballots each and 3 acceptors, unordered and lossy: all 493,886 states', {
  timeout: 600_000,
}, () => {
  const found = explore(new WorldModel(synodWorld(2, 2, 3)));
  expect([found.verdict, found.truncated, found.unique, found.violations]).toEqual(['pass', null, 493_886, []]);
});
