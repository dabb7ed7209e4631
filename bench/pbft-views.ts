/**
 * The views of PBFT with one Byzantine replica of four, every state: two views for each place that the liar may have, with and
 * without claims of what is committed. Each transition is a real replica's.
 */
import { explore, pbftViews } from '../src/simulator/index.ts';
import { cpuSeconds, type Figure } from './measure.ts';

export const name = 'pbft-views';

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
    ...seen(1, 2, false, 38_190),
    ...seen(2, 2, false, 37_500),
    ...seen(3, 2, false, 13_566),
    ...seen(1, 2, true, 283_229),
    ...seen(2, 2, true, 210_821),
    ...seen(3, 2, true, 132_569),
  ];
}
