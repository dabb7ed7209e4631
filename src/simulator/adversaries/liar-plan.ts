/**
 * Short runs in which as many servers lie as the protocol survives, one of them the first leader more often than not:
 * for campaigns of very many seeds, which ask for safety alone and want leaders replaced early.
 */
import { Random } from '../../core/index.ts';
import type { Fault } from '../../scenario/index.ts';
import { nodeName } from '../names.ts';
import type { Plan } from '../plan.ts';
import type { Subject } from '../subject.ts';
import { drawnSettings, drawPlan } from '../swarm.ts';
import { renamedReceivers } from './behaviour.ts';

/** Steps of one run: enough for some leaders to come and go. */
export const LIAR_STEPS = 1000;
/** What counts as a run: one that did not come to its end before. */
export const LEAST_STEPS = LIAR_STEPS;

const BUSY_ONE_IN = 3;
const FIRST_HONEST_ONE_IN = 4;
const FIRST = nodeName(1, 1);

/** `nodes`: a fixed number, else 4 mostly. */
export function drawLiarPlan(subject: Subject, seed: number, nodes?: number): Plan {
  const random = new Random(seed, 'liar-plan');
  const size = nodes ?? random.pick([4, 4, 4, 4, 5, 7]);
  const liars = subject.survivesLiars?.(size, drawnSettings(subject, seed, size)) ?? 0;
  // Mostly liars have a run to themselves.
  const calm = random.below(BUSY_ONE_IN) > 0;
  const plan = drawPlan(subject, seed, { nodes: size, liars, ...(calm ? { faults: ['adversary'] as const } : {}) });
  const first = random.below(FIRST_HONEST_ONE_IN) > 0 ? withFirstLeader(plan.faults) : plan.faults;
  const slow = random.below(2) === 0 ? plan.workload : { ...plan.workload, thinkMinUs: 10_000, thinkMaxUs: 100_000 };
  return { ...plan, faults: first, workload: slow, clients: Math.min(plan.clients, 2), liveness: null };
}

/** Server 1 leads first in most protocols: one of the liars takes its place, and it theirs. */
function withFirstLeader(faults: readonly Fault[]): readonly Fault[] {
  const liars = faults.flatMap((fault) => (fault.fault === 'adversary' ? [fault.node] : []));
  const [liar = FIRST] = liars;
  if (liars.includes(FIRST)) return faults;
  const names = new Map([
    [liar, FIRST],
    [FIRST, liar],
  ]);
  return faults.map((fault) => {
    if (fault.fault !== 'adversary') return fault;
    return { ...fault, node: names.get(fault.node) ?? fault.node, behaviour: renamedReceivers(fault.behaviour, names) };
  });
}
