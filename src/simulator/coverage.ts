/** What a run reached: counts of things that ought to happen sometimes, or the campaign tests less than it seems to. */
import type { NodeId } from '../core/index.ts';
import type { Fault } from '../scenario/index.ts';
import { nodeName } from './names.ts';
import type { Goal, Reach } from './subject.ts';

/** Reached by any protocol with leaders and a disk. */
export const generalGoals: readonly Goal[] = [
  { name: 'crash-lost-unsynced', about: 'a crash lost records that were not durable' },
  { name: 'leader-lost-unsynced', about: 'a leader crashed and lost records that were not durable' },
  { name: 'leader-crashed', about: 'a leader crashed while its disk was idle' },
  { name: 'leader-crashed-writing', about: 'a leader crashed with records that were not durable, lost or not' },
  { name: 'leader-paused', about: 'a leader stood still' },
  { name: 'leader-isolated', about: 'a partition cut a leader off from a majority' },
  { name: 'one-way-hid-leader', about: 'a one-way partition hid a leader: it heard the others, they did not hear it' },
  { name: 'two-leaders', about: 'two servers believed at the same time that they led, in different epochs' },
  { name: 'election-during-partition', about: 'a leader was elected during a partition' },
  { name: 'election-during-snapshot', about: 'a leader was elected while a snapshot was under way' },
  { name: 'snapshot-restored', about: 'a running server installed a snapshot' },
  { name: 'clock-jumped', about: 'a clock jumped' },
  { name: 'disk-was-full', about: 'a disk was full' },
  { name: 'mixed-versions', about: 'servers of different protocol versions ran together' },
];

/** Reached where some servers lie. */
export const liarGoals: readonly Goal[] = [
  { name: 'liar-told-two-versions', about: 'a liar told different servers different versions of a message' },
  { name: 'epoch-changed-under-liar', about: 'an honest server left an epoch that a liar led' },
];

export class Coverage {
  readonly counts = new Map<string, number>();

  readonly reach = (goal: string): void => {
    this.counts.set(goal, (this.counts.get(goal) ?? 0) + 1);
  };
}

/** What a fault that begins means for whoever leads. */
export function reachedByFault(reach: Reach, fault: Fault, node: NodeId, leader: NodeId, servers: number): void {
  if (fault.fault === 'pause' && node === leader) reach('leader-paused');
  else if (fault.fault === 'clock-jump') reach('clock-jumped');
  else if (fault.fault === 'disk-full') reach('disk-was-full');
  else if (fault.fault === 'version') reach('mixed-versions');
  if (fault.fault !== 'partition' || leader === 0) return;
  const name = nodeName(leader, servers);
  if (fault.shape === 'one-way' && fault.from.includes(name)) reach('one-way-hid-leader');
  if (fault.shape === 'isolate' && fault.node === name) reach('leader-isolated');
  if (fault.shape !== 'groups') return;
  const group = fault.groups.find((members) => members.includes(name));
  if (group !== undefined && group.length * 2 <= servers) reach('leader-isolated');
}
