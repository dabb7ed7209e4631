/**
 * The simulator on full Raft: Replica, key-value machine, clients, protocol invariants, histories judged, swarm faults
 * and workload from the default portfolio. An event is one `step` on a live node.
 */
import { drawPlan, type Plan, type RunResult, raftSubject, simulate } from '../src/simulator/index.ts';

export const name = 'simulator';

const SEEDS = 40;
const ROUNDS = 5;
/** Longer runs than a campaign's: the bar is about the world, not about setting it up. */
const LONGER = 6;

const subject = raftSubject();

function plans(): Plan[] {
  return Array.from({ length: SEEDS }, (_, i) => {
    const plan = drawPlan(subject, i + 1);
    return { ...plan, durationMs: plan.durationMs * LONGER, faults: plan.faults.map((fault) => ({ ...fault, atMs: fault.atMs * LONGER })) };
  });
}

const cpuSeconds = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

export async function run(): Promise<{ metric: string; value: number; unit: string; bar?: string; note?: string }[]> {
  const all = plans();
  const rates: number[] = [];
  let results: RunResult[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const since = process.cpuUsage();
    results = all.map((plan) => simulate(subject, plan));
    const steps = results.reduce((sum, result) => sum + result.steps, 0);
    // The first round warms up.
    if (round > 0) rates.push(steps / cpuSeconds(since));
  }
  const steps = results.reduce((sum, result) => sum + result.steps, 0);
  const acknowledged = results.reduce((sum, result) => sum + result.acknowledged, 0);
  const seconds = results.reduce((sum, result) => sum + result.timeUs, 0) / 1e6;
  const failed = results.filter((result) => result.violation !== null).length;
  const rate = median(rates);
  return [
    {
      metric: 'events',
      value: Math.round(rate),
      unit: 'events per CPU-second',
      bar: '>= 2000000',
      note: `${SEEDS} seeds, ${steps} events, ${failed} violations`,
    },
    { metric: 'events per committed operation', value: Math.round((steps / acknowledged) * 10) / 10, unit: 'events', bar: '<= 50' },
    { metric: 'simulated time', value: Math.round((seconds * rate) / steps), unit: 'simulated seconds per CPU-second' },
  ];
}
