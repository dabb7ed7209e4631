/**
 * By what right a leader answers a read: all that its phase 1 found is chosen, and so many members as meet every quorum of
 * phase 1 acknowledged its ballot after the read was asked; or the read has a slot of its own.
 */
import { InvariantViolation, type NodeId, type OrderingIndication, type Request } from '../../../core/index.ts';
import { entryKinds, messageTypes, type Paxos, type PaxosMessage, showBallot } from '../../../protocols/paxos/index.ts';

function fail(name: string, message: string): never {
  throw new InvariantViolation(name, message);
}

/** The newest acknowledgement of a server. */
interface Acknowledged {
  readonly ballot: number;
  /** How many reads had been asked by then. */
  readonly reads: number;
}

export class PaxosReadRules {
  /** By server, then by whom it acknowledged. */
  readonly #acknowledged: (Acknowledged | undefined)[][] = [];
  /** By session: the id of its newest read, and which read of all that was when it was first asked anywhere. */
  readonly #asked = new Map<number, { readonly id: number; readonly reads: number }>();
  /** Reads that another leader has answered for a server, by server, session and id: that one was judged. */
  readonly #passedOn = new Set<string>();
  #reads = 0;

  asked({ mode, session, id }: Request): void {
    if (mode !== 'linearizable') return;
    const known = this.#asked.get(session);
    if (known === undefined || known.id < id) this.#asked.set(session, { id, reads: ++this.#reads });
  }

  sent(from: Paxos, to: NodeId, m: PaxosMessage): void {
    if (m.type === messageTypes.accepted) {
      const list = this.#acknowledged[from.id] ?? [];
      this.#acknowledged[from.id] = list;
      list[to] = { ballot: m.ballot, reads: this.#reads };
    } else if (m.type === messageTypes.readIndexResp && m.ballot === from.ballot) {
      const ask = m.entries[0];
      if (ask === undefined) return;
      this.#mayAnswer(from, ask.session, ask.id, m.slot);
      this.#passedOn.add(`${to} ${ask.session} ${ask.id}`);
    }
  }

  indicated(node: Paxos, indication: OrderingIndication): void {
    if (indication.kind !== 'readReady' || node.role !== 'leader') return;
    const { session, id, index } = indication;
    if (!this.#passedOn.has(`${node.id} ${session} ${id}`)) this.#mayAnswer(node, session, id, index);
  }

  #mayAnswer(leader: Paxos, session: number, read: number, index: number): void {
    const asked = this.#asked.get(session);
    if (asked === undefined || asked.id !== read) return;
    const { id, ballot, configuration, slots } = leader;
    if (leader.config.readMode === 'log') {
      const entry = slots.at(index);
      if (entry !== null && (entry.kind !== entryKinds.read || entry.session !== session || entry.id !== read || index > slots.committed))
        fail('read-has-slot', `n${id} answers read ${read} of session ${session} at slot ${index}, which is not its own`);
      return;
    }
    const who = (): string => `n${id}, leader of ballot ${showBallot(ballot)}, answers read ${read} of session ${session}`;
    if (slots.committed < leader.recovered) fail('read-after-recovery', `${who()} before all that phase 1 found is chosen`);
    const { members, phase1 } = configuration;
    const confirmed = members.filter((member) => {
      if (member === id) return true;
      const answer = this.#acknowledged[member]?.[id];
      return answer !== undefined && answer.ballot === ballot && answer.reads >= asked.reads;
    }).length;
    if (confirmed < members.length - phase1 + 1)
      fail('read-confirmed', `${who()}, which ${confirmed} of ${members.length} members have confirmed since it was asked`);
  }
}
