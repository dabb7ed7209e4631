/**
 * The simulator on full Raft: Replica, key-value machine, clients, protocol invariants, histories judged; the first
 * seeds of the default portfolio as `lightcone simulate raft` runs them. An event is one `step` on a live node.
 */
import { drawPlan, type Plan, type RunResult, raftSubject, simulate } from '../src/simulator/index.ts';
import { cpuSeconds, type Figure, median } from './measure.ts';

export const name = 'simulator';

const SEEDS = 200;
/** Optimising compilers take some millions of events; a campaign takes minutes, so the first rounds do not count. */
const WARM_UP = 8;
const ROUNDS = 15;

const subject = raftSubject();

interface Sum {
  readonly steps: number;
  readonly acknowledged: number;
  readonly simulatedSeconds: number;
  readonly violations: number;
}

function sumOf(results: readonly RunResult[]): Sum {
  const sum = (of: (result: RunResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  return {
    steps: sum(({ steps }) => steps),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    simulatedSeconds: sum(({ timeUs }) => timeUs) / 1e6,
    violations: sum(({ violation }) => (violation === null ? 0 : 1)),
  };
}

/** Events per CPU-second in each round, and what a round does. */
function measure(of: typeof subject, plans: readonly Plan[]): { rates: number[]; sum: Sum } {
  const rates: number[] = [];
  let results: RunResult[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const seconds = cpuSeconds(() => {
      results = plans.map((plan) => simulate(of, plan));
    });
    if (round >= WARM_UP) rates.push(sumOf(results).steps / seconds);
  }
  return { rates, sum: sumOf(results) };
}

export async function run(): Promise<Figure[]> {
  const plans = Array.from({ length: SEEDS }, (_, i) => drawPlan(subject, i + 1));
  const { rates, sum } = measure(subject, plans);
  const rate = median(rates);
  const bare = measure(raftSubject({ invariants: false }), plans);
  const tenth = (value: number): number => Math.round(value * 10) / 10;
  return [
    {
      metric: 'events, all invariants on',
      value: Math.round(rate),
      unit: 'events per CPU-second',
      bar: '>= 2000000',
      note: `${SEEDS} seeds, ${sum.steps} events, ${sum.violations} violations; best round ${Math.round(Math.max(...rates))}`,
    },
    {
      metric: 'events, without the invariants of Raft',
      value: Math.round(median(bare.rates)),
      unit: 'events per CPU-second',
      note: `the checks of any protocol and of the histories stay; best round ${Math.round(Math.max(...bare.rates))}`,
    },
    { metric: 'events per committed operation', value: tenth(sum.steps / sum.acknowledged), unit: 'events', bar: '<= 50' },
    {
      metric: 'simulated time',
      value: Math.round((sum.simulatedSeconds * rate) / sum.steps),
      unit: 'simulated seconds per CPU-second',
    },
  ];
}
