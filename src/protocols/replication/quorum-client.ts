/**
 * A client of a service whose servers may lie, as a step machine: it asks all servers and believes what `believe` of
 * them (one more than may lie) answer alike (Castro, Liskov 1999, 2.3; PBFT, Tendermint). It signs what it asks, so that
 * no server can ask in its name. Every request is an ordered command, reads too: a single state proves nothing.
 */
import {
  contentHash,
  type Effects,
  type Input,
  type Node,
  type NodeId,
  type Reply,
  type Request,
  type Value,
  type Writer,
} from '../../core/index.ts';
import { openSession } from './replica.ts';

export interface QuorumClientConfig {
  readonly servers: readonly NodeId[];
  /** So many equal answers are believed: one more than there may be liars. */
  readonly believe: number;
  /** Ask all again after this, each time twice as late. */
  readonly attemptUs: number;
  /** After this: `info` for what may yet take effect, `fail` for reads. */
  readonly giveUpUs: number;
  /** Distinguishes this client's lives: at least 1 more than in its last one. */
  readonly incarnation: number;
  /** What is signed for a request; null: nothing is signed and operations travel as they are. */
  readonly content: ((session: number, id: number, op: Value, admin: boolean) => Value) | null;
}

const TRY = 0;
const GIVE_UP = 1;
const NEVER = Number.POSITIVE_INFINITY;
const MOST_DOUBLINGS = 4;

type Out = Effects<never, never, never>;

/** What an answer says, without who says it. */
function tenor({ outcome, code = '', value = null, revision = -1 }: Reply): string {
  return outcome === 'ok' ? contentHash([value, revision]) : `${outcome} ${code}`;
}

export class QuorumClient implements Node<never, never, never> {
  readonly id: NodeId;
  readonly config: QuorumClientConfig;
  /** 0 until opened. */
  #session = 0;
  #nextId = 1;
  #asked: Request | null = null;
  /** On its way: the request within our session, or the opening of one; its `op` signed once it is. */
  #sent: Request | null = null;
  /** The token of the signature that `#sent` waits for; 0: none. */
  #token = 0;
  #tokens = 0;
  #tries = 0;
  #giveUpAt = 0;
  /** The newest answer of each server to `#sent`. */
  #answers = new Map<NodeId, Reply>();

  constructor(id: NodeId, config: QuorumClientConfig) {
    this.id = id;
    this.config = config;
  }

  // Decisions.

  /** The answer to believe, if there is one by now. */
  protected believed(answers: ReadonlyMap<NodeId, Reply>): Reply | null {
    const counts = new Map<string, number>();
    for (const reply of answers.values()) {
      const key = tenor(reply);
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count >= this.config.believe) return reply;
    }
    return null;
  }

  step(input: Input<never, never>, out: Out): void {
    switch (input.kind) {
      case 'request':
        this.#begin(input.request, input.now, out);
        break;
      case 'reply':
        this.#answered(input.from, input.reply, input.now, out);
        break;
      case 'signed':
        if (input.token === this.#token && this.#sent !== null) {
          this.#token = 0;
          this.#sent = { ...this.#sent, op: { client: this.id, op: this.#sent.op, signature: input.signature } };
          this.#ask(input.now, out);
        }
        break;
      case 'timer':
        if (input.timer === GIVE_UP) this.#giveUp(input.now, out);
        else if (this.#sent !== null && this.#token === 0) this.#ask(input.now, out);
        break;
    }
  }

  #begin(request: Request, now: number, out: Out): void {
    if (this.#asked !== null) {
      out.reply(0, { id: request.id, session: request.session, outcome: 'fail', code: 'LC_OVERLOADED' });
      return;
    }
    this.#asked = request;
    this.#giveUpAt = now + this.config.giveUpUs;
    out.timer(GIVE_UP, this.#giveUpAt);
    this.#prepare(now, out);
  }

  /** Decide what to send, the request or first the opening of a session, and have it signed. */
  #prepare(now: number, out: Out): void {
    const { op, mode } = this.#asked as Request;
    const id = this.#nextId++;
    const admin = mode === 'admin';
    this.#sent =
      this.#session !== 0
        ? { session: this.#session, id, op, mode: admin ? 'admin' : 'write' }
        : { session: 0, id: (this.id * 1024 + this.config.incarnation) * 1048576 + id, op: openSession, mode: 'write' };
    this.#tries = 0;
    this.#answers = new Map();
    const { content } = this.config;
    if (content === null) return this.#ask(now, out);
    this.#token = ++this.#tokens;
    const sent = this.#sent;
    out.sign(this.#token, content(sent.session, sent.id, sent.op, sent.mode === 'admin'), 'signature');
  }

  #ask(now: number, out: Out): void {
    for (const server of this.config.servers) out.request(server, this.#sent as Request);
    out.timer(TRY, now + this.config.attemptUs * (1 << Math.min(this.#tries++, MOST_DOUBLINGS)));
  }

  #answered(from: NodeId, reply: Reply, now: number, out: Out): void {
    const sent = this.#sent;
    if (sent === null || reply.id !== sent.id || reply.session !== sent.session || !this.config.servers.includes(from)) return;
    // Who refuses for now may answer later.
    if (reply.outcome !== 'ok' && reply.code === 'LC_OVERLOADED') return;
    this.#answers.set(from, reply);
    const believed = this.believed(this.#answers);
    if (believed === null) return;
    if (sent.session === 0) {
      if (believed.outcome !== 'ok') return this.#finish({ ...believed, outcome: 'fail' }, out);
      this.#session = believed.value as number;
      return this.#prepare(now, out);
    }
    if (believed.code === 'LC_SESSION_UNKNOWN') this.#session = 0;
    const { mode } = this.#asked as Request;
    this.#finish(mode === 'linearizable' || mode === 'stale' ? { ...believed, mode: 'linearizable' } : believed, out);
  }

  #giveUp(now: number, out: Out): void {
    if (this.#asked === null || now < this.#giveUpAt) return;
    const { id, session, mode } = this.#asked;
    const changes = (mode === 'write' || mode === 'admin') && (this.#sent as Request).session !== 0;
    // Commands of a session are applied in the order of their ids: what is late once a newer one was applied has no effect, but that is not known.
    this.#finish({ id, session, outcome: changes ? 'info' : 'fail', code: 'LC_TIMEOUT' }, out);
  }

  #finish(reply: Reply, out: Out): void {
    const { id, session } = this.#asked as Request;
    this.#asked = null;
    this.#sent = null;
    this.#token = 0;
    out.timer(TRY, NEVER);
    out.timer(GIVE_UP, NEVER);
    out.reply(0, { ...reply, id, session });
  }

  clone(): QuorumClient {
    const copy = new (this.constructor as typeof QuorumClient)(this.id, this.config);
    copy.#session = this.#session;
    copy.#nextId = this.#nextId;
    copy.#asked = this.#asked;
    copy.#sent = this.#sent;
    copy.#token = this.#token;
    copy.#tokens = this.#tokens;
    copy.#tries = this.#tries;
    copy.#giveUpAt = this.#giveUpAt;
    copy.#answers = new Map(this.#answers);
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.#session);
    w.uint(this.#nextId);
    w.bool(this.#token !== 0);
    w.uint(this.#tries);
    for (const request of [this.#asked, this.#sent]) {
      w.bool(request !== null);
      if (request === null) continue;
      w.uint(request.session);
      w.uint(request.id);
      w.value(request.op);
      w.text(request.mode);
    }
    w.uint(this.#answers.size);
    for (const [from, reply] of [...this.#answers].sort(([a], [b]) => a - b)) {
      w.uint(from);
      w.text(tenor(reply));
    }
  }
}
