/**
 * A replica: an ordering protocol below, a state machine above, one Node to its host. It answers clients once their
 * command is applied here, serves reads from the applied state, keeps exactly-once sessions and decides when to
 * snapshot. Knows nothing of how the order is agreed on; has no messages or records of its own.
 */
import type {
  ApplyIndication,
  BeliefKind,
  Command,
  Effects,
  Input,
  Node,
  NodeId,
  OrderingIndication,
  Proof,
  ReadReadyIndication,
  Reply,
  Request,
  RequestInput,
  RestoreIndication,
  StateMachine,
  Token,
  Value,
  Writer,
} from '../../core/index.ts';
import { Sessions } from './sessions.ts';

export interface ReplicaConfig {
  /** Positions applied between two snapshots; 0: never compact. */
  readonly snapshotEvery: number;
  /** Sessions kept at most. */
  readonly maxSessions: number;
  /** Reads that wait for a position at most; more are refused with LC_OVERLOADED. */
  readonly maxWaitingReads: number;
}

export const defaultReplicaConfig: ReplicaConfig = { snapshotEvery: 1000, maxSessions: 10_000, maxWaitingReads: 10_000 };

/** The write that opens a session: sent with session 0 and an id that no other client uses; its answer is the session. */
export const openSession: Value = { f: 'open-session' };

const isOpenSession = (op: Value): boolean => op !== null && typeof op === 'object' && (op as { f?: Value }).f === 'open-session';

interface Waiting {
  readonly from: NodeId;
  readonly request: Request;
  /** Answer once this position is applied; Infinity until the ordering protocol says which. */
  index: number;
}

/** What a snapshot of a replica holds. */
interface ReplicaSnapshot {
  readonly machine: Value;
  readonly sessions: Value;
}

export class Replica<M, R> implements Node<M, R, OrderingIndication>, Effects<M, R, OrderingIndication> {
  readonly ordering: Node<M, R, OrderingIndication>;
  readonly machine: StateMachine;
  readonly config: ReplicaConfig;
  readonly sessions: Sessions;
  /** Position of the newest applied command. */
  applied = 0;
  #snapshotIndex = 0;
  /** Writes and admin requests under way here, by session; those of session 0 by -id. */
  #pending = new Map<number, { readonly from: NodeId; readonly id: number }>();
  #reads: Waiting[] = [];
  /** The host's effects, during a step. */
  #out: Effects<M, R, OrderingIndication> | null = null;

  constructor(
    ordering: Node<M, R, OrderingIndication>,
    machine: StateMachine,
    config: ReplicaConfig = defaultReplicaConfig,
    sessions: Sessions = new Sessions(config.maxSessions),
  ) {
    this.ordering = ordering;
    this.machine = machine;
    this.config = config;
    this.sessions = sessions;
  }

  step(input: Input<M, R>, out: Effects<M, R, OrderingIndication>): void {
    this.#out = out;
    if (input.kind === 'request') this.#request(input);
    else this.ordering.step(input, this);
    if (this.snapshotDue()) this.#compact(input.now);
    this.#out = null;
  }

  /** Decision: is it time for a snapshot? */
  snapshotDue(): boolean {
    return this.config.snapshotEvery > 0 && this.applied - this.#snapshotIndex >= this.config.snapshotEvery;
  }

  /** Decision: what a snapshot holds. Sessions belong in it: without them a retry is applied twice after a restore. */
  takeSnapshot(): Value {
    return { machine: this.machine.snapshot(), sessions: this.sessions.snapshot() };
  }

  /** Decision: may this command change the machine? */
  isFresh(command: Command): boolean {
    return this.sessions.standing(command.session, command.id) === 'fresh';
  }

  #compact(now: number): void {
    this.#snapshotIndex = this.applied;
    const op = { type: 'compact', index: this.applied, snapshot: this.takeSnapshot() };
    this.ordering.step({ kind: 'request', now, from: 0, request: { id: 0, session: 0, mode: 'admin', op } }, this);
  }

  #request(input: RequestInput): void {
    const { from, request, now } = input;
    if (request.mode === 'stale') {
      this.#wait({ from, request, index: request.minRevision ?? 0 });
      return;
    }
    if (request.mode === 'linearizable') {
      if (!this.#wait({ from, request, index: Number.POSITIVE_INFINITY })) return;
    } else if (request.mode === 'write' && request.session !== 0 && this.sessions.standing(request.session, request.id) === 'duplicate') {
      const { value, index } = this.sessions.answer(request.session);
      this.#host().reply(from, { id: request.id, session: request.session, outcome: 'ok', value, revision: index, mode: 'write' });
      return;
    } else {
      this.#pending.set(request.session === 0 ? -request.id : request.session, { from, id: request.id });
    }
    this.ordering.step({ kind: 'request', now, from: 0, request }, this);
  }

  /** Queue a read, or answer it at once where its position is applied. False when it was refused. */
  #wait(read: Waiting): boolean {
    if (read.index <= this.applied) {
      this.#serve(read);
      return true;
    }
    if (this.#reads.length >= this.config.maxWaitingReads) {
      this.#host().reply(read.from, { id: read.request.id, session: read.request.session, outcome: 'fail', code: 'LC_OVERLOADED' });
      return false;
    }
    this.#reads.push(read);
    return true;
  }

  #serve(read: Waiting): void {
    const { id, session, op, mode } = read.request;
    this.#host().reply(read.from, { id, session, outcome: 'ok', value: this.machine.query(op), revision: this.applied, mode });
  }

  #serveReady(): void {
    if (this.#reads.length === 0) return;
    const later: Waiting[] = [];
    for (const read of this.#reads) {
      if (read.index <= this.applied) this.#serve(read);
      else later.push(read);
    }
    this.#reads = later;
  }

  // What the ordering protocol writes: most goes to the host as it is.

  indicate(indication: OrderingIndication): void {
    switch (indication.kind) {
      case 'apply':
        this.#apply(indication);
        break;
      case 'readReady':
        this.#readReady(indication);
        break;
      case 'restore':
        this.#restore(indication);
        break;
    }
    this.#host().indicate(indication);
  }

  #apply({ first, commands }: ApplyIndication): void {
    for (let i = 0; i < commands.length; i++) {
      const command = commands[i] as Command | null;
      this.applied = first + i;
      if (command !== null) this.#applyCommand(command, first + i);
    }
    this.#serveReady();
  }

  #applyCommand(command: Command, index: number): void {
    const { session, id } = command;
    if (session === 0) {
      const value = isOpenSession(command.op) ? this.sessions.open(index) : this.machine.apply(command.op);
      this.#answer(-id, { id, session, outcome: 'ok', value, revision: index, mode: 'write' });
      return;
    }
    if (this.isFresh(command)) {
      const value = this.machine.apply(command.op);
      this.sessions.record(session, id, index, value);
      this.#answer(session, { id, session, outcome: 'ok', value, revision: index, mode: 'write' });
      return;
    }
    const standing = this.sessions.standing(session, id);
    if (standing === 'duplicate') {
      const answer = this.sessions.answer(session);
      this.#answer(session, { id, session, outcome: 'ok', value: answer.value, revision: answer.index, mode: 'write' });
    } else if (standing === 'unknown') {
      this.#answer(session, { id, session, outcome: 'info', code: 'LC_SESSION_UNKNOWN' });
    }
  }

  /** Answer whoever waits here for this request, if anyone does. */
  #answer(key: number, reply: Reply): void {
    const pending = this.#pending.get(key);
    if (pending === undefined || pending.id !== reply.id) return;
    this.#pending.delete(key);
    this.#host().reply(pending.from, reply);
  }

  #readReady({ session, id, index }: ReadReadyIndication): void {
    for (const read of this.#reads) {
      if (read.request.id === id && read.request.session === session && read.request.mode === 'linearizable') read.index = index;
    }
    if (index <= this.applied) this.#serveReady();
  }

  #restore({ index, snapshot }: RestoreIndication): void {
    const { machine, sessions } = snapshot as unknown as ReplicaSnapshot;
    this.machine.restore(machine);
    this.sessions.restore(sessions);
    this.applied = index;
    this.#snapshotIndex = index;
    this.#serveReady();
  }

  /** A refusal by the ordering protocol (`to` is 0) belongs to whoever asked here. */
  reply(to: NodeId, reply: Reply): void {
    if (to !== 0) {
      this.#host().reply(to, reply);
      return;
    }
    const at = this.#reads.findIndex((read) => read.request.id === reply.id && read.request.session === reply.session);
    if (at >= 0) {
      const [read] = this.#reads.splice(at, 1);
      this.#host().reply((read as Waiting).from, reply);
      return;
    }
    this.#answer(reply.session === 0 ? -reply.id : reply.session, reply);
  }

  send(to: NodeId, message: M, after: Token): void {
    this.#host().send(to, message, after);
  }
  persist(token: Token, record: R): void {
    this.#host().persist(token, record);
  }
  checkpoint(token: Token, record: R): void {
    this.#host().checkpoint(token, record);
  }
  load(token: Token, query: Value): void {
    this.#host().load(token, query);
  }
  sign(token: Token, content: Value, proof: Proof): void {
    this.#host().sign(token, content, proof);
  }
  verify(token: Token, signer: NodeId, content: Value, signature: Value, proof: Proof): void {
    this.#host().verify(token, signer, content, signature, proof);
  }
  timer(timer: number, atUs: number): void {
    this.#host().timer(timer, atUs);
  }
  request(to: NodeId | string, request: Request): void {
    this.#host().request(to, request);
  }
  belief(kind: BeliefKind, value: Value, epoch: number): void {
    this.#host().belief(kind, value, epoch);
  }
  choose(n: number): number {
    return this.#host().choose(n);
  }

  #host(): Effects<M, R, OrderingIndication> {
    return this.#out as Effects<M, R, OrderingIndication>;
  }

  clone(): Replica<M, R> {
    const copy = this.#copy(this.ordering.clone(), this.machine.clone(), this.sessions.clone());
    copy.applied = this.applied;
    copy.#snapshotIndex = this.#snapshotIndex;
    copy.#pending = new Map(this.#pending);
    copy.#reads = this.#reads.map((read) => ({ ...read }));
    return copy;
  }

  /** The same class, so that a mutant's clone is the mutant. */
  #copy(ordering: Node<M, R, OrderingIndication>, machine: StateMachine, sessions: Sessions): Replica<M, R> {
    const made = this.constructor as new (o: typeof ordering, m: StateMachine, c: ReplicaConfig, s: Sessions) => Replica<M, R>;
    return new made(ordering, machine, this.config, sessions);
  }

  encode(w: Writer): void {
    this.ordering.encode(w);
    this.machine.encode(w);
    this.sessions.encode(w);
    w.uint(this.applied);
    w.uint(this.#snapshotIndex);
    w.uint(this.#pending.size);
    for (const [key, { from, id }] of [...this.#pending].sort((a, b) => a[0] - b[0])) {
      w.int(key);
      w.uint(from);
      w.uint(id);
    }
    w.uint(this.#reads.length);
    for (const { from, request, index } of this.#reads) {
      w.uint(from);
      w.uint(request.session);
      w.uint(request.id);
      w.value(request.op);
      w.text(request.mode);
      w.uint(index === Number.POSITIVE_INFINITY ? 0 : index + 1);
    }
  }
}
