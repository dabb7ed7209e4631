/**
 * The default portfolio: one plan a seed. Swarm testing (Groce et al. 2012): each seed leaves out a random subset of
 * features, of faults and of the workload alike, so that features which hide each other's bugs part company.
 */
import { Random } from '../core/index.ts';
import type { Fault, FaultKind } from '../scenario/index.ts';
import { drawLiars } from './adversaries/draw-liars.ts';
import { type FaultContext, type FaultGenerator, generators, leaderAware, uniform } from './fault-generators.ts';
import type { LinkPlan } from './network.ts';
import type { LivenessPlan, Plan, WorkloadPlan } from './plan.ts';
import type { Settings, Subject } from './subject.ts';

export interface SwarmOptions {
  /** Fixed number of servers; drawn without it. */
  readonly nodes?: number;
  /** Only these kinds of faults (of those that the subject tolerates); none: calm runs. */
  readonly faults?: readonly FaultKind[];
  /** Settings that override the drawn ones. */
  readonly settings?: Settings;
  /** Faults that the subject does not promise to survive, to see it break. */
  readonly extraFaults?: readonly FaultKind[];
  /** Exactly so many liars; without it each seed draws up to as many as the subject promises to survive. */
  readonly liars?: number;
}

/** One seed in this many runs everything through encoded bytes. */
const ENCODED_ONE_IN = 10;

/** Groups of 3f + 1 most, and those between. */
const SIZES_WITH_LIARS = [4, 4, 4, 4, 5, 6, 7, 7];

/** The protocol's time scale: how long it takes to notice a failure. */
function timeoutMs({ electionTimeoutMs, viewTimeoutMs, timeoutMs }: Settings): number {
  return [electionTimeoutMs, viewTimeoutMs, timeoutMs].find((ms) => typeof ms === 'number') ?? 300;
}

export function drawPlan(subject: Subject, seed: number, options: SwarmOptions = {}): Plan {
  const random = new Random(seed, 'swarm');
  const sizes = subject.survivesLiars === undefined ? [1, 2, 3, 3, 3, 3, 4, 4, 5, 5, 5, 7] : SIZES_WITH_LIARS;
  const nodes = options.nodes ?? random.pick(sizes);
  const settings = drawnSettings(subject, seed, nodes, options.settings);
  const scaleMs = timeoutMs(settings);
  const durationMs = scaleMs * random.pick([10, 20, 40]);
  const versions = subject.versions?.(settings) ?? [1];
  const kinds = drawKinds(random, subject, settings, options, versions);
  const context: FaultContext = { nodes, durationMs, timeoutMs: scaleMs, kinds, count: random.pick([0, 8, 30, 80, 150]), versions };
  const clients = random.pick([1, 2, 3, 5, 8]);
  return {
    seed,
    nodes,
    clients,
    durationMs,
    settings,
    version: random.below(4) === 0 ? random.pick(versions) : (versions.at(-1) ?? 1),
    links: drawLinks(random, scaleMs),
    clientLinks: drawLinks(random, scaleMs),
    bulkUs: random.pick([0, 0, scaleMs * 200, scaleMs * 2000]),
    disk: random.pick([
      { syncMinUs: 50, syncMaxUs: 500 },
      { syncMinUs: 500, syncMaxUs: 8000 },
      { syncMinUs: 2000, syncMaxUs: 40_000 },
    ]),
    clockOffsetUs: random.pick([0, 1_000_000]),
    clockDriftPpm: random.pick([0, 100, 2000, 90_000]),
    workload: drawWorkload(random, scaleMs, clients),
    faults: withLiars(subject, seed, options, context, settings, drawFaults(random, context)),
    encoded: seed % ENCODED_ONE_IN === 0,
    liveness: frozen(subject, settings, drawLiveness(random, scaleMs)),
  };
}

/** Numbers of servers that do not vote. Not every protocol has all of them. */
const nonVoters: readonly string[] = ['spares', 'learners', 'witnesses'];

/** The settings of a seed, for so many servers. */
export function drawnSettings(subject: Subject, seed: number, nodes: number, over: Settings = {}): Settings {
  return fitting({ ...subject.drawSettings(new Random(seed, 'settings')), ...over }, nodes);
}

/** Settings speak of numbers of servers; they must fit. */
function fitting(settings: Settings, nodes: number): Settings {
  const { spares = 0, learners = 0, witnesses = 0 } = settings as { readonly [name: string]: number };
  const voters = nodes - spares - learners;
  if (voters >= 3 || spares + learners + witnesses === 0) return settings;
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, nonVoters.includes(name) ? 0 : value]));
}

function drawKinds(random: Random, subject: Subject, settings: Settings, options: SwarmOptions, versions: readonly number[]): FaultKind[] {
  const allowed = options.faults;
  const tolerated = subject
    .tolerates(settings)
    // Liars are drawn by number, elsewhere.
    .filter(
      (kind) => kind !== 'adversary' && (allowed === undefined || allowed.includes(kind)) && (kind !== 'version' || versions.length > 1),
    );
  const some = tolerated.filter(() => random.below(2) === 0);
  const extra = (options.extraFaults ?? []).filter((kind) => kind !== 'adversary' || subject.survivesLiars === undefined);
  return [...(some.length > 0 ? some : tolerated), ...extra];
}

function drawFaults(random: Random, context: FaultContext): Fault[] {
  if (context.kinds.length === 0 || context.count === 0) return [];
  const faults = generated(random, context, [uniform, leaderAware, ...generators]);
  if (random.below(3) > 0) return faults;
  // Two generators at once: what one breaks, the other finds broken.
  return [...faults, ...generated(random, context, generators)].sort((a, b) => a.atMs - b.atMs);
}

/** Half of the seeds of a protocol that survives liars have some. */
function withLiars(
  subject: Subject,
  seed: number,
  options: SwarmOptions,
  { nodes, durationMs, timeoutMs }: FaultContext,
  settings: Settings,
  faults: readonly Fault[],
): readonly Fault[] {
  const survived = subject.survivesLiars?.(nodes, settings) ?? 0;
  const asked = options.liars ?? (options.faults === undefined || options.faults.includes('adversary') ? null : 0);
  if ((asked ?? survived) === 0) return faults;
  const random = new Random(seed, 'liars');
  // Somebody honest must be left: nobody else is judged.
  const liars = Math.min(nodes - 1, asked ?? (random.below(2) === 0 ? 0 : random.between(1, survived)));
  return [...faults, ...drawLiars(random, { nodes, liars, durationMs, timeoutMs })].sort((a, b) => a.atMs - b.atMs);
}

/** What one of `some` makes, of the kinds asked for. A generator that has no use for these kinds gives way to another. */
function generated(random: Random, context: FaultContext, some: readonly FaultGenerator[]): Fault[] {
  for (let attempt = 0; attempt < 4; attempt++) {
    const faults = random
      .pick(some)(random, context)
      .filter(({ fault }) => context.kinds.includes(fault));
    if (faults.length > 0) return faults;
  }
  return [];
}

/** Who does not survive a partition may lose the rest of the world to a crash only: those who live on without the core could decide. */
function frozen(subject: Subject, settings: Settings, liveness: LivenessPlan): LivenessPlan {
  if (subject.tolerates(settings).includes('partition') || liveness.freeze === 'nobody') return liveness;
  return { ...liveness, freeze: 'kill' };
}

/** Slow links stay well below the time-out: a group whose messages take longer than that elects nobody, and rightly so. */
function drawLinks(random: Random, scaleMs: number): LinkPlan {
  const minUs = random.pick([50, 500, 2000]);
  return {
    minUs,
    maxUs: minUs + random.pick([500, 2000, Math.floor((scaleMs * 1000) / 20)]),
    tailPpm: random.pick([0, 0, 10_000]),
    tailUs: Math.floor((scaleMs * 1000) / 4),
    lossPpm: random.pick([0, 0, 0, 2000, 30_000]),
    duplicatePpm: random.pick([0, 0, 0, 20_000]),
    reorderPpm: random.pick([0, 0, 50_000, 1_000_000]),
  };
}

function drawWorkload(random: Random, scaleMs: number, clients: number): WorkloadPlan {
  // Fast, leisurely, and so slow that proposals fall between elections.
  const [thinkMinUs, thinkMaxUs] = random.pick([
    [0, 2000],
    [1000, 20_000],
    [10_000, 100_000],
    [scaleMs * 800, scaleMs * 1200],
  ]) as [number, number];
  const readPpm = random.pick([0, 200_000, 500_000, 900_000]);
  return {
    keys: random.pick([1, 2, 5, 20]),
    thinkMinUs,
    thinkMaxUs,
    readPpm,
    casPpm: random.pick([0, 0, 50_000, 100_000]),
    // Whoever writes soon waits for an answer; readers go on for as long as a server, right or wrong, answers them.
    readers: random.pick([0, Math.floor(clients / 2)]),
    staleReads: random.below(12) === 0,
    adminPpm: random.pick([0, 0, 20_000, 200_000, 600_000]),
    operations: 20_000,
    placement: 'roaming',
    keyOrder: 'uniform',
  };
}

function drawLiveness(random: Random, scaleMs: number): LivenessPlan {
  const commits = random.pick([5, 5, 30]);
  return {
    commits,
    boundMs: scaleMs * (20 + 8 * commits),
    freeze: random.pick(['nobody', 'kill', 'pause', 'one-way-in', 'one-way-out', 'cut'] as const),
    restart: random.below(3) === 0,
  };
}
