/** Commands `simple`, `enter-joint autoleave=`, `leave-joint` with changes such as `v1 l2 r3 u4`, one after the other on one group. */

import {
  type Configuration,
  emptyConfiguration,
  enterJoint,
  Inflights,
  leaveJoint,
  type MemberChange,
  membersOf,
  Progress,
  simple,
} from '../../src/protocols/raft/index.ts';
import { type Case, isTrue, valuesOf } from '../../src/protocols/raft/testing.ts';
import { describeConfiguration, describeProgress, parseChanges } from './describe.ts';

/** A fresh group; each call runs the next case on it. */
export function confchangeRunner(): (item: Case) => string {
  let configuration = emptyConfiguration;
  let progress = new Map<number, Progress>();
  let last = -1;
  return ({ command, args, input }) => {
    last++;
    const changes = parseChanges(input);
    if (typeof changes === 'string') return changes;
    const after = change(configuration, command, isTrue(valuesOf(args, 'autoleave')), changes);
    if (typeof after === 'string') return after;
    if ('refused' in after) return after.refused;
    configuration = after;
    progress = new Map(membersOf(after).map((id) => [id, track(progress.get(id), id, after, last)]));
    const rows = [...progress.values()].map((member) => `${member.id}: ${describeProgress(member)}`);
    return [describeConfiguration(after), ...rows].join('\n');
  };
}

function change(before: Configuration, command: string, autoLeave: boolean, changes: readonly MemberChange[]) {
  switch (command) {
    case 'simple':
      return simple(before, changes);
    case 'enter-joint':
      return enterJoint(before, autoLeave, changes);
    case 'leave-joint':
      return changes.length > 0 ? 'this command takes no input' : leaveJoint(before);
    default:
      return 'unknown command';
  }
}

function track(known: Progress | undefined, id: number, configuration: Configuration, last: number): Progress {
  const progress = known ?? new Progress(id, new Inflights(10, 0));
  progress.learner = configuration.learners.includes(id);
  if (known === undefined) {
    progress.next = Math.max(last, 1);
    progress.active = true;
  }
  return progress;
}
