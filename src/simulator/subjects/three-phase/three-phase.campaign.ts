import { expect, test } from 'vitest';
import { campaign } from '../../campaign.ts';
import { threePhaseSubject } from './three-phase.ts';

test('600 seeds of three-phase commit under crashes: all or nothing, and progress after each heal', { timeout: 900_000 }, () => {
  const { failures, runs, steps } = campaign({ subject: threePhaseSubject(), seeds: 600, firstSeed: 3000 });
  console.log(`3pc: ${runs} runs, ${steps} steps`);
  expect(failures.map(({ seed, result }) => [seed, result.violation])).toEqual([]);
});
