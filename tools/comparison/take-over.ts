/** How long nothing is acknowledged after the leader dies: measured with time-outs that are all the same. */
import { type Plan, simulate } from '../../src/simulator/index.ts';
import { planOf } from './measure.ts';
import type { ComparedProtocol } from './rows.ts';

const SEEDS = 9;

/** Milliseconds from the leader's death to the first acknowledgement of a write asked right then; the median of some seeds. */
export function takeOverMs({ subject, settings }: ComparedProtocol, nodes: number): number {
  const waits = Array.from({ length: SEEDS }, (_, i) =>
    waitOf(subject, { ...planOf({ subject, settings: settings(nodes), nodes }, 2), seed: i + 1 }),
  );
  return waits.sort((a, b) => a - b)[SEEDS >> 1] as number;
}

/** The second write is asked as the leader dies. */
function waitOf(subject: ComparedProtocol['subject'], plan: Plan): number {
  const [, second] = plan.workload.planned as NonNullable<typeof plan.workload.planned>;
  const diesMs = (second as { readonly atUs: number }).atUs / 1000 - 1;
  let [now, asked, waited] = [() => 0, 0, Number.NaN];
  const observer = {
    begin: (world: { readonly now: number }) => {
      now = () => world.now;
    },
    operation: ({ phase }: { readonly phase: string }) => {
      if (phase === 'invoke') [asked, waited] = [now(), Number.NaN];
      else if (phase === 'ok') waited = (now() - asked) / 1000;
    },
    sent: () => {},
    dropped: () => {},
    delivered: () => {},
    believed: () => {},
    indicated: () => {},
    fault: () => {},
    note: () => {},
  };
  const faults = [{ fault: 'kill' as const, node: 'leader', atMs: diesMs }];
  const { violation } = simulate(subject, { ...plan, faults }, { observer });
  if (violation !== null) throw new Error(`${subject.name}: ${violation.message}`);
  return Math.round(waited);
}
