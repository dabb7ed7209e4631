/**
 * Fault schedules drawn from a seed: a few faults of the kinds that a replicated system is expected to survive, some at
 * the same time, with calm at both ends so that the run has a before and an after.
 */
import { Random } from '../../core/index.ts';
import type { Fault, FaultAction, FaultKind } from '../../scenario/index.ts';

/** Lost disks, torn writes and jumping clocks are promises of their own: a scenario asks for them by name. */
const drawn: readonly FaultKind[] = ['partition', 'partition', 'kill', 'pause', 'restart', 'delay', 'loss'];
const MOST_FAULTS = 4;
const SHORTEST_MS = 1000;

export interface DrawOptions {
  readonly seed: number;
  readonly nodes: readonly string[];
  /** What the system can carry out. */
  readonly kinds: readonly FaultKind[];
  readonly durationMs: number;
}

export function drawSchedule({ seed, nodes, kinds, durationMs }: DrawOptions): readonly Fault[] {
  const random = new Random(seed, 'campaign', 'faults');
  const possible = drawn.filter((kind) => kinds.includes(kind) && (kind !== 'partition' || nodes.length > 1));
  if (possible.length === 0) return [];
  const first = Math.round(durationMs * 0.1);
  const last = Math.round(durationMs * 0.85);
  const longest = Math.max(1, Math.round((last - first) / 2));
  const faults: Fault[] = [];
  for (let left = random.between(1, MOST_FAULTS); left > 0; left--) {
    const forMs = random.between(Math.min(SHORTEST_MS, longest), longest);
    const atMs = random.between(first, Math.max(first, last - forMs));
    faults.push({ ...action(random, random.pick(possible), nodes), atMs, forMs });
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}

function action(random: Random, kind: FaultKind, nodes: readonly string[]): FaultAction {
  const someone = random.pick(['leader', 'leader', 'follower', random.pick(nodes)]);
  switch (kind) {
    case 'partition':
      return partition(random, nodes, someone);
    case 'delay': {
      const minMs = random.between(5, 50);
      return { fault: 'delay', minMs, maxMs: minMs + random.between(5, 150) };
    }
    case 'loss':
      return { fault: 'loss', rate: random.between(1, 20) / 100 };
    case 'pause':
      return { fault: 'pause', node: someone };
    case 'restart':
      return { fault: 'restart', node: someone };
    default:
      return { fault: 'kill', node: someone };
  }
}

function partition(random: Random, nodes: readonly string[], someone: string): FaultAction {
  const shapes = ['isolate', 'isolate', 'groups', 'one-way', ...(nodes.length > 3 ? ['bridge', 'ring'] : [])];
  switch (random.pick(shapes)) {
    case 'groups': {
      const shuffled = random.shuffle([...nodes]);
      const size = random.between(1, nodes.length - 1);
      return { fault: 'partition', shape: 'groups', groups: [shuffled.slice(0, size), shuffled.slice(size)] };
    }
    case 'one-way': {
      const [from, to] = random.shuffle([[someone], ['all']]) as [string[], string[]];
      return { fault: 'partition', shape: 'one-way', from, to };
    }
    case 'bridge':
      return { fault: 'partition', shape: 'bridge', bridge: random.pick(nodes) };
    case 'ring':
      return { fault: 'partition', shape: 'ring' };
    default:
      return { fault: 'partition', shape: 'isolate', node: someone };
  }
}
