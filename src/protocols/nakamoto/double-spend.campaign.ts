import { expect, test } from 'vitest';
import { nakamotoReversal, rosenfeldReversal } from './double-spend.ts';
import { measuredReversal } from './testing-private-mining.ts';

test('confirmations against lost transactions: measured, exact, and as Nakamoto estimated', { timeout: 300_000 }, () => {
  const runs = 400;
  const rows = ['share  z  measured  Rosenfeld  Nakamoto'];
  for (const q of [10, 20, 30])
    for (const z of [1, 2, 3, 6]) {
      const exact = rosenfeldReversal(q / 100, z);
      const measured = measuredReversal(q, z, runs);
      rows.push(
        `${q} %  ${z}  ${(measured * 100).toFixed(2)} %  ${(exact * 100).toFixed(2)} %  ${(nakamotoReversal(q / 100, z) * 100).toFixed(2)} %`,
      );
      // Twelve cells: four standard errors, and half a run.
      expect(Math.abs(measured - exact)).toBeLessThan(4 * Math.sqrt((exact * (1 - exact)) / runs) + 0.5 / runs);
    }
  console.log(rows.join('\n'));
});
