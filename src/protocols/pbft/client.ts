/**
 * A client of PBFT as a step machine (OSDI 1999, 4.1): it believes what enough replicas say alike, asks the primary and,
 * when answers do not come, all. A write or an ordered read needs f + 1 equal replies. With reads that are not ordered
 * (TOCS 2002, 5.1.3) all need a quorum: f + 1 may be one honest replica that is ahead of all others, and a read could then
 * miss what was acknowledged (Berger, Reiser, Bessani 2021).
 */
import {
  type Effects,
  encodeValue,
  equalValues,
  hashBytes,
  type Input,
  type Node,
  type NodeId,
  type Reply,
  type Request,
  type Value,
  type Writer,
} from '../../core/index.ts';
import { type PbftRequest, requestContent } from './batch.ts';
import { type Authentication, quorumOf, weakOf } from './config.ts';
import { envelope } from './pbft-requests.ts';
import { noRoom } from './service.ts';

export interface PbftClientConfig {
  /** All replicas, ascending. */
  readonly servers: readonly NodeId[];
  readonly authentication: Authentication;
  /** Ask for reads without ordering them first. */
  readonly readOnly: boolean;
  /** After this without enough answers: ask all, again and again. */
  readonly attemptUs: number;
  /** All tries together: after this, `info` (writes) or `fail` (reads). */
  readonly giveUpUs: number;
  /** Distinguishes this client's lives: at least 1 more than in its last one; below 2^20. */
  readonly incarnation: number;
}

const TRY = 0;
const GIVE_UP = 1;
export const pbftClientTimers: readonly string[] = ['try', 'give-up'];
/** Timestamps of one life. */
const LIFE = 2 ** 32;

type Out = Effects<never, never, never>;
type How = 'read' | 'stale' | 'ordered' | 'admin';

export class PbftClient implements Node<never, never, never> {
  readonly id: NodeId;
  readonly config: PbftClientConfig;
  #timestamp: number;
  /** What was asked of us, null when idle. */
  #asked: Request | null = null;
  #how: How = 'ordered';
  /** What goes out; null while it is being signed. */
  #sent: Request | null = null;
  /** Answers to it, by rank. */
  #replies: (Reply | null)[] = [];
  /** Rank of whom it takes for the primary. */
  #primary = 0;
  #tries = 0;
  #giveUpAt = 0;
  #token = 0;

  constructor(id: NodeId, config: PbftClientConfig) {
    this.id = id;
    this.config = config;
    this.#timestamp = config.incarnation * LIFE;
  }

  // The decisions.

  /** How many replicas must answer alike before it believes them. */
  protected repliesNeeded(how: How): number {
    const { length } = this.config.servers;
    if (how === 'admin') return 1;
    if (how === 'stale') return weakOf(length);
    return this.config.readOnly ? quorumOf(length) : weakOf(length);
  }

  /** Do two replicas say the same? Of what is ordered, also where it was executed. */
  protected isSameReply(how: How, a: Reply, b: Reply): boolean {
    return equalValues(a.value ?? null, b.value ?? null) && (how !== 'ordered' || a.revision === b.revision);
  }

  /** To whom the next try goes: to the primary alone, or to all where it is asked again or where the channel is the proof. */
  protected asksAll(how: How, tries: number): boolean {
    return how === 'read' || how === 'stale' || tries > 0 || this.config.authentication === 'channel';
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
        if (input.token === this.#token) this.#signed(input.signature, input.now, out);
        break;
      case 'timer':
        if (input.timer === GIVE_UP) this.#giveUp(input.now, out);
        else this.#again(input.now, out);
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
    const { mode } = request;
    if (mode === 'admin' || mode === 'stale') this.#prepare(mode, now, out);
    else this.#prepare(mode === 'linearizable' && this.config.readOnly ? 'read' : 'ordered', now, out);
  }

  /** A new timestamp: what is asked in another way is another request. */
  #prepare(how: How, now: number, out: Out): void {
    const { op, mode } = this.#asked as Request;
    this.#how = how;
    this.#replies = [];
    this.#tries = 0;
    this.#timestamp++;
    this.#sent = null;
    if (how !== 'ordered') {
      const asked: Request = { ...(this.#asked as Request), id: this.#timestamp, session: this.id, op, mode };
      this.#sent = asked;
    } else if (this.config.authentication === 'channel') this.#sent = this.#ordered(null);
    else {
      this.#token++;
      out.sign(this.#token, requestContent(this.#unproven()), this.config.authentication === 'mac' ? 'authenticator' : 'signature');
      return;
    }
    this.#try(now, out);
  }

  /** `{ bundle: [...] }` asks for several operations under one proof. */
  #unproven(): PbftRequest {
    const { op } = this.#asked as Request;
    const bundle = op !== null && typeof op === 'object' && Object.hasOwn(op, 'bundle');
    const what = bundle ? (op as { readonly bundle: Value }).bundle : op;
    return { client: this.id, timestamp: this.#timestamp, op: what, bundle, proof: null };
  }

  #ordered(proof: Value): Request {
    const { op, bundle } = this.#unproven();
    return { id: this.#timestamp, session: this.id, op: envelope(op, bundle, proof), mode: 'write' };
  }

  #signed(signature: Value, now: number, out: Out): void {
    if (this.#asked === null || this.#sent !== null) return;
    this.#sent = this.#ordered(signature);
    this.#try(now, out);
  }

  #try(now: number, out: Out): void {
    const { servers, attemptUs } = this.config;
    const sent = this.#sent as Request;
    if (this.#how === 'admin') out.request(this.#administered(sent), sent);
    else if (this.asksAll(this.#how, this.#tries)) for (const server of servers) out.request(server, sent);
    else out.request(servers[this.#primary] as NodeId, sent);
    out.timer(TRY, now + attemptUs);
  }

  /** The server that `op` names as its `node`; else whichever answers. */
  #administered({ op }: Request): NodeId {
    const { servers } = this.config;
    const { node } = (op ?? {}) as { readonly node?: Value };
    return servers.find((server) => server === node) ?? (servers[this.#primary] as NodeId);
  }

  #again(now: number, out: Out): void {
    if (this.#sent === null) return;
    this.#tries++;
    // Replicas that differ, or one that is behind: the order settles it.
    if (this.#how === 'read') this.#prepare('ordered', now, out);
    else {
      if (this.#how === 'admin') this.#primary = (this.#primary + 1) % this.config.servers.length;
      this.#try(now, out);
    }
  }

  #answered(from: NodeId, reply: Reply, now: number, out: Out): void {
    const rank = this.config.servers.indexOf(from);
    if (this.#sent === null || rank < 0 || reply.id !== this.#sent.id || reply.session !== this.#sent.session) return;
    if (this.#how === 'admin') return this.#finish(reply, out);
    if (reply.outcome !== 'ok') return;
    while (this.#replies.length <= rank) this.#replies.push(null);
    this.#replies[rank] = reply;
    let alike = 0;
    let heard = 0;
    for (let i = 0; i < this.#replies.length; i++) {
      const other = this.#replies[i] ?? null;
      if (other === null) continue;
      heard++;
      if (other === reply || this.isSameReply(this.#how, reply, other)) alike++;
    }
    if (alike >= this.repliesNeeded(this.#how)) return this.#believe(reply, out);
    if (this.#how === 'read' && heard === this.config.servers.length) this.#prepare('ordered', now, out);
  }

  #believe(reply: Reply, out: Out): void {
    const alike = this.#replies.filter((other): other is Reply => other !== null && this.isSameReply(this.#how, reply, other));
    this.#learnPrimary(alike);
    if (equalValues(reply.value ?? null, noRoom)) {
      this.#finish({ ...reply, outcome: 'fail', code: 'LC_OVERLOADED' }, out);
      return;
    }
    const { id, session, outcome, value = null, revision } = reply;
    const mode = this.#how === 'ordered' ? (this.#asked as Request).mode : this.#how === 'read' ? 'linearizable' : 'stale';
    // Of an unordered read each replica names its own position: none of them is known to be right.
    this.#finish(
      revision === undefined || this.#how !== 'ordered'
        ? { id, session, outcome, value, mode }
        : { id, session, outcome, value, mode, revision },
      out,
    );
  }

  /** Whom f + 1 of those that are believed name as the primary. */
  #learnPrimary(alike: readonly Reply[]): void {
    const { servers } = this.config;
    for (let i = 0; i < alike.length; i++) {
      const { leader } = alike[i] as Reply;
      let named = 0;
      for (let j = 0; j < alike.length; j++) if ((alike[j] as Reply).leader === leader) named++;
      const rank = leader === undefined ? -1 : servers.indexOf(leader);
      if (named >= weakOf(servers.length) && rank >= 0) this.#primary = rank;
    }
  }

  #giveUp(now: number, out: Out): void {
    if (this.#asked === null || now < this.#giveUpAt) return;
    const { id, session, mode } = this.#asked;
    const unknown = mode === 'write' || mode === 'admin';
    this.#finish({ id, session, outcome: unknown ? 'info' : 'fail', code: 'LC_TIMEOUT' }, out);
  }

  #finish(reply: Reply, out: Out): void {
    const { id, session } = this.#asked as Request;
    this.#asked = null;
    this.#sent = null;
    this.#replies = [];
    out.timer(TRY, Number.POSITIVE_INFINITY);
    out.timer(GIVE_UP, Number.POSITIVE_INFINITY);
    // The caller's name for it, in place of ours.
    out.reply(0, { ...reply, id, session });
  }

  clone(): PbftClient {
    const made = this.constructor as new (id: NodeId, config: PbftClientConfig) => PbftClient;
    const copy = new made(this.id, this.config);
    copy.#timestamp = this.#timestamp;
    copy.#asked = this.#asked;
    copy.#how = this.#how;
    copy.#sent = this.#sent;
    copy.#replies = this.#replies.slice();
    copy.#primary = this.#primary;
    copy.#tries = this.#tries;
    copy.#giveUpAt = this.#giveUpAt;
    copy.#token = this.#token;
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.#timestamp);
    w.text(this.#how);
    w.uint(this.#primary);
    w.uint(this.#tries);
    for (const request of [this.#asked, this.#sent]) {
      w.bool(request !== null);
      if (request === null) continue;
      w.uint(request.session);
      w.uint(request.id);
      w.value(request.op);
      w.text(request.mode);
    }
    w.uint(this.#replies.length);
    for (const reply of this.#replies) {
      w.bool(reply !== null);
      if (reply !== null) w.text(hashBytes(encodeValue([reply.value ?? null, reply.revision ?? 0, reply.leader ?? 0])));
    }
  }
}
