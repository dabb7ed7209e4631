/**
 * Who belongs to the group, and the rules by which that may change: one voter at a time (thesis 4.1, "simple"), or any
 * change by way of a joint configuration in which two majorities must agree (4.3). Pure: values in, values out.
 * Learners that are still voters of the outgoing half wait in `learnersNext` until the joint configuration is left.
 */
import type { NodeId } from '../../core/index.ts';

/** All lists ascending. `outgoing` is empty unless the configuration is joint. */
export interface Configuration {
  readonly voters: readonly NodeId[];
  readonly outgoing: readonly NodeId[];
  readonly learners: readonly NodeId[];
  readonly learnersNext: readonly NodeId[];
  /**
   * Voters that keep no data: they vote and count, never lead, never apply. A witness is one for life, also after its
   * removal: what it has on disk must never pass for data.
   */
  readonly witnesses: readonly NodeId[];
  /** The leader leaves the joint configuration by itself once it is in force. */
  readonly autoLeave: boolean;
}

export const emptyConfiguration: Configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  witnesses: [],
  autoLeave: false,
};

export type ChangeType = 'add-voter' | 'add-learner' | 'add-witness' | 'remove' | 'update';

export interface MemberChange {
  readonly type: ChangeType;
  readonly node: NodeId;
}

/** `auto`: simple where one change suffices, else joint and left automatically; `implicit` and `explicit`: always joint, left by itself or by order. */
export type Transition = 'auto' | 'implicit' | 'explicit';

export interface MembershipChange {
  readonly transition: Transition;
  /** Empty with `auto`: leave the joint configuration. */
  readonly changes: readonly MemberChange[];
}

/** A refused change: why, in the words of etcd's cases. */
export interface Refusal {
  readonly refused: string;
}

export const isJoint = (configuration: Configuration): boolean => configuration.outgoing.length > 0;
export const isMember = (configuration: Configuration, id: NodeId): boolean =>
  configuration.voters.includes(id) || configuration.outgoing.includes(id) || configuration.learners.includes(id);
export const isVoter = (configuration: Configuration, id: NodeId): boolean =>
  configuration.voters.includes(id) || configuration.outgoing.includes(id);

/** Everyone that a leader replicates to, ascending. */
export function membersOf(configuration: Configuration): NodeId[] {
  return ascending([...configuration.voters, ...configuration.outgoing, ...configuration.learners]);
}

/** Everyone who votes, in either half, ascending. */
export function votersOf(configuration: Configuration): NodeId[] {
  return ascending([...configuration.voters, ...configuration.outgoing]);
}

function ascending(ids: readonly NodeId[]): NodeId[] {
  const list = ids.slice();
  for (let i = 1; i < list.length; i++) if ((list[i - 1] as NodeId) >= (list[i] as NodeId)) return [...new Set(ids)].sort((a, b) => a - b);
  return list;
}
const with_ = (ids: readonly NodeId[], id: NodeId): readonly NodeId[] => (ids.includes(id) ? ids : ascending([...ids, id]));
const without = (ids: readonly NodeId[], id: NodeId): readonly NodeId[] => (ids.includes(id) ? ids.filter((other) => other !== id) : ids);

export function simple(before: Configuration, changes: readonly MemberChange[]): Configuration | Refusal {
  if (isJoint(before)) return { refused: "can't apply simple config change in joint config" };
  const after = applyChanges(before, changes);
  if ('refused' in after) return after;
  const moved =
    before.voters.filter((id) => !after.voters.includes(id)).length + after.voters.filter((id) => !before.voters.includes(id)).length;
  return moved > 1 ? { refused: 'more than one voter changed without entering joint config' } : after;
}

export function enterJoint(before: Configuration, autoLeave: boolean, changes: readonly MemberChange[]): Configuration | Refusal {
  if (isJoint(before)) return { refused: 'config is already joint' };
  if (before.voters.length === 0) return { refused: "can't make a zero-voter config joint" };
  const after = applyChanges({ ...before, outgoing: before.voters }, changes);
  return 'refused' in after ? after : { ...after, autoLeave };
}

export function leaveJoint(before: Configuration): Configuration | Refusal {
  if (!isJoint(before)) return { refused: "can't leave a non-joint config" };
  return {
    voters: before.voters,
    outgoing: [],
    learners: ascending([...before.learners, ...before.learnersNext]),
    learnersNext: [],
    witnesses: before.witnesses,
    autoLeave: false,
  };
}

/** What applying `change` to `before` gives. */
export function changeConfiguration(before: Configuration, change: MembershipChange): Configuration | Refusal {
  if (leavesJoint(change)) return leaveJoint(before);
  if (entersJoint(change)) return enterJoint(before, change.transition !== 'explicit', change.changes);
  return simple(before, change.changes);
}

export const leavesJoint = (change: MembershipChange): boolean => change.transition === 'auto' && change.changes.length === 0;
export const entersJoint = (change: MembershipChange): boolean => change.transition !== 'auto' || change.changes.length > 1;

function applyChanges(before: Configuration, changes: readonly MemberChange[]): Configuration | Refusal {
  let now: Configuration = before;
  for (const { type, node } of changes) {
    if (node === 0 || type === 'update') continue;
    if ((type === 'add-voter' || type === 'add-learner') && now.witnesses.includes(node)) {
      return { refused: `${node} is a witness for life: use another node` };
    }
    if (type === 'add-witness' && isMember(now, node) && !now.witnesses.includes(node))
      return { refused: `${node} is a member already: remove it first` };
    now = type === 'remove' ? remove(now, node) : type === 'add-learner' ? makeLearner(now, node) : makeVoter(now, node);
    if (type === 'add-witness') now = { ...now, witnesses: with_(now.witnesses, node) };
  }
  if (now.voters.length === 0) return { refused: 'removed all voters' };
  return now.voters.every((id) => now.witnesses.includes(id)) ? { refused: 'only witnesses would vote: nobody could lead' } : now;
}

function makeVoter(now: Configuration, id: NodeId): Configuration {
  return {
    ...now,
    voters: with_(now.voters, id),
    learners: without(now.learners, id),
    learnersNext: without(now.learnersNext, id),
  };
}

function makeLearner(now: Configuration, id: NodeId): Configuration {
  if (!isMember(now, id)) return { ...now, learners: with_(now.learners, id) };
  if (now.learners.includes(id)) return now;
  const removed = remove(now, id);
  // A voter of the outgoing half cannot be a learner at the same time: it becomes one on leaving.
  return now.outgoing.includes(id)
    ? { ...removed, learnersNext: with_(removed.learnersNext, id) }
    : { ...removed, learners: with_(removed.learners, id) };
}

function remove(now: Configuration, id: NodeId): Configuration {
  return {
    ...now,
    voters: without(now.voters, id),
    learners: without(now.learners, id),
    learnersNext: without(now.learnersNext, id),
  };
}
