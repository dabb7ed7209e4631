/**
 * Generators of fault schedules. Each makes plain data from a stream of random numbers; none finds all bugs, so a
 * portfolio draws one or mixes several. All times are whole milliseconds.
 */
import { LightconeError, type Random } from '../core/index.ts';
import type { Fault, FaultKind, PartitionShape, Target } from '../scenario/index.ts';
import { nodeName } from './names.ts';

export interface FaultContext {
  readonly nodes: number;
  readonly durationMs: number;
  /** The protocol's time scale: how long it takes to notice a failure. */
  readonly timeoutMs: number;
  /** Kinds to draw from. */
  readonly kinds: readonly FaultKind[];
  /** How many faults, about. */
  readonly count: number;
  readonly versions: readonly number[];
}

export type FaultGenerator = (random: Random, context: FaultContext) => Fault[];

/** A duration on the protocol's time scale: mostly short, sometimes several time-outs. */
const lasting = (random: Random, { timeoutMs }: FaultContext): number =>
  random.below(4) === 0 ? random.between(timeoutMs, timeoutMs * 4) : random.between(1, timeoutMs + 20);

const anyNode = (random: Random, nodes: number): Target => nodeName(random.between(1, nodes), nodes);

function someNodes(random: Random, nodes: number, count: number): Target[] {
  const names = Array.from({ length: nodes }, (_, i) => nodeName(i + 1, nodes));
  return random.shuffle(names).slice(0, count).sort();
}

function anyShape(random: Random, nodes: number, victim: () => Target): PartitionShape {
  switch (random.below(6)) {
    case 0:
      return { shape: 'isolate', node: victim() };
    case 1: {
      const group = someNodes(random, nodes, random.between(1, nodes - 1));
      return { shape: 'groups', groups: [group] };
    }
    case 2: {
      const all = someNodes(random, nodes, nodes);
      const cut = random.between(1, nodes - 1);
      return { shape: 'groups', groups: [all.slice(0, cut), all.slice(cut, cut + 1)] };
    }
    case 3: {
      const from = someNodes(random, nodes, random.between(1, nodes - 1));
      const others = someNodes(random, nodes, nodes).filter((name) => !from.includes(name));
      return { shape: 'one-way', from, to: others };
    }
    case 4:
      return nodes < 4 ? { shape: 'isolate', node: victim() } : { shape: 'bridge', bridge: victim() };
    default:
      return nodes < 4 ? { shape: 'one-way', from: [victim()], to: ['all'] } : { shape: 'ring' };
  }
}

/** One fault of kind `kind` at `atMs`; `victim` says whom faults of one node meet. */
function draw(random: Random, kind: FaultKind, atMs: number, context: FaultContext, victim: () => Target): Fault {
  const forMs = lasting(random, context);
  const node = victim();
  switch (kind) {
    case 'partition':
      return { fault: 'partition', ...anyShape(random, context.nodes, victim), atMs, forMs };
    case 'loss':
      return { fault: 'loss', rate: random.pick([0.05, 0.2, 0.5]), atMs, forMs };
    case 'delay': {
      const minMs = random.below(10);
      return { fault: 'delay', minMs, maxMs: minMs + random.between(1, Math.max(2, context.timeoutMs)), atMs, forMs };
    }
    case 'duplicate':
      return { fault: 'duplicate', rate: random.pick([0.1, 0.5]), atMs, forMs };
    case 'reorder':
      return { fault: 'reorder', rate: random.pick([0.1, 0.5, 1]), atMs, forMs };
    case 'restart':
      return { fault: 'restart', node, atMs };
    case 'slow-disk':
      return { fault: 'slow-disk', node, syncMs: random.between(5, Math.max(6, context.timeoutMs)), atMs, forMs };
    case 'clock-jump':
      return { fault: 'clock-jump', node, byMs: random.between(-context.timeoutMs, 4 * context.timeoutMs), atMs };
    case 'clock-drift':
      return { fault: 'clock-drift', node, ppm: random.between(-200_000, 200_000), atMs, forMs };
    case 'version':
      return { fault: 'version', node, version: random.pick(context.versions), atMs };
    case 'adversary':
      return { fault: 'adversary', node, behaviour: random.pick(['drop', 'delay', 'mutate', 'equivocate', 'replay']), atMs, forMs };
    case 'kill':
    case 'pause':
    case 'disk-loss':
    case 'torn-write':
    case 'power-loss':
    case 'disk-full':
      return { fault: kind, node, atMs, forMs };
    case 'action':
      throw new LightconeError('LC_FAULT_UNSUPPORTED', 'what an operator can do to a node is not drawn: name it in a schedule', { kind });
    case 'bandwidth':
    case 'half-open':
    case 'slow-close':
      throw new LightconeError('LC_FAULT_UNSUPPORTED', 'simulated links carry messages, not bytes over connections', { kind });
  }
}

const byTime = (faults: Fault[]): Fault[] => faults.sort((a, b) => a.atMs - b.atMs);

/** Anything, anywhere, at any time. */
export const uniform: FaultGenerator = (random, context) =>
  byTime(
    Array.from({ length: context.count }, () =>
      draw(random, random.pick(context.kinds), random.below(context.durationMs), context, () => anyNode(random, context.nodes)),
    ),
  );

/** Mostly whoever leads at that moment, or those that are about to. */
export const leaderAware: FaultGenerator = (random, context) =>
  byTime(
    Array.from({ length: context.count }, () =>
      draw(random, random.pick(context.kinds), random.below(context.durationMs), context, () =>
        random.below(4) === 0 ? anyNode(random, context.nodes) : random.below(5) === 0 ? 'follower' : 'leader',
      ),
    ),
  );

/** FoundationDB's swizzle-clog: cut some nodes off one after another, then let them back in another order. */
export const swizzleClog: FaultGenerator = (random, context) => {
  const faults: Fault[] = [];
  const rounds = Math.max(1, Math.floor(context.count / context.nodes));
  for (let round = 0; round < rounds; round++) {
    const start = Math.floor((context.durationMs * round) / rounds);
    const span = Math.max(2, Math.floor(context.durationMs / rounds / 2));
    for (const node of random.shuffle(someNodes(random, context.nodes, random.between(1, context.nodes)))) {
      const atMs = start + random.below(span);
      const back = start + span + random.below(span);
      faults.push({ fault: 'partition', shape: 'isolate', node, atMs, forMs: back - atMs });
    }
  }
  return byTime(faults);
};

/** Leaders die or vanish one after another, soon after their election, and come back: what Raft's figure 8 needs. */
export const leadersFall: FaultGenerator = (random, context) => {
  const faults: Fault[] = [];
  const { timeoutMs, durationMs } = context;
  const kinds = (['kill', 'partition', 'torn-write', 'pause'] as const).filter((kind) => context.kinds.includes(kind));
  for (let atMs = random.between(timeoutMs, 3 * timeoutMs); atMs < durationMs; atMs += random.between(timeoutMs, 3 * timeoutMs)) {
    if (kinds.length === 0) break;
    const forMs = random.between(Math.floor(timeoutMs / 2), 5 * timeoutMs);
    const kind = random.pick(kinds);
    if (kind !== 'partition') faults.push({ fault: kind, node: 'leader', atMs, forMs });
    else if (random.below(3) > 0) faults.push({ fault: 'partition', shape: 'isolate', node: 'leader', atMs, forMs });
    else {
      const outward = random.below(2) === 0;
      const shape = { shape: 'one-way' as const, from: [outward ? 'leader' : 'all'], to: [outward ? 'all' : 'leader'] };
      faults.push({ fault: 'partition', ...shape, atMs, forMs });
    }
    if (random.below(3) === 0)
      faults.push({ fault: 'restart', node: anyNode(random, context.nodes), atMs: atMs + random.below(timeoutMs) });
  }
  return byTime(faults);
};

/** Elections forced again and again while nodes restart in quick succession: what votes and terms on disk are for. */
export const restartStorm: FaultGenerator = (random, context) => {
  const faults: Fault[] = [];
  const { timeoutMs, durationMs, nodes } = context;
  for (let atMs = timeoutMs; atMs < durationMs; atMs += random.between(2 * timeoutMs, 5 * timeoutMs)) {
    faults.push({ fault: 'kill', node: 'leader', atMs, forMs: random.between(1, 3 * timeoutMs) });
    let time = atMs + Math.floor(timeoutMs / 2);
    for (let i = random.between(3, 12); i > 0; i--) {
      time += random.below(Math.max(2, Math.floor(timeoutMs / 4)));
      faults.push({ fault: 'restart', node: anyNode(random, nodes), atMs: time });
    }
  }
  return byTime(faults);
};

/**
 * In some stretches of time no leader lives longer than a few round trips: whatever it had begun is left half done, for
 * the next to find. In others all is calm, so that something gets done.
 */
export const shortReigns: FaultGenerator = (random, context) => {
  const faults: Fault[] = [];
  const { timeoutMs, durationMs } = context;
  const kinds = (['kill', 'torn-write', 'pause', 'partition'] as const).filter((kind) => context.kinds.includes(kind));
  if (kinds.length === 0) return faults;
  let atMs = random.between(timeoutMs, 3 * timeoutMs);
  while (atMs < durationMs) {
    const until = atMs + random.between(2, 8) * timeoutMs;
    const every = random.between(5, 40);
    while (atMs < until && atMs < durationMs) {
      const forMs = random.between(timeoutMs, 5 * timeoutMs);
      const kind = random.pick(kinds);
      if (kind === 'partition') faults.push({ fault: kind, shape: 'isolate', node: 'leader', atMs, forMs });
      else faults.push({ fault: kind, node: 'leader', atMs, forMs });
      atMs += random.between(1, every);
    }
    atMs += random.between(1, 6) * timeoutMs;
  }
  return byTime(faults);
};

/**
 * A leader is hidden for long, with the clients that stay with it; those that took its place fall soon after the first
 * one is back: logs part company, and the wrong one stands for election first.
 */
export const rivals: FaultGenerator = (random, context) => {
  const faults: Fault[] = [];
  const { timeoutMs, durationMs } = context;
  if (!context.kinds.includes('partition')) return faults;
  const downs = (['kill', 'torn-write', 'pause', 'partition'] as const).filter((kind) => context.kinds.includes(kind));
  let atMs = random.between(timeoutMs, 4 * timeoutMs);
  while (atMs < durationMs) {
    const forMs = random.between(2 * timeoutMs, 6 * timeoutMs);
    faults.push({ fault: 'partition', shape: 'isolate', node: 'leader', atMs, forMs });
    const backMs = atMs + forMs + random.between(-timeoutMs, Math.floor(timeoutMs / 2));
    const kind = random.pick(downs);
    if (kind === 'partition')
      faults.push({ fault: kind, shape: 'isolate', node: 'leader', atMs: backMs, forMs: random.between(timeoutMs, forMs) });
    else faults.push({ fault: kind, node: 'leader', atMs: backMs, forMs: random.between(timeoutMs, forMs) });
    atMs = backMs + random.between(timeoutMs, 6 * timeoutMs);
  }
  return byTime(faults);
};

/** The clock of a leader, or of anyone, jumps or drifts; soon after the leader is hidden, and must notice in its own time. */
export const wrongTime: FaultGenerator = (random, context) => {
  const faults: Fault[] = [];
  const { timeoutMs, durationMs, nodes } = context;
  const kinds = (['clock-jump', 'clock-drift'] as const).filter((kind) => context.kinds.includes(kind));
  if (kinds.length === 0) return faults;
  for (let atMs = random.between(timeoutMs, 3 * timeoutMs); atMs < durationMs; atMs += random.between(2 * timeoutMs, 6 * timeoutMs)) {
    const victim = random.below(4) === 0 ? anyNode(random, nodes) : 'leader';
    const byMs = random.between(-2 * timeoutMs, Math.floor(timeoutMs / 2));
    if (random.pick(kinds) === 'clock-jump') faults.push({ fault: 'clock-jump', node: victim, byMs, atMs });
    else faults.push({ fault: 'clock-drift', node: victim, ppm: random.between(-200_000, 200_000), atMs, forMs: 4 * timeoutMs });
    if (!context.kinds.includes('partition')) continue;
    const hiddenMs = atMs + random.below(Math.ceil(timeoutMs / 2));
    faults.push({ fault: 'partition', shape: 'isolate', node: 'leader', atMs: hiddenMs, forMs: random.between(timeoutMs, 3 * timeoutMs) });
  }
  return byTime(faults);
};

/** A disk stands still or crawls while leaders fall: its server may know to be committed what it does not have itself. */
export const laggingDisks: FaultGenerator = (random, context) => {
  const faults: Fault[] = [];
  const { timeoutMs, durationMs, nodes } = context;
  const lags = (['slow-disk', 'disk-full'] as const).filter((kind) => context.kinds.includes(kind));
  const falls = (['kill', 'pause', 'partition'] as const).filter((kind) => context.kinds.includes(kind));
  if (lags.length === 0) return faults;
  for (let atMs = random.between(timeoutMs, 3 * timeoutMs); atMs < durationMs; atMs += random.between(2 * timeoutMs, 6 * timeoutMs)) {
    const node = anyNode(random, nodes);
    const forMs = random.between(2 * timeoutMs, 6 * timeoutMs);
    if (random.pick(lags) === 'disk-full') faults.push({ fault: 'disk-full', node, atMs, forMs });
    else faults.push({ fault: 'slow-disk', node, syncMs: random.between(timeoutMs, 4 * timeoutMs), atMs, forMs });
    if (falls.length === 0) continue;
    const fallMs = atMs + random.below(2 * timeoutMs);
    const kind = random.pick(falls);
    if (kind === 'partition') faults.push({ fault: kind, shape: 'isolate', node: 'leader', atMs: fallMs, forMs: 3 * timeoutMs });
    else faults.push({ fault: kind, node: 'leader', atMs: fallMs, forMs: 3 * timeoutMs });
  }
  return byTime(faults);
};

export const generators: readonly FaultGenerator[] = [
  uniform,
  leaderAware,
  swizzleClog,
  leadersFall,
  restartStorm,
  shortReigns,
  rivals,
  wrongTime,
  laggingDisks,
];
