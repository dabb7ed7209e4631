/**
 * Byzantine tolerance, in both frameworks: f liars of several behaviours, and the honest must agree, answer clients by
 * one order, and go on. Any disagreement fails it whatever the success rate: the 0.8 measures liveness. With more liars
 * than n nodes can outvote, a violation is looked for, and told when found. A protocol that promises to survive crashes
 * only is skipped, not passed.
 */
import { checkLinearizability, unlimitedBudget } from '../../checkers/index.ts';
import { Random } from '../../core/index.ts';
import { type Fault, SCENARIO_VERSION, type Scenario } from '../../scenario/index.ts';
import { OK } from '../../trace/index.ts';
import { convergence } from './convergence.ts';
import type { TestResult } from './result.ts';
import type { ValidationTarget } from './target.ts';

/** Nodes needed to outvote f liars under partial synchrony: quorums of n - f overlap in more than f (PBFT, section 3). */
export const requiredNodes = (liars: number): number => 3 * liars + 1;

const ATTEMPTS = 10;
/** So many runs at most in search of a violation, where there are too many liars. */
const HUNTED = 60;
const THRESHOLD = 0.8;
const OPERATIONS = 60;
const RUN_MS = 5000;

/** How liars lie in one attempt after another. */
const ways = [
  'equivocate',
  'silent',
  'twins(ms=700)',
  'mutate+replay',
  'withhold',
  'forge+equivocate',
  'half-proof+delay',
  'split-send',
  'amnesia+duplicate',
  'twins',
] as const;

/** One run with liars, and what it showed. */
interface Attempt {
  readonly seed: number;
  readonly liars: readonly string[];
  readonly behaviour: string;
  /** What was violated; null: nothing. */
  readonly violation: string | null;
  /** The honest went on, and came to the same position. */
  readonly live: boolean;
}

function scenarioOf(
  target: ValidationTarget,
  seed: number,
  liars: readonly string[],
  behaviour: string,
  others: readonly Fault[],
): Scenario {
  return {
    scenario: SCENARIO_VERSION,
    name: `${liars.join(', ')} lie: ${behaviour}`,
    target: target.scenarioTarget,
    nodes: target.nodes.map((name) => ({ name })),
    workload: { kind: 'kv', clients: 4, operations: OPERATIONS, ratePerSecond: 50, keys: 4, readShare: 0.25 },
    faults: [...liars.map((node): Fault => ({ fault: 'adversary', node, behaviour, atMs: 0 })), ...others],
    checks: [{ check: 'linearizability' }],
    seed,
    durationMs: RUN_MS,
  };
}

async function attempt(
  target: ValidationTarget,
  seed: number,
  liars: readonly string[],
  behaviour: string,
  others: readonly Fault[] = [],
): Promise<Attempt> {
  const { trace, violation } = await (target.judge as NonNullable<ValidationTarget['judge']>)(
    scenarioOf(target, seed, liars, behaviour, others),
  );
  const linearizable = checkLinearizability(trace, { model: 'kv', budget: unlimitedBudget });
  const seen = linearizable.verdict === 'violation' ? `linearizability: ${linearizable.anomalies[0]?.message ?? 'see the history'}` : null;
  const honest = target.nodes.filter((node) => !liars.includes(node));
  const { acknowledged, convergedMs } = convergence(trace, honest);
  let asked = 0;
  for (let row = 0; row < trace.history.count; row++) if (trace.history.status[row] === OK) asked++;
  return { seed, liars, behaviour, violation: violation ?? seen, live: acknowledged > 0 && convergedMs !== null && asked * 2 > OPERATIONS };
}

const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** Why the test cannot be run on this target, or null. */
function skipReason(target: ValidationTarget, liars: number): string | null {
  const required = requiredNodes(liars);
  const few = `Need ${required} nodes for ${liars} Byzantine failures, have ${target.nodes.length}`;
  if (target.tolerates === 'crashes')
    return target.nodes.length < required ? few : `${capitalised(target.scenarioTarget)} tolerates crashes, not lies: needs a BFT protocol`;
  if (target.judge === undefined) return 'the target cannot be made to lie';
  return liars >= target.nodes.length ? few : null;
}

const told = ({ liars, behaviour, violation, seed }: Attempt): string =>
  `${liars.join(', ')} lied (${behaviour}, seed ${seed}): ${violation}`;

/** More liars than can be outvoted: those that share a plan divide the honest, until somebody is misled. */
async function hunt(target: ValidationTarget, liars: number, seed: number): Promise<{ found: Attempt | null; runs: number }> {
  for (let run = 0; run < HUNTED; run++) {
    const random = new Random(seed + run, 'hunt');
    const shuffled = random.shuffle([...target.nodes]);
    const lying = shuffled.slice(0, liars).sort();
    const honest = shuffled.slice(liars);
    const side = honest.slice(0, Math.ceil(honest.length / 2)).sort();
    const behaviour = random.pick([
      `twins(to=${side.join('|')})+collude`,
      `equivocate(to=${side.join('|')})+collude`,
      'twins(ms=1000)+collude',
    ]);
    const found = await attempt(target, seed + run, lying, behaviour);
    if (found.violation !== null) return { found, runs: run + 1 };
  }
  return { found: null, runs: HUNTED };
}

async function beyond(
  target: ValidationTarget,
  liars: number,
  seed: number,
): Promise<Pick<TestResult, 'verdict' | 'reason'> & { runs: number }> {
  const need = `Need ${requiredNodes(liars)} nodes for ${liars} Byzantine failures, have ${target.nodes.length}`;
  const { found, runs } = await hunt(target, liars, seed);
  if (found === null) return { verdict: 'UNKNOWN', reason: `${need}; ${runs} runs showed no violation`, runs };
  return { verdict: 'FAIL', reason: `${need}; found violation: ${told(found)}`, runs };
}

/** Framework A: the last nodes lie while a partition comes and goes. */
export async function networkPartitionByzantine(target: ValidationTarget, liars: number, seed = 1): Promise<TestResult> {
  const lying = target.nodes.slice(-liars);
  const about = { byzantineNodes: lying, requiredNodes: requiredNodes(liars), actualNodes: target.nodes.length };
  const test = { framework: 'A', test: 'network_partition_byzantine' } as const;
  const reason = skipReason(target, liars);
  if (reason !== null) return { ...test, reason, fields: { consensusAchieved: null, ...about }, verdict: 'SKIP' };
  if (target.nodes.length < requiredNodes(liars)) {
    const { runs, ...judged } = await beyond(target, liars, seed);
    return { ...test, ...judged, fields: { consensusAchieved: judged.verdict === 'FAIL' ? false : null, ...about, runs } };
  }
  const half = Math.floor(target.nodes.length / 2);
  const split: Fault = {
    fault: 'partition',
    shape: 'groups',
    groups: [target.nodes.slice(0, half), target.nodes.slice(half)],
    atMs: 500,
    forMs: 1500,
  };
  const attempts: Attempt[] = [];
  for (const [i, way] of ways.slice(0, 4).entries())
    attempts.push(await attempt(target, seed + i, lying, liars > 1 ? `${way}+collude` : way, [split]));
  const bad = attempts.find(({ violation }) => violation !== null);
  const stuck = attempts.find(({ live }) => !live);
  const why =
    bad !== undefined
      ? told(bad)
      : stuck === undefined
        ? null
        : `no progress after the heal with ${stuck.liars.join(', ')} lying (${stuck.behaviour})`;
  return {
    ...test,
    ...(why === null ? {} : { reason: why }),
    fields: { consensusAchieved: why === null, ...about, behaviours: attempts.map(({ behaviour }) => behaviour) },
    verdict: why === null ? 'PASS' : 'FAIL',
  };
}

/** Framework B: f random liars, ten attempts. */
export async function byzantineFaultTolerance(target: ValidationTarget, liars: number, seed = 1): Promise<TestResult> {
  const about = { byzantineNodes: liars, totalNodes: target.nodes.length, requiredHonest: 2 * liars + 1 };
  const test = { framework: 'B', test: 'byzantine_fault_tolerance' } as const;
  const none = { consensusAttempts: 0, successfulConsensus: 0, successRate: null, safetyThreshold: THRESHOLD };
  const reason = skipReason(target, liars);
  if (reason !== null) return { ...test, reason, fields: { ...about, ...none }, verdict: 'SKIP' };
  if (target.nodes.length < requiredNodes(liars)) {
    const { runs, ...judged } = await beyond(target, liars, seed + HUNTED);
    return { ...test, ...judged, fields: { ...about, ...none, consensusAttempts: runs } };
  }
  const attempts: Attempt[] = [];
  for (let i = 0; i < ATTEMPTS; i++) {
    const lying = new Random(seed + i, 'liars')
      .shuffle([...target.nodes])
      .slice(0, liars)
      .sort();
    const way = ways[i % ways.length] as string;
    attempts.push(await attempt(target, seed + i, lying, liars > 1 ? `${way}+collude` : way));
  }
  const bad = attempts.find(({ violation }) => violation !== null);
  const live = attempts.filter((each) => each.live).length;
  const stuck = attempts.find((each) => !each.live);
  const successRate = live / ATTEMPTS;
  const reasons = [
    ...(bad === undefined ? [] : [told(bad)]),
    ...(successRate >= THRESHOLD
      ? []
      : [`${live} of ${ATTEMPTS} attempts went on; not with ${stuck?.liars.join(', ')} lying (${stuck?.behaviour})`]),
  ];
  return {
    ...test,
    ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
    fields: {
      ...about,
      consensusAttempts: ATTEMPTS,
      successfulConsensus: attempts.filter((each) => each.live && each.violation === null).length,
      successRate,
      safetyThreshold: THRESHOLD,
      behaviours: attempts.map(({ behaviour }) => behaviour),
    },
    verdict: reasons.length === 0 ? 'PASS' : 'FAIL',
  };
}
