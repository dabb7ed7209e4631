/**
 * A client that asks for a decision through one of the nodes, and believes none of them: an answer counts when its
 * certificate proves itself. A node that says nothing useful in time is left for the next.
 */
import type { Effects, Input, Node, NodeId, Reply, Request, Token, Writer } from '../../core/index.ts';
import { type Certificate, certificateOf, faultOf } from './certificate.ts';
import type { Electorate } from './config.ts';
import { contentOf, questionKey, questionOf } from './statement.ts';

export interface VoteClientConfig extends Electorate {
  /** Whom it asks, in turn. */
  readonly servers: readonly NodeId[];
  /** How long it waits for one node. */
  readonly attemptUs: number;
  readonly giveUpUs: number;
  /** Which life of the client this is, from 1: no two lives share a session. */
  readonly incarnation: number;
}

type Out = Effects<never, never, never>;

const TRY = 0;
const GIVE_UP = 1;
export const voteClientTimers: readonly string[] = ['try', 'give-up'];

export class VoteClient implements Node<never, never, never> {
  readonly id: NodeId;
  readonly config: VoteClientConfig;
  #asked: Request | null = null;
  /** Index into `servers`. */
  #server = 0;
  /** Ids of requests to servers: another one each time, so that an answer belongs to one try. */
  #nextId = 0;
  #token: Token = 0;
  /** The certificate whose signatures are being checked, and how many are still out. */
  #certificate: Certificate | null = null;
  #left = 0;

  constructor(id: NodeId, config: VoteClientConfig) {
    this.id = id;
    this.config = config;
  }

  step(input: Input<never, never>, out: Out): void {
    switch (input.kind) {
      case 'request':
        this.#asked = input.request;
        if (questionOf((input.request.op as { readonly question?: never } | null)?.question) === null)
          return this.#finish({ outcome: 'fail', code: 'LC_USAGE' }, out);
        out.timer(GIVE_UP, input.now + this.config.giveUpUs);
        this.#server = out.choose(this.config.servers.length);
        return this.#try(input.now, out);
      case 'timer':
        if (this.#asked === null) return;
        return input.timer === GIVE_UP ? this.#finish({ outcome: 'info', code: 'LC_TIMEOUT' }, out) : this.#next(input.now, out);
      case 'reply':
        return this.#reply(input.from, input.reply, input.now, out);
      case 'verified':
        return this.#verified(input.token, input.valid, input.now, out);
    }
  }

  #try(now: number, out: Out): void {
    const { servers, attemptUs, incarnation } = this.config;
    this.#certificate = null;
    const op = (this.#asked as Request).op;
    out.request(servers[this.#server] as NodeId, { id: ++this.#nextId, session: incarnation, op, mode: 'write' });
    out.timer(TRY, now + attemptUs);
  }

  #next(now: number, out: Out): void {
    this.#server = (this.#server + 1) % this.config.servers.length;
    this.#try(now, out);
  }

  #reply(from: NodeId, reply: Reply, now: number, out: Out): void {
    if (this.#asked === null || reply.id !== this.#nextId || from !== this.config.servers[this.#server] || this.#certificate !== null)
      return;
    const certificate = certificateOf((reply.value as { readonly certificate?: unknown } | null | undefined)?.certificate);
    if (reply.outcome !== 'ok' || certificate === null || !this.#isForMe(certificate)) return this.#next(now, out);
    this.#certificate = certificate;
    this.#left = certificate.votes.length;
    const content = contentOf('vote', certificate, certificate.verdict);
    for (const { voter, signature } of certificate.votes) out.verify(++this.#token, voter, content, signature, 'signature');
  }

  /** All but the signatures, which take time. */
  #isForMe(certificate: Certificate): boolean {
    const question = questionOf((this.#asked as unknown as { readonly op: { readonly question: never } }).op.question);
    return (
      question !== null &&
      questionKey(question) === questionKey(certificate.question) &&
      faultOf(certificate, this.config, () => true) === null
    );
  }

  #verified(token: Token, valid: boolean, now: number, out: Out): void {
    const certificate = this.#certificate;
    if (certificate === null || this.#asked === null || token <= this.#token - certificate.votes.length) return;
    if (!valid) return this.#next(now, out);
    this.#left -= 1;
    if (this.#left === 0) this.#finish({ outcome: 'ok', value: { decision: certificate.verdict } }, out);
  }

  #finish(answer: Pick<Reply, 'outcome' | 'code' | 'value'>, out: Out): void {
    const { id, session } = this.#asked as Request;
    this.#asked = null;
    this.#certificate = null;
    out.timer(TRY, Number.POSITIVE_INFINITY);
    out.timer(GIVE_UP, Number.POSITIVE_INFINITY);
    out.reply(0, { id, session, ...answer });
  }

  clone(): VoteClient {
    const copy = new VoteClient(this.id, this.config);
    copy.#asked = this.#asked;
    copy.#server = this.#server;
    copy.#nextId = this.#nextId;
    copy.#token = this.#token;
    copy.#certificate = this.#certificate;
    copy.#left = this.#left;
    return copy;
  }

  encode(w: Writer): void {
    w.value(this.#asked === null ? null : [this.#asked.id, this.#asked.session, this.#asked.op]);
    w.uint(this.#server);
    w.uint(this.#nextId);
    w.uint(this.#token);
    w.value(this.#certificate as never);
    w.uint(this.#left);
  }
}
