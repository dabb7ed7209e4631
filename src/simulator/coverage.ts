/** What a run reached: counts of things that ought to happen sometimes, or the campaign tests less than it seems to. */
import type { Goal } from './subject.ts';

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

export class Coverage {
  readonly counts = new Map<string, number>();

  readonly reach = (goal: string): void => {
    this.counts.set(goal, (this.counts.get(goal) ?? 0) + 1);
  };
}
