/**
 * The explorer: generated states a CPU-second on the abstract two-phase commit. CPU time of this
 * process, medians of several runs after one to warm up.
 */
import { explore, TwoPhaseSpecification } from '../src/simulator/index.ts';

export const name = 'explorer';

export interface Figure {
  metric: string;
  value: number;
  unit: string;
  bar?: string;
  note?: string;
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1e6;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] as number;

function specification(runs: number): Figure[] {
  const figures: Figure[] = [];
  for (const [resourceManagers, expected] of [
    [3, 288],
    [5, 8_832],
    [8, 1_745_408],
  ] as const) {
    const unique = explore(new TwoPhaseSpecification(resourceManagers)).unique;
    figures.push({
      metric: `2PC, ${resourceManagers} resource managers: unique states`,
      value: unique,
      unit: 'states',
      bar: `= ${expected}`,
    });
  }
  let generated = 0;
  const seconds = Array.from({ length: runs }, () =>
    cpuSeconds(() => {
      generated = explore(new TwoPhaseSpecification(8)).generated;
    }),
  );
  figures.push({
    metric: '2PC, 8 resource managers: generated states',
    value: Math.round(generated / median(seconds)),
    unit: 'states/CPU-s',
    bar: '>= 3600000',
    note: `${generated} generated, exact comparison of states`,
  });
  return figures;
}

export async function run(): Promise<Figure[]> {
  return specification(5);
}
