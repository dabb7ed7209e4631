/**
 * Membership (thesis 4): changes are log entries, take effect when they are applied, one at a time; those that touch
 * more than one voter go through a joint configuration, which the leader leaves by itself where the change says so.
 */
import type { NodeId, Value } from '../../core/index.ts';
import { type Configuration, changeConfiguration, isJoint, isVoter, leavesJoint, type MembershipChange, membersOf } from './confchange.ts';
import { type Entry, type EntryKind, entryKinds, makeEntry, valueBytes } from './message.ts';
import type { Asker } from './raft-base.ts';
import { RaftReads } from './raft-reads.ts';

interface AwaitedChange extends Asker {
  readonly index: number;
  readonly term: number;
}

export abstract class RaftMembership extends RaftReads {
  /** Who asked for the change that is under way. */
  protected awaitedChange: AwaitedChange | null = null;

  /** The entry that, once committed, shows that a quorum knows the newest configuration to be in force; 0: none. */
  protected sealIndex = 0;

  /** Append a membership change; a reason when it is refused. */
  protected proposeChange(change: MembershipChange, kind: EntryKind, asker: Asker | null): string | null {
    if (asker !== null && this.awaitedChange !== null) return 'a change is under way';
    const refusal = this.config.validateChanges ? (this.refusesChange(leavesJoint(change)) ?? this.impossibleChange(change)) : null;
    if (refusal !== null) return refusal;
    const entry = changeEntry(this.term, kind, change, asker);
    // The index is claimed first: it must be set when the entry is seen anywhere.
    const before = this.pendingChangeIndex;
    this.pendingChangeIndex = this.log.last + 1;
    if (!this.appendEntry(entry)) {
      this.pendingChangeIndex = before;
      return 'too much is uncommitted already';
    }
    if (asker !== null) this.awaitedChange = { ...asker, index: this.log.last, term: this.term };
    this.broadcastAppend();
    return null;
  }

  /** What configuration arithmetic alone makes impossible; etcd finds out on applying. */
  protected impossibleChange(change: MembershipChange): string | null {
    if (change.changes.some(({ type }) => type === 'add-witness') && this.spokenByAll() < 2) {
      return 'a member speaks protocol version 1, which has no witnesses';
    }
    const after = changeConfiguration(this.configuration, change);
    return 'refused' in after ? after.refused : null;
  }

  /** The entry at `index` is applied: what it says is in force. */
  protected applyChange(entry: Entry, index: number): void {
    const change = changeOf(entry);
    const after = changeConfiguration(this.configuration, change);
    // Everyone refuses alike: the same entry meets the same configuration everywhere.
    if (!('refused' in after)) {
      this.configurations.push({ index, configuration: after });
      this.switchConfiguration(after);
    }
    const awaited = this.awaitedChange;
    if (awaited !== null && awaited.index === index && 'refused' in after) {
      this.awaitedChange = null;
      this.refuse(awaited, 'LC_MEMBERSHIP', 'fail', after.refused);
    }
    if (this.role !== 'leader' || (isJoint(this.configuration) && this.configuration.autoLeave)) return;
    if (this.sealsChanges() && this.#leadsFromOutside()) this.#seal();
    else this.#changeDone();
  }

  #changeDone(): void {
    const awaited = this.awaitedChange;
    if (awaited === null || awaited.index > this.configuredAt) return;
    this.awaitedChange = null;
    this.out.reply(awaited.from, {
      id: awaited.id,
      session: awaited.session,
      outcome: 'ok',
      value: configurationValue(this.configuration),
    });
  }

  /** The index of the newest change that is in force. */
  protected get configuredAt(): number {
    return this.configurations.at(-1)?.index ?? 0;
  }

  /**
   * Does a leader that is left out stay until a quorum of the new configuration knows it to be in force? A message that
   * carries a later entry carries the commit index, too. Gone at once, it could be needed once more.
   */
  protected sealsChanges(): boolean {
    return true;
  }

  #seal(): void {
    this.appendEntry(makeEntry(this.term, entryKinds.normal, 0, 0, null, 0));
    this.sealIndex = this.log.last;
    this.broadcastAppend();
  }

  /** Applied up to `index`: what waited for the seal goes on. */
  protected maybeSealed(index: number): void {
    if (this.sealIndex === 0 || index < this.sealIndex) return;
    this.sealIndex = 0;
    this.#changeDone();
    if (this.#leadsFromOutside() && this.config.stepDownOnRemoval) this.becomeFollower(this.term, 0);
  }

  /** This leader was removed, or made a learner. */
  #leadsFromOutside(): boolean {
    const self = this.progress(this.id);
    return this.role === 'leader' && (self === null || self.learner);
  }

  protected override switchConfiguration(configuration: Configuration): void {
    this.configuration = configuration;
    const next = Math.max(this.log.last, 1);
    this.members = membersOf(configuration).map((id) => {
      const learner = configuration.learners.includes(id);
      const known = this.progress(id);
      if (known !== null) {
        const kept = known.learner === learner ? known : known.clone();
        kept.learner = learner;
        return kept;
      }
      const added = this.newProgress(id);
      added.next = next;
      added.learner = learner;
      // Give it time to be heard of before the quorum is checked.
      added.active = true;
      return added;
    });
    if (this.role !== 'leader') return;
    if (this.#leadsFromOutside() && !this.sealsChanges()) {
      if (this.config.stepDownOnRemoval) this.becomeFollower(this.term, 0);
      return;
    }
    if (this.maybeCommit()) {
      this.releaseReads();
      this.broadcastAppend();
    } else {
      for (const member of this.members) if (member.id !== this.id) this.maybeSendAppend(member, false);
    }
    this.confirmReads();
    if (this.transferee !== 0 && !isVoter(configuration, this.transferee)) this.abortTransfer();
  }

  /** Applied up to `index`: leave a joint configuration that is to be left by itself. */
  protected maybeLeaveJoint(index: number): void {
    if (!this.configuration.autoLeave || this.role !== 'leader' || index < this.pendingChangeIndex) return;
    if (this.progress(this.id) === null || this.transferee !== 0) return;
    this.proposeChange({ transition: 'auto', changes: [] }, entryKinds.changeV2, null);
  }

  protected dropAwaitedChange(): void {
    const awaited = this.awaitedChange;
    this.awaitedChange = null;
    this.sealIndex = 0;
    // It is in the log: whoever leads next may still commit it.
    if (awaited !== null) this.refuse(awaited, 'LC_TIMEOUT', 'info');
  }

  /** Committed membership changes that are not applied: campaigning now would count the wrong votes. */
  protected hasUnappliedChange(): boolean {
    const { log } = this;
    for (let index = log.applied + 1; index <= log.committed; index++) if (isChange(log.entry(index))) return true;
    return false;
  }

  protected abstract abortTransfer(): void;
}

export const isChange = (entry: Entry): boolean => entry.kind === entryKinds.changeV1 || entry.kind === entryKinds.changeV2;

/** A change without content leaves the joint configuration, and takes no room, so that it is never refused for its size. */
function changeEntry(term: number, kind: EntryKind, change: MembershipChange, asker: Asker | null): Entry {
  const op = leavesJoint(change) ? null : changeValue(change);
  return makeEntry(term, kind, asker?.session ?? 0, asker?.id ?? 0, op, op === null ? 0 : valueBytes(op));
}

export function changeValue(change: MembershipChange): Value {
  return { transition: change.transition, changes: change.changes.map(({ type, node }) => ({ type, node })) };
}

export function changeOf(entry: Entry): MembershipChange {
  return entry.op === null ? { transition: 'auto', changes: [] } : (entry.op as unknown as MembershipChange);
}

export function configurationValue(configuration: Configuration): Value {
  const { voters, outgoing, learners, learnersNext, witnesses, autoLeave } = configuration;
  return { voters, outgoing, learners, learnersNext, witnesses, autoLeave };
}

const changeTypes: readonly string[] = ['add-voter', 'add-learner', 'add-witness', 'remove', 'update'];
const transitions: readonly string[] = ['auto', 'implicit', 'explicit'];

/** A change as a client gave it, or null when it is none. */
export function parseChange(value: { readonly [key: string]: Value }): MembershipChange | null {
  const { transition = 'auto', changes } = value;
  if (typeof transition !== 'string' || !transitions.includes(transition) || !Array.isArray(changes)) return null;
  const parsed = [];
  for (const item of changes as readonly Value[]) {
    if (item === null || typeof item !== 'object' || Array.isArray(item) || item instanceof Uint8Array) return null;
    const { type, node } = item as { readonly [key: string]: Value };
    if (typeof type !== 'string' || !changeTypes.includes(type)) return null;
    if (typeof node !== 'number' || !Number.isSafeInteger(node) || node < 1) return null;
    parsed.push({ type: type as MembershipChange['changes'][number]['type'], node: node as NodeId });
  }
  return { transition: transition as MembershipChange['transition'], changes: parsed };
}
