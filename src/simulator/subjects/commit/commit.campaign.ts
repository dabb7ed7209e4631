import { expect, test } from 'vitest';
import { campaign } from '../../campaign.ts';
import { commitSubject } from './commit.ts';

test('5,000 seeds of two-phase commit under every fault: all or nothing, and progress after each heal', { timeout: 900_000 }, () => {
  const { failures, runs, steps } = campaign({ subject: commitSubject(), seeds: 5000, firstSeed: 2000 });
  console.log(`2pc: ${runs} runs, ${steps} steps`);
  expect(failures.map(({ seed, result }) => [seed, result.violation])).toEqual([]);
});
