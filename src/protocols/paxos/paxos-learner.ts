/**
 * The learner: which slots are chosen, and with what. A leader says how far it has chosen; a node that accepted from the
 * same leader knows the values, any other asks for them. Whoever knows what was chosen may tell, also a node of an older
 * configuration; where slots are trimmed, a snapshot stands for them.
 */
import type { NodeId } from '../../core/index.ts';
import { messageTypes, NO_ENTRIES, type PaxosMessage, type Snapshot } from './message.ts';
import { PaxosAcceptor } from './paxos-acceptor.ts';

export abstract class PaxosLearner extends PaxosAcceptor {
  /** The slot from which it has asked for what it lacks since the last heartbeat; 0: none. One question leads to one answer at most. */
  protected learnAsked = 0;

  /** The leader of `m.ballot` has chosen up to `m.commit`. */
  protected override learnCommit(from: NodeId, m: PaxosMessage): void {
    const { slots } = this;
    let slot = slots.committed;
    while (slot < m.commit && this.isChosen(slots.at(slot + 1), m.ballot)) slot++;
    slots.commitTo(slot);
    if (slot < m.commit) this.askToLearn(from);
  }

  protected askToLearn(from: NodeId): void {
    const wanted = this.slots.committed + 1;
    if (this.learnAsked === wanted) return;
    this.learnAsked = wanted;
    this.send(from, this.message(messageTypes.learn, 0, wanted, 0, 0));
  }

  protected handleLearn(from: NodeId, m: PaxosMessage): void {
    if (m.slot <= this.slots.committed) this.sendChosen(from, m.slot);
  }

  /** Tell `to` what was chosen from `first` on, as much as one message takes. */
  protected sendChosen(to: NodeId, first: number): void {
    const { slots, config } = this;
    const snapshot = first <= slots.base ? this.latestSnapshot() : null;
    const from = snapshot === null ? first : snapshot.index + 1;
    const entries = from > slots.committed ? NO_ENTRIES : slots.between(from, slots.committed, config.maxMessageBytes);
    const leads = this.role === 'leader';
    this.send(to, this.message(messageTypes.chosen, leads ? this.ballot : 0, leads ? this.start : 0, 0, 0, entries, snapshot));
  }

  /** The snapshot to send; it must stand for everything that was trimmed. */
  protected latestSnapshot(): Snapshot | null {
    return this.slots.snapshot;
  }

  protected handleChosen(from: NodeId, m: PaxosMessage): void {
    if (m.commit > this.slots.committed) {
      // A leader that is told what it has not chosen was overtaken; what it would say from now on could be wrong.
      if (this.role === 'leader') this.resign();
      this.learn(m);
      if (this.slots.committed < m.commit) this.askToLearn(from);
    }
    // The leader sent it in place of what it has trimmed: that it arrived counts as accepting does.
    if (m.slot === 0 || !this.isOfThisEra(m) || !this.mayAccept(m.ballot)) return;
    this.promise(from, m.ballot);
    this.acknowledge(from, m.ballot, m.slot, 0);
  }

  /** Take what `m` says was chosen, as far as it follows what is known. */
  protected learn(m: PaxosMessage): void {
    const { slots } = this;
    if (m.snapshot !== null && this.mayInstall(m.snapshot)) this.install(m.snapshot);
    for (const entry of m.entries) {
      if (entry.slot > m.commit || entry.slot > slots.committed + 1) break;
      if (entry.slot !== slots.committed + 1) continue;
      const known = slots.at(entry.slot);
      if (known === null || known.ballot !== entry.ballot) this.store(entry);
      slots.commitTo(entry.slot);
      // A stop-sign among them: what follows is of another configuration.
      this.advance();
    }
    this.advance();
  }

  /** Is a snapshot newer than what is known here? */
  protected mayInstall(snapshot: Snapshot): boolean {
    return snapshot.index > this.slots.committed;
  }

  protected install(snapshot: Snapshot): void {
    // What was accepted behind it in the same configuration stays: it may have been counted.
    this.slots.install(snapshot, snapshot.configuration.era === this.configuration.era);
    this.forgetTrimmed();
    this.checkpointDue = true;
    this.out.indicate({ kind: 'restore', index: snapshot.index, snapshot: snapshot.data });
    if (snapshot.configuration.era !== this.configuration.era) this.enterEra(snapshot.configuration);
  }

  /** A snapshot is there: configurations before it are history. */
  protected abstract forgetTrimmed(): void;
  /** Apply what is chosen. */
  protected abstract advance(): void;
  protected abstract enterEra(configuration: Snapshot['configuration']): void;
}
