/**
 * The views of PBFT with one Byzantine replica of four, every state: two views for each place that the liar may have, with and
 * without claims of what is committed, and three views under a lying first primary. Each transition is a real replica's.
 */
import { explore, pbftViews } from '../src/simulator/index.ts';
import { cpuSeconds, type Figure } from './measure.ts';

export const name = 'pbft-views';
export const nodeOptions = ['--max-old-space-size=9000'];

function seen(liar: number, views: number, claims: boolean, expected: number): Figure[] {
  let states = 0;
  let verdict = '';
  const seconds = cpuSeconds(() => {
    const found = explore(pbftViews({ liar, views, claims }));
    states = found.verdict === 'pass' ? found.unique : 0;
    verdict = found.verdict;
  });
  const world = `${views} views, n${liar} lies${claims ? ', claims' : ''}`;
  return [
    { metric: `${world}: states`, value: states, unit: 'states', bar: `= ${expected}`, note: `verdict ${verdict}` },
    { metric: `${world}: to see them all`, value: Math.round(seconds), unit: 'CPU seconds' },
  ];
}

export async function run(): Promise<Figure[]> {
  return [
    ...seen(1, 2, false, 16_964),
    ...seen(2, 2, false, 26_126),
    ...seen(3, 2, false, 13_102),
    ...seen(1, 2, true, 137_759),
    ...seen(2, 2, true, 174_174),
    ...seen(3, 2, true, 130_529),
    ...seen(1, 3, false, 5_435_595),
  ];
}
