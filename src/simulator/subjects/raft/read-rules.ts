/**
 * By what right a leader answers a read (thesis 6.4): it has committed an entry of its own term, and a quorum said after
 * the read was asked that it still leads; or it holds a lease (6.4.1): a quorum has promised, less than an election
 * time-out ago on each promiser's own clock, to elect nobody else, and the leader itself has ordered nobody to campaign.
 */
import type { NodeId, OrderingIndication, Request } from '../../../core/index.ts';
import { type Configuration, messageTypes, type Raft, type RaftMessage } from '../../../protocols/raft/index.ts';
import type { WatchedWorld } from '../../observer.ts';
import { isQuorum } from './raft-quorums.ts';
import { fail } from './raft-receiver-rules.ts';

/** The newest answer of a server to the heartbeats of another. */
class Answer {
  term = 0;
  /** How many reads had been asked by then. */
  reads = 0;
  /** On its own clock. */
  atUs = Number.NEGATIVE_INFINITY;
}

/** By who answered: when the newest heartbeat was sent whose answer has arrived in this term. */
interface Arrivals {
  readonly term: number;
  readonly hints: number[];
}

export class ReadRules {
  readonly #world: WatchedWorld;
  /** By who answered, then by whom it answered. */
  readonly #answers: (Answer | undefined)[][] = [];
  /** By session: the id of its newest read, and which read of all that was when it was first asked anywhere. */
  readonly #asked = new Map<number, { readonly id: number; readonly reads: number }>();
  readonly #arrivals: (Arrivals | undefined)[] = [];
  /** The newest term in which each server ordered another one to campaign. */
  readonly #ordered: (number | undefined)[] = [];
  #reads = 0;
  #newestTermLed = 0;

  constructor(world: WatchedWorld) {
    this.#world = world;
  }

  /** A leader takes an answer to a heartbeat of its own; `hint`: when it sent that, on its own clock. */
  received({ id, term }: Raft, from: NodeId, { hint }: RaftMessage): void {
    const arrived = this.#arrivals[id];
    if (arrived === undefined || arrived.term !== term) this.#arrivals[id] = { term, hints: [] };
    const { hints } = this.#arrivals[id] as Arrivals;
    if (hint > (hints[from] ?? 0)) hints[from] = hint;
  }

  asked({ mode, session, id }: Request): void {
    if (mode !== 'linearizable') return;
    const known = this.#asked.get(session);
    // Retries are the same read: any answer to the first of them will do, also one that was passed on by another server.
    if (known !== undefined && known.id >= id) return;
    this.#asked.set(session, { id, reads: ++this.#reads });
  }

  clockJumped(id: NodeId): void {
    this.#arrivals[id] = undefined;
    // Whoever may owe a lease counts anew.
    for (const answer of this.#answers[id] ?? []) if (answer !== undefined) answer.atUs = this.#world.localNow(id);
  }

  elected(node: Raft): void {
    if (node.term > this.#newestTermLed) this.#newestTermLed = node.term;
  }

  sent(from: Raft, to: NodeId, m: RaftMessage): void {
    if (m.type === messageTypes.heartbeatResp) this.#answered(from, to, m.term);
    else if (m.type === messageTypes.timeoutNow) this.#ordered[from.id] = m.term;
    else if (m.type === messageTypes.readIndexResp) {
      const ask = m.entries[0];
      if (ask !== undefined) this.#mayAnswer(from, ask.session, ask.id);
    }
  }

  indicated(node: Raft, indication: OrderingIndication): void {
    if (indication.kind === 'readReady' && node.role === 'leader') this.#mayAnswer(node, indication.session, indication.id);
  }

  #answered({ id, config }: Raft, to: NodeId, term: number): void {
    let answers = this.#answers[id];
    if (answers === undefined) {
      answers = [];
      this.#answers[id] = answers;
    }
    let answer = answers[to];
    if (answer === undefined) {
      answer = new Answer();
      answers[to] = answer;
    }
    answer.term = term;
    answer.reads = this.#reads;
    if (config.readMode === 'lease') answer.atUs = this.#world.localNow(id);
  }

  #mayAnswer(leader: Raft, session: number, id: number): void {
    const asked = this.#asked.get(session);
    if (asked === undefined || asked.id !== id) return;
    const { term, log, configuration, config } = leader;
    // The words are made only when they are needed.
    const who = (): string => `n${leader.id}, leader of term ${term}, answers read ${id} of session ${session}`;
    if (log.term(log.committed) !== term)
      fail('read-after-own-commit', `${who()} before it has committed an entry of that term (thesis 6.4)`);
    if (this.#isQuorum(leader.id, term, configuration, (answer) => answer.reads >= asked.reads)) return;
    if (config.readMode !== 'lease') fail('read-confirmed', `${who()}, which no quorum has confirmed since it was asked (thesis 6.4)`);
    if (this.#ordered[leader.id] === term) fail('lease-ends-with-order', `${who()} from its lease, after it ordered another to campaign`);
    const recent = (answer: Answer, of: NodeId): boolean => this.#world.localNow(of) - answer.atUs < config.electionTimeoutUs;
    if (!this.#isQuorum(leader.id, term, configuration, recent))
      fail('lease-promised', `${who()} from a lease that no quorum promises any more (thesis 6.4.1)`);
    if (!this.#hasHeard(leader)) fail('lease-held', `${who()} from a lease that ended before (thesis 6.4.1)`);
    if (this.#newestTermLed > term) fail('lease-exclusive', `${who()} from its lease, and another leads term ${this.#newestTermLed}`);
  }

  /** Answers that have arrived show that a quorum was there less than an election time-out ago. */
  #hasHeard({ id, term, configuration, config }: Raft): boolean {
    const arrived = this.#arrivals[id];
    const sinceUs = this.#world.localNow(id) - config.electionTimeoutUs;
    return isQuorum(configuration, (voter) => voter === id || (arrived?.term === term && (arrived.hints[voter] ?? 0) > sinceUs));
  }

  #isQuorum(leader: NodeId, term: number, configuration: Configuration, holds: (answer: Answer, of: NodeId) => boolean): boolean {
    return isQuorum(configuration, (id) => {
      if (id === leader) return true;
      const answer = this.#answers[id]?.[leader];
      return answer !== undefined && answer.term === term && holds(answer, id);
    });
  }
}
