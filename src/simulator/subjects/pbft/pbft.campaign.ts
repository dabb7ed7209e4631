import { expect, test } from 'vitest';
import { campaign } from '../../campaign.ts';
import { pbftSubject } from './pbft.ts';

test('600 seeds of PBFT under every fault and up to f liars', { timeout: 900_000 }, () => {
  const { failures, runs, steps, coverage } = campaign({ subject: pbftSubject(), seeds: 600, firstSeed: 3000, keepGoing: true });
  console.log(`pbft: ${runs} runs, ${steps} steps, ${coverage.get('epoch-changed-under-liar')} with a view change under a liar`);
  expect(failures.map(({ seed, result }) => [seed, result.violation])).toEqual([]);
});
