import { expect, test } from 'vitest';
import { campaign } from '../../campaign.ts';
import { paxosCommitSubject } from './paxos-commit.ts';

test('600 seeds of Paxos Commit under every fault: all or nothing, and progress after each heal', { timeout: 900_000 }, () => {
  const { failures, runs, steps } = campaign({ subject: paxosCommitSubject(), seeds: 600, firstSeed: 3000 });
  console.log(`paxos-commit: ${runs} runs, ${steps} steps`);
  expect(failures.map(({ seed, result }) => [seed, result.violation])).toEqual([]);
});
