/** What the invariants remember of a node: what its disk has, and how it was after its last step. */
import type { Ballot } from './ballot.ts';
import type { Configuration } from './configuration.ts';
import type { Entry, PaxosMessage } from './message.ts';
import type { Paxos } from './paxos.ts';
import type { Role } from './paxos-base.ts';
import type { PaxosRecord } from './record.ts';

/** What is on one node's disk; survives its lives. */
export class Disk {
  promised: Ballot = 0;
  commit = 0;
  /** Trimmed, or stood for by a snapshot. */
  base = 0;
  entries = new Map<number, Entry>();

  /** Is `slot` on disk as accepted in `ballot` or later, or as chosen? */
  holds(slot: number, ballot: Ballot): boolean {
    if (slot <= this.base || slot <= this.commit) return true;
    const entry = this.entries.get(slot);
    return entry !== undefined && entry.ballot >= ballot;
  }

  write(record: PaxosRecord): void {
    this.promised = record.promised;
    this.commit = Math.max(this.commit, record.commit);
    if (record.snapshot !== null) {
      this.base = record.snapshot.index;
      this.entries = new Map();
    }
    for (const entry of record.entries) if (entry.slot > this.base) this.entries.set(entry.slot, entry);
  }
}

/** What was last seen of one node, in one life. */
export class Seen {
  promised: Ballot = 0;
  ballot: Ballot = 0;
  role: Role = 'follower';
  committed = 0;
  base = 0;
  elected: Ballot = 0;
  round = 0;
  configuration: Configuration | null = null;
  /** The message that causes the step under way. */
  cause: PaxosMessage | null = null;
  /** The promises that reached it, for its newest ballot. */
  promisesOf: Ballot = 0;
  promises = new Map<number, PaxosMessage>();
  /** Up to where its newest acknowledgement was compared with its disk. */
  shown = { ballot: 0, first: 0, to: 0 };

  note(node: Paxos): void {
    this.cause = null;
    this.promised = node.promised;
    this.ballot = node.ballot;
    this.role = node.role;
    this.committed = node.slots.committed;
    this.base = node.slots.base;
    this.elected = node.elected;
    this.round = node.round;
    this.configuration = node.configuration;
  }
}
