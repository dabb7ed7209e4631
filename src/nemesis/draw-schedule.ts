/**
 * Random schedules for real systems, where a fault must last long enough to be noticed and quiet times let the system
 * recover: rounds of a fault (now and then two at once, now and then one that flaps) and a pause, half of them at the leader.
 */
import type { Random } from '../core/index.ts';
import type { Fault, FaultKind, PartitionShape, Target } from '../scenario/index.ts';

export interface DrawOptions {
  readonly nodes: readonly string[];
  readonly durationMs: number;
  readonly kinds: readonly FaultKind[];
  /** How long the system takes to notice a failure; faults last from half of it to four times as long. Default 1000. */
  readonly timeoutMs?: number;
}

/** Every second fault of a node is at whoever leads. */
function victim(random: Random, nodes: readonly string[]): Target {
  const turn = random.below(4);
  return turn < 2 ? 'leader' : turn === 2 ? random.pick(nodes) : random.pick(['follower', random.pick(nodes)]);
}

function shape(random: Random, nodes: readonly string[]): PartitionShape {
  const some = (count: number): string[] =>
    random
      .shuffle([...nodes])
      .slice(0, count)
      .sort();
  switch (random.below(nodes.length < 4 ? 4 : 6)) {
    case 0:
      return { shape: 'isolate', node: victim(random, nodes) };
    case 1: {
      const small = random.between(1, Math.max(1, nodes.length >> 1));
      return { shape: 'groups', groups: [some(small)] };
    }
    case 2: {
      const outward = random.below(2) === 0;
      const node = victim(random, nodes);
      return { shape: 'one-way', from: [outward ? node : 'all'], to: [outward ? 'all' : node] };
    }
    case 3: {
      const from = some(random.between(1, nodes.length - 1));
      return { shape: 'one-way', from, to: nodes.filter((node) => !from.includes(node)) };
    }
    case 4:
      return { shape: 'bridge', bridge: victim(random, nodes) };
    default:
      return { shape: 'ring' };
  }
}

function one(random: Random, kind: FaultKind, nodes: readonly string[], atMs: number, forMs: number): Fault | null {
  const node = victim(random, nodes);
  switch (kind) {
    case 'partition':
      return nodes.length < 2 ? null : { fault: kind, ...shape(random, nodes), atMs, forMs };
    case 'loss':
      return { fault: kind, rate: random.pick([0.02, 0.1, 0.3]), atMs, forMs };
    case 'delay': {
      const minMs = random.pick([5, 20, 60]);
      return { fault: kind, minMs, maxMs: minMs * random.between(1, 4), atMs, forMs };
    }
    case 'bandwidth':
      return { fault: kind, bytesPerSecond: random.pick([5_000, 50_000]), atMs, forMs };
    case 'half-open':
      return { fault: kind, atMs, forMs };
    case 'slow-close':
      return { fault: kind, closeMs: random.pick([500, 3000]), atMs, forMs };
    case 'slow-disk':
      return { fault: kind, node, syncMs: random.pick([20, 100, 300]), atMs, forMs };
    case 'clock-jump':
      return { fault: kind, node, byMs: random.between(-10_000, 10_000), atMs };
    case 'restart':
      return { fault: kind, node, atMs };
    case 'kill':
    case 'pause':
    case 'disk-full':
    case 'power-loss':
      return { fault: kind, node, atMs, forMs };
    case 'disk-loss':
      // Never a majority's: that no protocol survives.
      return { fault: kind, node: random.pick(nodes.slice(-Math.max(1, (nodes.length - 1) >> 1))), atMs, forMs };
    default:
      return null;
  }
}

/** The same stream and options give the same schedule; all is over before `durationMs`. Kinds that cannot be drawn are passed over. */
export function drawSchedule(random: Random, options: DrawOptions): Fault[] {
  const { nodes, durationMs, kinds, timeoutMs = 1000 } = options;
  const faults: Fault[] = [];
  if (kinds.length === 0 || nodes.length === 0) return faults;
  let atMs = random.between(timeoutMs >> 1, timeoutMs);
  while (atMs < durationMs) {
    const lastMs = durationMs - atMs - 1;
    const forMs = Math.max(1, Math.min(lastMs, random.between(timeoutMs >> 1, timeoutMs * 4)));
    const kind = random.pick(kinds);
    const drawn = one(random, kind, nodes, atMs, forMs);
    if (drawn !== null) faults.push(...(random.below(6) === 0 ? flapping(drawn, forMs) : [drawn]));
    if (random.below(4) === 0) {
      const offset = random.below(forMs);
      const second = one(random, random.pick(kinds), nodes, atMs + offset, Math.max(1, Math.min(lastMs - offset, forMs)));
      if (second !== null) faults.push(second);
    }
    atMs += forMs + random.between(timeoutMs >> 1, timeoutMs * 3);
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}

/** The same fault four times in short turns: what finds retries and elections that do not settle. */
function flapping(fault: Fault, forMs: number): Fault[] {
  const turnMs = Math.floor(forMs / 4);
  if (fault.forMs === undefined || turnMs < 50 || (fault.fault !== 'partition' && fault.fault !== 'pause')) return [fault];
  return [0, 1, 2, 3].map((turn) => ({ ...fault, atMs: fault.atMs + turn * turnMs, forMs: turnMs >> 1 }));
}
