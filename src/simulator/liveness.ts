/** The liveness phase: who must make progress in it, and how everyone else is frozen for good, as faults. */
import { type NodeId, Random } from '../core/index.ts';
import type { Fault } from '../scenario/index.ts';
import type { Beliefs } from './beliefs.ts';
import type { LivenessPlan } from './plan.ts';
import type { World } from './world.ts';

/**
 * A random quorum of honest servers or more; one that has to make progress, if a few tries find one. With `nobody`
 * frozen all honest servers, and the liars that have no end lie on. Null: the honest ones are no quorum.
 */
export function chooseCore(world: World, beliefs: Beliefs, freeze: LivenessPlan['freeze']): readonly NodeId[] | null {
  const { plan, subject, liars, servers } = world;
  const honest = liars.size === 0 ? servers : servers.filter((id) => !liars.has(id));
  const survived = subject.survivesLiars?.(plan.nodes, plan.settings) ?? 0;
  const quorum = survived > 0 ? plan.nodes - survived : Math.floor(plan.nodes / 2) + 1;
  if (liars.size > survived || honest.length < quorum) return null;
  if (freeze === 'nobody') return honest;
  const random = new Random(plan.seed, 'core');
  let core: readonly NodeId[] = honest;
  for (let attempt = 0; attempt < 8; attempt++) {
    const size = random.between(quorum, honest.length);
    core = random
      .shuffle([...honest])
      .slice(0, size)
      .sort((a, b) => a - b);
    if ((subject.mayStall?.(world, beliefs, core) ?? null) === null) break;
  }
  return core;
}

export function freezeFaults(freeze: LivenessPlan['freeze'], rest: readonly string[], core: readonly string[], atMs: number): Fault[] {
  if (rest.length === 0) return [];
  switch (freeze) {
    case 'nobody':
      return [];
    case 'kill':
      return rest.map((node) => ({ fault: 'kill', node, atMs }));
    case 'pause':
      return rest.map((node) => ({ fault: 'pause', node, atMs }));
    case 'one-way-in':
      // They speak and are heard, but hear nothing: the core must not let them disturb it.
      return [{ fault: 'partition', shape: 'one-way', from: [...core], to: [...rest], atMs }];
    case 'one-way-out':
      return [{ fault: 'partition', shape: 'one-way', from: [...rest], to: [...core], atMs }];
    case 'cut':
      return [{ fault: 'partition', shape: 'groups', groups: [[...core], [...rest]], atMs }];
  }
}
