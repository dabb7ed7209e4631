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
function receivers(random: Random, nodes: number, self: number): string {
  switch (random.below(6)) {
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
      return `(to=${some.map((id) => nodeName(id, nodes)).join('|')})`;
    }
    default:
      return '';
  }
}

/** How one liar lies, as text. */
function drawBehaviour(random: Random, nodes: number, self: number, colludes: boolean): string {
  const kind = random.below(12);
  const parts: string[] = [];
  const limited = (name: BehaviourName): void => {
    parts.push(`${name}${name === 'withhold' || name === 'equivocate' || name === 'split-send' ? receivers(random, nodes, self) : ''}`);
  };
  if (kind === 0) parts.push('silent');
  else {
    if (kind < 8) limited(random.pick(told));
    if (kind > 5) limited(random.pick(untold));
    if (random.below(8) === 0) parts.push(random.pick(done));
  }
  if (colludes) parts.push('collude');
  return parts.join('+');
}

export function drawLiars(random: Random, { nodes, liars, durationMs, timeoutMs }: LiarDraw): Fault[] {
  const ids = random
    .shuffle(Array.from({ length: nodes }, (_, i) => i + 1))
    .slice(0, liars)
    .sort((a, b) => a - b);
  const collude = liars > 1 && random.below(3) > 0;
  return ids.flatMap((id) => {
    const node = nodeName(id, nodes);
    const fault = (atMs: number): Fault => ({ fault: 'adversary', node, behaviour: drawBehaviour(random, nodes, id, collude), atMs });
    if (random.below(3) > 0) return [fault(0)];
    const faults: Fault[] = [];
    for (let atMs = random.below(3 * timeoutMs); atMs < durationMs; atMs += random.between(timeoutMs, 8 * timeoutMs)) {
      const forMs = random.between(timeoutMs, 6 * timeoutMs);
      faults.push({ ...fault(atMs), forMs });
      atMs += forMs;
    }
    return faults;
  });
}
