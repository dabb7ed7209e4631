/** How the servers outside the core are frozen for good in the liveness phase, as faults. */
import type { Fault } from '../scenario/index.ts';
import type { LivenessPlan } from './plan.ts';

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
