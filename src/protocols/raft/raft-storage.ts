/**
 * What is written, what waits for it, and how a node comes back from what it wrote. Writing is always asynchronous:
 * a step hands records to storage and goes on; messages that promise something (votes, acknowledgements) name the
 * record that must be durable first. A leader acknowledges its own entries to itself in the same way.
 */
import type { NodeId, Token, Writer } from '../../core/index.ts';
import type { ConfigurationAt } from './log.ts';
import { configurationSchema, messageSchema, messageTypes, NO_ENTRIES, type RaftMessage, type Snapshot } from './message.ts';
import { RaftBase } from './raft-base.ts';
import type { RaftRecord } from './record.ts';

/** A record on its way to the disk, and what to do when it is there. */
interface PendingWrite {
  readonly token: Token;
  /** The term in which it was handed over: a later term may have replaced its entries (the ABA race of overlapping appends). */
  readonly term: number;
  /** The end of the log then; 0: it had no entry that is not durable. */
  readonly index: number;
  readonly logTerm: number;
  /** The leader's own acknowledgement; 0: none. */
  readonly ownIndex: number;
  readonly ownVote: RaftMessage | null;
  readonly snapshotIndex: number;
}

export abstract class RaftStorage extends RaftBase {
  /** What storage was last given. */
  protected storedTerm = 0;
  protected storedVote: NodeId = 0;
  #lastToken: Token = 0;
  #pending: PendingWrite[] = [];
  #waitingTo: NodeId[] = [];
  #waiting: RaftMessage[] = [];
  #ownIndex = 0;
  #ownVote: RaftMessage | null = null;
  protected checkpointDue = false;
  /** Configurations by the index from which they hold, since the newest snapshot, oldest first. */
  protected configurations: ConfigurationAt[] = [];

  /** The configurations in force since the newest snapshot, by the index from which they hold, oldest first. */
  get configurationHistory(): readonly ConfigurationAt[] {
    return this.configurations;
  }

  /** Writes handed over and not durable. */
  get writesInFlight(): number {
    return this.#pending.length;
  }

  protected override sendDurable(to: NodeId, message: RaftMessage): void {
    if (!this.mustWaitForStorage(message)) {
      this.send(to, message);
      return;
    }
    const last = this.#waiting.length - 1;
    // Never asked for number -1: an engine looks that up by name.
    const before = last < 0 ? null : (this.#waiting[last] as RaftMessage);
    if (
      before !== null &&
      message.type === messageTypes.appResp &&
      before.type === messageTypes.appResp &&
      !message.reject &&
      !before.reject &&
      before.term === message.term &&
      before.index <= message.index &&
      this.#waitingTo[last] === to
    ) {
      // The later acknowledgement says all that the earlier one says.
      this.#waiting[last] = message;
      return;
    }
    this.#waitingTo.push(to);
    this.#waiting.push(message);
  }

  /** The leader's own entries count towards a quorum once they are durable, like anybody's. */
  protected acknowledgeOwnAppend(index: number): void {
    this.#ownIndex = index;
  }

  /** A candidate's own vote counts once it is durable. */
  protected acknowledgeOwnVote(message: RaftMessage): void {
    this.#ownVote = message;
  }

  /** A new term: what was to be acknowledged in the old one no longer counts. */
  protected forgetOwnAcknowledgements(): void {
    this.#ownIndex = 0;
    this.#ownVote = null;
  }

  /** Hand what changed to storage, and messages that wait for it to the network. */
  protected flush(): void {
    const { log } = this;
    const vote = this.mustPersistVote() ? this.vote : this.storedVote;
    const snapshotDue = this.checkpointDue || (log.pendingSnapshot !== 0 && !log.snapshotInProgress);
    if (log.last >= log.inProgress || this.term !== this.storedTerm || vote !== this.storedVote || snapshotDue) {
      // Group commit: what comes now goes with the next write. What waits for it waits longer.
      if (this.#pending.length >= this.config.maxInflightPersists) return;
      this.#write(vote, snapshotDue);
    } else if (this.#ownVote !== null) {
      const own = this.#ownVote;
      this.#ownVote = null;
      this.receive(this.id, own);
    }
    if (this.#waiting.length > 0) this.#release();
  }

  #release(): void {
    const after = this.#pending.length === 0 ? 0 : this.#lastToken;
    for (let i = 0; i < this.#waiting.length; i++) this.out.send(this.#waitingTo[i] as NodeId, this.#waiting[i] as RaftMessage, after);
    // Popped, not `length = 0`: that gives the memory back, to be asked for again by the next message.
    while (this.#waiting.length > 0) {
      this.#waiting.pop();
      this.#waitingTo.pop();
    }
  }

  #write(vote: NodeId, complete: boolean): void {
    const { log, term } = this;
    const token = ++this.#lastToken;
    const snapshotIndex = log.snapshotInProgress ? 0 : log.pendingSnapshot;
    const first = complete ? log.first : log.inProgress;
    const entries = first > log.last ? NO_ENTRIES : log.from(first, Number.POSITIVE_INFINITY);
    const snapshot = complete ? log.snapshot : null;
    const record: RaftRecord = {
      term,
      vote,
      commit: log.committed,
      first,
      entries,
      snapshot,
      baseTerm: complete ? log.baseTerm : 0,
    };
    if (complete) this.out.checkpoint(token, record);
    else this.out.persist(token, record);
    this.#pending.push({
      token,
      term,
      index: log.hasUnstable ? log.last : 0,
      logTerm: log.lastTerm,
      ownIndex: this.#ownIndex,
      ownVote: this.#ownVote,
      snapshotIndex,
    });
    this.#ownIndex = 0;
    this.#ownVote = null;
    this.storedTerm = term;
    this.storedVote = vote;
    this.checkpointDue = false;
    log.inProgress = log.last + 1;
    if (log.pendingSnapshot !== 0) log.snapshotInProgress = true;
  }

  /** Everything up to `token` is durable. */
  protected persisted(token: Token): void {
    while (this.#pending.length > 0 && (this.#pending[0] as PendingWrite).token <= token) {
      const write = (this.#pending.length === 1 ? this.#pending.pop() : this.#pending.shift()) as PendingWrite;
      if (write.ownVote !== null) this.receive(this.id, write.ownVote);
      if (write.ownIndex !== 0 && write.term === this.term) this.ownAppendDurable(write.ownIndex);
      // A newer term may be about to overwrite these entries on disk: its own write will report them (ABA race).
      if (write.index !== 0 && write.term === this.term) this.log.stableTo(write.index, write.logTerm);
      if (write.snapshotIndex !== 0 && write.snapshotIndex === this.log.pendingSnapshot) {
        this.log.pendingSnapshot = 0;
        this.log.snapshotInProgress = false;
      }
    }
  }

  protected copyStorage(from: RaftStorage): void {
    this.storedTerm = from.storedTerm;
    this.storedVote = from.storedVote;
    this.#lastToken = from.#lastToken;
    this.#pending = from.#pending.slice();
    this.#waitingTo = from.#waitingTo.slice();
    this.#waiting = from.#waiting.slice();
    this.#ownIndex = from.#ownIndex;
    this.#ownVote = from.#ownVote;
    this.checkpointDue = from.checkpointDue;
    this.configurations = from.configurations.slice();
  }

  /** Tokens are written relative to the newest one: how many there ever were changes nothing. */
  protected encodeStorage(w: Writer): void {
    w.uint(this.storedTerm);
    w.uint(this.storedVote);
    w.uint(this.#pending.length);
    for (const write of this.#pending) {
      w.uint(this.#lastToken - write.token);
      w.uint(write.term);
      w.uint(write.index);
      w.uint(write.logTerm);
      w.uint(write.ownIndex);
      w.uint(write.snapshotIndex);
      encodeMessageOrNull(w, write.ownVote);
    }
    w.uint(this.#waiting.length);
    for (let i = 0; i < this.#waiting.length; i++) {
      w.uint(this.#waitingTo[i] as NodeId);
      messageSchema.write(w, this.#waiting[i] as RaftMessage);
    }
    w.uint(this.#ownIndex);
    encodeMessageOrNull(w, this.#ownVote);
    w.bool(this.checkpointDue);
    w.uint(this.configurations.length);
    for (const { index, configuration } of this.configurations) {
      w.uint(index);
      configurationSchema.write(w, configuration);
    }
  }

  protected abstract ownAppendDurable(index: number): void;

  /** Take up life again with what the disk kept. */
  protected recover(records: readonly RaftRecord[]): void {
    const { log } = this;
    for (const record of records) {
      if (record.snapshot !== null) {
        log.reset(record.first - 1, record.baseTerm);
        log.committed = 0;
        log.snapshot = record.snapshot;
      }
      if (record.first <= log.last + 1 && record.first > log.base) {
        log.committed = Math.min(log.committed, record.first - 1);
        if (record.entries.length > 0) log.replaceFrom(record.first, record.entries, 0);
      }
      this.term = record.term;
      this.vote = record.vote;
      log.committed = Math.max(log.committed, record.commit);
    }
    this.storedTerm = this.term;
    this.storedVote = this.vote;
    const snapshotIndex = log.snapshot?.index ?? 0;
    log.committed = Math.min(Math.max(log.committed, snapshotIndex), log.last);
    log.applied = snapshotIndex;
    log.offset = log.last + 1;
    log.inProgress = log.last + 1;
  }

  /** `snapshot` stands for everything up to `index` from now on. */
  protected compact(snapshot: Snapshot): void {
    this.log.snapshot = snapshot;
    this.log.compactTo(Math.max(this.log.base, snapshot.index - this.config.retainedEntries));
    this.checkpointDue = true;
    let keep = this.configurations.length - 1;
    while (keep > 0 && (this.configurations[keep] as ConfigurationAt).index > snapshot.index) keep--;
    if (keep > 0) this.configurations = this.configurations.slice(keep);
  }

  /** The configuration in force at an applied index. */
  protected configurationAt(index: number): ConfigurationAt['configuration'] {
    for (let i = this.configurations.length - 1; i >= 0; i--) {
      const at = this.configurations[i] as ConfigurationAt;
      if (at.index <= index) return at.configuration;
    }
    return this.configuration;
  }
}

function encodeMessageOrNull(w: Writer, message: RaftMessage | null): void {
  w.bool(message !== null);
  if (message !== null) messageSchema.write(w, message);
}
