/**
 * Draws the liars of one seed of the swarm: as many as the protocol promises to survive, at most, so that whatever they
 * do must be safe, and live. Their own stream: protocols that survive none keep the plans that they have.
 */
import type { Random } from '../../core/index.ts';
import type { Fault } from '../../scenario/index.ts';
import { nodeName } from '../names.ts';
import type { BehaviourName } from './behaviour.ts';

export interface LiarDraw {
  readonly nodes: number;
  readonly liars: number;
  readonly durationMs: number;
  readonly timeoutMs: number;
}

/** Those that make the two sides of a split believe different things come up most. */
const told: readonly BehaviourName[] = ['equivocate', 'equivocate', 'equivocate', 'split-send', 'mutate', 'half-proof'];
const untold: readonly BehaviourName[] = ['withhold', 'withhold', 'drop', 'delay', 'replay', 'duplicate', 'forge', 'forge'];
const done: readonly BehaviourName[] = ['amnesia', 'target-leader'];

/** Some receivers by name, or whoever leads, or nobody in particular. */
function receivers(random: Random, nodes: number, self: number, roles = true): string {
  switch (roles ? random.below(6) : 2 + random.below(4)) {
    case 0:
      return '(to=leader)';
    case 1:
      return '(to=next)';
    case 2:
    case 3: {
      const others = Array.from({ length: nodes }, (_, i) => i + 1).filter((id) => id !== self);
      const some = random
        .shuffle(others)
        .slice(0, random.between(1, Math.max(1, others.length - 1)))
        .sort((a, b) => a - b);
      return some.length === 0 ? '' : `(to=${some.map((id) => nodeName(id, nodes)).join('|')})`;
    }
    default:
      return '';
  }
}

/** How one liar lies, as text. */
function drawBehaviour(random: Random, { nodes, timeoutMs }: LiarDraw, self: number, colludes: boolean): string {
  const kind = random.below(14);
  const parts: string[] = [];
  const limited = (name: BehaviourName): void => {
    parts.push(`${name}${name === 'withhold' || name === 'equivocate' || name === 'split-send' ? receivers(random, nodes, self) : ''}`);
  };
  if (kind === 0) parts.push('silent');
  else if (kind === 1 || kind === 2) {
    const period = random.pick(['', '', `ms=${random.pick([1, 2, 8]) * timeoutMs}`]);
    parts.push(period === '' ? `twins${receivers(random, nodes, self, false)}` : `twins(${period})`);
  } else {
    if (kind < 10) limited(random.pick(told));
    if (kind > 7) limited(random.pick(untold));
    if (random.below(8) === 0) parts.push(random.pick(done));
  }
  if (colludes) parts.push('collude');
  return parts.join('+');
}

/** All lie alike: they tell the same two versions, or run twice, and divide the honest between them. */
function drawCommon(random: Random, { nodes, timeoutMs }: LiarDraw, liars: readonly number[]): string {
  const honest = Array.from({ length: nodes }, (_, i) => i + 1).filter((id) => !liars.includes(id));
  const half = random.shuffle(honest).slice(0, Math.ceil(honest.length / 2));
  const names = half.sort((a, b) => a - b).map((id) => nodeName(id, nodes));
  const side = names.length === 0 ? '' : `to=${names.join('|')}`;
  const name = random.pick(['twins', 'twins', 'equivocate']);
  const limits = random.pick([side, side, name === 'twins' ? `ms=${random.pick([1, 4]) * timeoutMs}` : '', '']);
  return `${name}${limits === '' ? '' : `(${limits})`}+collude`;
}

export function drawLiars(random: Random, draw: LiarDraw): Fault[] {
  const { nodes, liars, durationMs, timeoutMs } = draw;
  const ids = random
    .shuffle(Array.from({ length: nodes }, (_, i) => i + 1))
    .slice(0, liars)
    .sort((a, b) => a - b);
  const collude = liars > 1 && random.below(3) > 0;
  const common = collude && random.below(2) === 0 ? drawCommon(random, draw, ids) : null;
  return ids.flatMap((id) => {
    const node = nodeName(id, nodes);
    const fault = (atMs: number): Fault => ({
      fault: 'adversary',
      node,
      behaviour: common ?? drawBehaviour(random, draw, id, collude),
      atMs,
    });
    if (common !== null || random.below(3) > 0) return [fault(0)];
    const faults: Fault[] = [];
    for (let atMs = random.below(3 * timeoutMs); atMs < durationMs; atMs += random.between(timeoutMs, 8 * timeoutMs)) {
      const forMs = random.between(timeoutMs, 6 * timeoutMs);
      faults.push({ ...fault(atMs), forMs });
      atMs += forMs;
    }
    return faults;
  });
}
