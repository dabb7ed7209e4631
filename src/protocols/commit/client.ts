/**
 * A client of two-phase commit as a step machine: a store whose every key has copies at several sites, written at all of
 * them by one transaction, read at any one. It asks one coordinator per write, within an exactly-once session of that
 * coordinator, and asks only that one again: another coordinator would make another transaction of it. After an abort
 * it waits, longer each time, and makes a new transaction of it, or transactions that meet would abort each other for
 * ever. `fail`: the write certainly has no effect; `info`: nobody told.
 */
import type { Effects, Input, Node, NodeId, Reply, Request, Value, Writer } from '../../core/index.ts';

export interface CommitClientConfig {
  readonly servers: readonly NodeId[];
  /** Copies of each key; 0: one at every site. */
  readonly copies: number;
  /** Sites that take part in each write without a copy of its key: read-only participants. */
  readonly readers: number;
  /** One try: after this, again. */
  readonly attemptUs: number;
  /** All tries together. */
  readonly giveUpUs: number;
  /** Before trying again after a refusal. */
  readonly backoffUs: number;
  /** Distinguishes this client's lives: at least 1 more than in its last one. */
  readonly incarnation: number;
}

const TRY = 0;
const GIVE_UP = 1;
const MOST_DOUBLINGS = 5;
export const commitClientTimers: readonly string[] = ['try', 'give-up'];

type Out = Effects<never, never, never>;

/** Which sites hold a copy of key number `key`. */
export function sitesOf(key: number, servers: readonly NodeId[], copies: number): readonly NodeId[] {
  const count = copies === 0 ? servers.length : Math.min(copies, servers.length);
  return Array.from({ length: count }, (_, i) => servers[(key + i) % servers.length] as NodeId).sort((a, b) => a - b);
}

export class CommitClient implements Node<never, never, never> {
  readonly id: NodeId;
  readonly config: CommitClientConfig;
  /** By coordinator. */
  #sessions = new Map<NodeId, number>();
  #nextId = 1;
  /** What was asked of us, null when idle. */
  #asked: Request | null = null;
  #server: NodeId = 0;
  /** The coordinator that has not answered since it was asked: once given up, it is not asked next, for it is probably down. 0: none. */
  #silent: NodeId = 0;
  #sent: Request | null = null;
  /** The transaction itself has left: it may have an effect. */
  #began = false;
  #giveUpAt = 0;
  #refusal = 'LC_TIMEOUT';
  #aborts = 0;

  constructor(id: NodeId, config: CommitClientConfig) {
    this.id = id;
    this.config = config;
  }

  step(input: Input<never, never>, out: Out): void {
    switch (input.kind) {
      case 'request':
        return this.#begin(input.request, input.now, out);
      case 'reply':
        if (this.#sent !== null && input.reply.id === this.#sent.id && input.reply.session === this.#sent.session)
          this.#answered(input.reply, input.now, out);
        return;
      case 'timer':
        if (input.timer === GIVE_UP) this.#giveUp(input.now, out);
        else if (this.#asked !== null) this.#again(input.now, out);
    }
  }

  #begin(request: Request, now: number, out: Out): void {
    const { id, session } = request;
    if (this.#asked !== null) return out.reply(0, { id, session, outcome: 'fail', code: 'LC_OVERLOADED' });
    if (keyOf(request.op) === null || (request.mode === 'write' && fieldOf(request.op, 'f') !== 'write'))
      return out.reply(0, { id, session, outcome: 'fail', code: 'LC_HISTORY_OPERATION' });
    this.#asked = request;
    this.#began = false;
    this.#aborts = 0;
    this.#refusal = 'LC_TIMEOUT';
    this.#giveUpAt = now + this.config.giveUpUs;
    out.timer(GIVE_UP, this.#giveUpAt);
    const others = this.config.servers.filter((server) => server !== this.#silent);
    const servers = others.length > 0 ? others : this.config.servers;
    this.#server = servers[out.choose(servers.length)] as NodeId;
    if (request.mode === 'write') this.#silent = this.#server;
    this.#prepare();
    this.#try(now, out);
  }

  /** Decide what to send: a read, a transaction, or first the opening of a session. */
  #prepare(): void {
    const { op, mode } = this.#asked as Request;
    const id = this.#nextId++;
    const key = keyOf(op) as number;
    const name = `k${key}`;
    const session = this.#sessions.get(this.#server);
    const unique = (this.id * 1024 + this.config.incarnation) * 1048576 + id;
    if (mode !== 'write') this.#sent = { id: unique, session: 0, op: { f: 'read', key: name }, mode };
    else if (session === undefined) this.#sent = { id: unique, session: 0, op: { f: 'open-session' }, mode };
    else {
      const writes = [{ key: name, value: fieldOf(op, 'value') ?? null }];
      const { servers, copies, readers } = this.config;
      const writers = sitesOf(key, servers, copies);
      const all = copies === 0 ? writers : sitesOf(key, servers, copies + readers);
      const parts = all.map((site) => ({ site, writes: writers.includes(site) ? writes : [] }));
      this.#sent = { id, session, op: { f: 'transaction', parts }, mode };
      this.#began = true;
    }
  }

  #again(now: number, out: Out): void {
    if (this.#sent === null) this.#prepare();
    this.#try(now, out);
  }

  /** A read goes to another copy each time, a transaction to its coordinator. */
  #try(now: number, out: Out): void {
    const { servers, copies, attemptUs } = this.config;
    const asked = this.#asked as Request;
    let to = this.#server;
    if (asked.mode !== 'write') {
      const sites = sitesOf(keyOf(asked.op) as number, servers, copies);
      to = sites[out.choose(sites.length)] as NodeId;
    }
    out.request(to, this.#sent as Request);
    out.timer(TRY, now + attemptUs);
  }

  #answered(reply: Reply, now: number, out: Out): void {
    const { mode } = this.#asked as Request;
    if (mode === 'write') this.#silent = 0;
    if (reply.outcome === 'ok') {
      if (mode !== 'write') return this.#finish(reply, out);
      if (this.#began) return reply.value === 'commit' ? this.#finish(reply, out) : this.#aborted(now, out);
      this.#sessions.set(this.#server, reply.value as number);
      this.#prepare();
      return this.#try(now, out);
    }
    if (reply.code === 'LC_SESSION_UNKNOWN') this.#sessions.delete(this.#server);
    if (reply.outcome === 'info' || reply.code === 'LC_HISTORY_OPERATION') return this.#finish(reply, out);
    this.#refusal = reply.code ?? 'LC_TIMEOUT';
    out.timer(TRY, now + this.config.backoffUs);
  }

  /** Binary exponential back-off, by chance. */
  #aborted(now: number, out: Out): void {
    this.#began = false;
    this.#sent = null;
    this.#refusal = 'LC_ABORTED';
    this.#aborts = Math.min(this.#aborts + 1, MOST_DOUBLINGS);
    out.timer(TRY, now + this.config.backoffUs * (1 + out.choose(1 << this.#aborts)));
  }

  #giveUp(now: number, out: Out): void {
    if (this.#asked === null || now < this.#giveUpAt) return;
    const { id, session } = this.#asked;
    this.#finish({ id, session, outcome: this.#began ? 'info' : 'fail', code: this.#began ? 'LC_TIMEOUT' : this.#refusal }, out);
  }

  #finish(reply: Reply, out: Out): void {
    const { id, session } = this.#asked as Request;
    this.#asked = null;
    this.#sent = null;
    out.timer(TRY, Number.POSITIVE_INFINITY);
    out.timer(GIVE_UP, Number.POSITIVE_INFINITY);
    out.reply(0, { ...reply, id, session });
  }

  clone(): CommitClient {
    const copy = new CommitClient(this.id, this.config);
    copy.#sessions = new Map(this.#sessions);
    copy.#nextId = this.#nextId;
    copy.#asked = this.#asked;
    copy.#server = this.#server;
    copy.#silent = this.#silent;
    copy.#sent = this.#sent;
    copy.#began = this.#began;
    copy.#giveUpAt = this.#giveUpAt;
    copy.#refusal = this.#refusal;
    copy.#aborts = this.#aborts;
    return copy;
  }

  encode(w: Writer): void {
    w.value([...this.#sessions].sort((a, b) => a[0] - b[0]));
    w.uint(this.#nextId);
    w.uint(this.#server);
    w.uint(this.#silent);
    w.bool(this.#began);
    w.text(this.#refusal);
    w.uint(this.#aborts);
    for (const request of [this.#asked, this.#sent]) {
      w.bool(request !== null);
      if (request === null) continue;
      w.uint(request.session);
      w.uint(request.id);
      w.value(request.op);
      w.text(request.mode);
    }
  }
}

function fieldOf(op: Value, name: string): Value | undefined {
  return op !== null && typeof op === 'object' && !Array.isArray(op) && !(op instanceof Uint8Array)
    ? (op as { readonly [name: string]: Value })[name]
    : undefined;
}

/** Key of an operation `{ f, key, value }`: a whole number, or null. */
function keyOf(op: Value): number | null {
  const key = fieldOf(op, 'key');
  return typeof key === 'number' && Number.isSafeInteger(key) && key >= 0 ? key : null;
}
