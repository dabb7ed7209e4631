/**
 * A client of a replicated service, as a step machine: one request at a time, tried at one server after another until
 * it is answered or the time is over. It asks within an exactly-once session, so trying again is safe. It says `fail`
 * only when the request certainly has no effect, `info` when it cannot know.
 */
import type { Effects, Input, Node, NodeId, Reply, ReplyInput, Request, Writer } from '../../core/index.ts';
import { openSession } from './replica.ts';

export interface ClientConfig {
  readonly servers: readonly NodeId[];
  /** One try: after this, the next server. */
  readonly attemptUs: number;
  /**
   * Tries of a request at the first server before others are asked, when answers do not come; 1 unless given. With more,
   * each try waits twice as long as the one before: who insists must not add to the load that keeps answers away.
   */
  readonly triesEach?: number;
  /** All tries together: after this, `info` (writes) or `fail` (reads, refused writes). */
  readonly giveUpUs: number;
  /** Before trying again after a refusal that names no leader. */
  readonly backoffUs: number;
  /** Distinguishes this client's lives: at least 1 more than in its last one. */
  readonly incarnation: number;
  /**
   * True when the network may deliver a request twice. Then a refused copy proves nothing about the other copies, and
   * a write that was ever sent ends as `info`.
   */
  readonly duplicates: boolean;
}

const MOST_DOUBLINGS = 6;
const TRY = 0;
const GIVE_UP = 1;
export const clientTimers: readonly string[] = ['try', 'give-up'];

type Out = Effects<never, never, never>;

export class Client implements Node<never, never, never> {
  readonly id: NodeId;
  readonly config: ClientConfig;
  /** 0 until opened. */
  #session = 0;
  #nextId = 1;
  #server = 0;
  /** Whose turn it is. Where `#server` is somebody else, the one whose turn it is (or who it named) took that for the leader. */
  #turn = 0;
  /** Hints followed in this turn. */
  #hops = 0;
  /** What was asked of us, null when idle. */
  #asked: Request | null = null;
  /** What is on its way to a server: `#asked` within our session, or the opening of it. */
  #sent: Request | null = null;
  /** Some try of the present write got no answer: it may yet take effect. */
  #uncertain = false;
  /** The newest try has no answer yet (false: waiting to try again). */
  #awaiting = false;
  #giveUpAt = 0;
  /** Tries of the present request that got no answer. */
  #tries = 0;
  /** Why the newest try was refused. */
  #refusal = 'LC_TIMEOUT';

  constructor(id: NodeId, config: ClientConfig) {
    this.id = id;
    this.config = config;
  }

  step(input: Input<never, never>, out: Out): void {
    switch (input.kind) {
      case 'start':
        this.#turn = out.choose(this.config.servers.length);
        this.#server = this.#turn;
        break;
      case 'request':
        this.#begin(input.request, input.now, out);
        break;
      case 'reply':
        if (this.#sent !== null && input.reply.id === this.#sent.id && input.reply.session === this.#sent.session)
          this.#answered(input, out);
        break;
      case 'timer':
        if (input.timer === GIVE_UP) this.#giveUp(input.now, out);
        else this.#again(input.now, out);
        break;
    }
  }

  #begin(request: Request, now: number, out: Out): void {
    if (this.#asked !== null) {
      out.reply(0, { id: request.id, session: request.session, outcome: 'fail', code: 'LC_OVERLOADED' });
      return;
    }
    this.#asked = request;
    this.#uncertain = false;
    this.#tries = 0;
    this.#refusal = 'LC_TIMEOUT';
    this.#giveUpAt = now + this.config.giveUpUs;
    out.timer(GIVE_UP, this.#giveUpAt);
    this.#prepare();
    this.#try(now, out);
  }

  /** Decide what to send: the request, or first the opening of a session. */
  #prepare(): void {
    const asked = this.#asked as Request;
    const id = this.#nextId++;
    if (this.#session !== 0 || asked.mode === 'stale') this.#sent = { ...asked, session: this.#session, id };
    else this.#sent = { session: 0, id: (this.id * 1024 + this.config.incarnation) * 1048576 + id, op: openSession, mode: 'write' };
  }

  #try(now: number, out: Out): void {
    this.#awaiting = true;
    if (this.config.duplicates && this.#isWrite()) this.#uncertain = true;
    out.request(this.config.servers[this.#server] as NodeId, this.#sent as Request);
    const { attemptUs, triesEach = 1 } = this.config;
    out.timer(TRY, now + (triesEach === 1 ? attemptUs : attemptUs * (1 << Math.min(this.#tries, MOST_DOUBLINGS))));
  }

  /** No answer in time, or the end of a back-off: the next server. */
  #again(now: number, out: Out): void {
    if (this.#sent === null) return;
    if (this.#awaiting && this.#isWrite()) this.#uncertain = true;
    if (!this.#awaiting || ++this.#tries >= (this.config.triesEach ?? 1)) this.#moveOn();
    this.#try(now, out);
  }

  #moveOn(): void {
    this.#turn = (this.#turn + 1) % this.config.servers.length;
    this.#server = this.#turn;
    this.#hops = 0;
  }

  /** The request itself is under way as something that changes state. */
  #isWrite(): boolean {
    return this.#sent !== null && this.#sent.op !== openSession && (this.#sent.mode === 'write' || this.#sent.mode === 'admin');
  }

  #answered({ reply, now }: ReplyInput, out: Out): void {
    this.#awaiting = false;
    if (reply.outcome === 'ok') {
      this.#turn = this.#server;
      this.#hops = 0;
      if ((this.#sent as Request).op !== openSession) return this.#finish(reply, out);
      this.#session = reply.value as number;
      this.#prepare();
      return this.#try(now, out);
    }
    if (reply.code === 'LC_SESSION_UNKNOWN') return this.#sessionLost(now, out);
    if (reply.outcome === 'info') {
      if (this.#isWrite()) this.#uncertain = true;
    } else if (reply.code !== 'LC_NOT_LEADER' && reply.code !== 'LC_NO_LEADER' && reply.code !== 'LC_OVERLOADED') {
      return this.#finish(this.#uncertain ? { ...reply, outcome: 'info' } : reply, out);
    }
    const leader = this.config.servers.indexOf(reply.leader ?? 0);
    // Servers that are cut off name those that led long ago, or each other.
    if (leader >= 0 && leader !== this.#server && this.#hops < this.config.servers.length) {
      this.#hops++;
      this.#server = leader;
      return this.#try(now, out);
    }
    this.#refusal = reply.code ?? 'LC_TIMEOUT';
    // The next server's turn comes with the end of the back-off.
    out.timer(TRY, now + this.config.backoffUs);
  }

  /** The service has dropped our session: whether an earlier try was applied can no longer be known. */
  #sessionLost(now: number, out: Out): void {
    this.#session = 0;
    if (this.#uncertain) {
      const { id, session } = this.#asked as Request;
      return this.#finish({ id, session, outcome: 'info', code: 'LC_SESSION_UNKNOWN' }, out);
    }
    this.#prepare();
    this.#try(now, out);
  }

  #giveUp(now: number, out: Out): void {
    if (this.#asked === null || now < this.#giveUpAt) return;
    const { id, session } = this.#asked;
    // A write that was sent and not refused may still arrive; a read has no effect; an unopened session sent nothing.
    const unknown = this.#uncertain || (this.#awaiting && this.#isWrite());
    if (this.#awaiting) this.#moveOn();
    this.#finish({ id, session, outcome: unknown ? 'info' : 'fail', code: unknown ? 'LC_TIMEOUT' : this.#refusal }, out);
  }

  #finish(reply: Reply, out: Out): void {
    const { id, session } = this.#asked as Request;
    this.#asked = null;
    this.#sent = null;
    out.timer(TRY, Number.POSITIVE_INFINITY);
    out.timer(GIVE_UP, Number.POSITIVE_INFINITY);
    out.reply(0, { ...reply, id, session });
  }

  clone(): Client {
    const copy = new Client(this.id, this.config);
    copy.#session = this.#session;
    copy.#nextId = this.#nextId;
    copy.#server = this.#server;
    copy.#asked = this.#asked;
    copy.#sent = this.#sent;
    copy.#uncertain = this.#uncertain;
    copy.#awaiting = this.#awaiting;
    copy.#turn = this.#turn;
    copy.#hops = this.#hops;
    copy.#tries = this.#tries;
    copy.#refusal = this.#refusal;
    copy.#giveUpAt = this.#giveUpAt;
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.#session);
    w.uint(this.#nextId);
    w.uint(this.#server);
    w.bool(this.#uncertain);
    w.bool(this.#awaiting);
    w.uint(this.#turn);
    w.uint(this.#hops);
    w.uint(this.#tries);
    w.text(this.#refusal);
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
