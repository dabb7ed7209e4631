/**
 * What clients may ask of a site, whatever the commit protocol: a read, a session, a transaction. A request within a
 * session is one transaction, however often it is asked; who asked is answered once it is decided.
 */
import type { NodeId, Reply, RequestInput, Value, Writer } from '../../core/index.ts';
import { type OutOf, SiteNode } from './site.ts';
import { keyOf, type TransactionId, transactionOf } from './transaction.ts';

export abstract class ServiceNode<M, X extends { readonly type: string } = never> extends SiteNode<M, X> {
  /** Who waits for the answer to a request, by session and id. */
  #askers = new Map<string, NodeId>();
  #coordinates = false;

  /** What kind of read this node serves. */
  protected abstract readMode(): 'linearizable' | 'stale';

  protected request(input: RequestInput, out: OutOf<M, X>): void {
    const { from, request } = input;
    const { id, session, op, mode } = request;
    const refusal = this.refusal(input);
    if (refusal !== null) return out.reply(from, refusal);
    if (isOp(op, 'read')) return this.#read(from, input, out);
    const opens = isOp(op, 'open-session');
    const transaction = transactionOf(op);
    const known = transaction?.parts.every(({ site }) => this.isSite(site)) === true;
    if (mode !== 'write' || (!opens && !known)) return out.reply(from, { id, session, outcome: 'fail', code: 'LC_HISTORY_OPERATION' });
    this.#askers.set(`${session}.${id}`, from);
    if (opens) return this.write({ type: 'session', id }, out);
    if (this.ledger.late(session, id)) return this.answer(session, id, { outcome: 'info', code: 'LC_SESSION_UNKNOWN' }, out);
    if (this.ledger.known(session, id) !== null) return this.answerKnown(session, id, out);
    const key = `begin ${session}.${id}`;
    if (transaction === null || this.inFlight.has(key)) return;
    this.inFlight.add(key);
    this.write({ type: 'begin', session, id, parts: transaction.parts }, out);
  }

  #read(from: NodeId, { request }: RequestInput, out: OutOf<M, X>): void {
    const { id, session, op } = request;
    const { key } = op as { readonly key?: Value };
    if (typeof key !== 'string') return out.reply(from, { id, session, outcome: 'fail', code: 'LC_HISTORY_OPERATION' });
    if (!this.mayRead(key)) return out.reply(from, { id, session, outcome: 'fail', code: 'LC_LOCKED' });
    out.reply(from, { id, session, outcome: 'ok', value: this.ledger.data.get(key) ?? null, mode: this.readMode() });
  }

  /** Decision: may this key be read now? Not while a prepared transaction holds it: it may be committed already, elsewhere. */
  mayRead(key: string): boolean {
    return !this.ledger.locked([{ key, value: null, expected: [] }], '');
  }

  protected answer(session: number, id: number, reply: Omit<Reply, 'id' | 'session'>, out: OutOf<M, X>): void {
    const key = `${session}.${id}`;
    const from = this.#askers.get(key);
    if (from === undefined) return;
    this.#askers.delete(key);
    out.reply(from, { id, session, mode: 'write', ...reply });
  }

  /** A request asked again: its transaction's decision, now or once there is one. */
  protected answerKnown(session: number, id: number, out: OutOf<M, X>): void {
    const known = this.ledger.known(session, id);
    if (known === null || known.state === 'voting') return;
    this.answer(session, id, { outcome: 'ok', value: known.state === 'aborted' ? 'abort' : 'commit' }, out);
  }

  /** Nobody will be answered by this node: it acts no more. */
  protected answerNobody(out: OutOf<M, X>): void {
    for (const [key] of this.#askers) {
      const [session, id] = key.split('.').map(Number) as [number, number];
      this.answer(session, id, { outcome: 'info', code: 'LC_NO_LEADER' }, out);
    }
  }

  /** Says, once a life, that it coordinates. */
  protected coordinate(out: OutOf<M, X>): void {
    if (!this.#coordinates) out.belief('role', 'coordinator', 0);
    this.#coordinates = true;
  }

  protected believe(tx: TransactionId, commit: boolean, role: 'coordinator' | 'participant', out: OutOf<M, X>): void {
    out.belief('decision', { tx: keyOf(tx), decision: commit ? 'commit' : 'abort' }, 0);
    out.indicate({ kind: 'decided', tx: keyOf(tx), commit, role });
  }

  protected copyInto(copy: ServiceNode<M, X>): void {
    copy.ledger = this.ledger.clone();
    copy.active = this.active;
    copy.inFlight = new Set(this.inFlight);
    copy.armed = [...this.armed];
    copy.#askers = new Map(this.#askers);
    copy.#coordinates = this.#coordinates;
  }

  encode(w: Writer): void {
    this.ledger.encode(w);
    w.bool(this.active);
    w.bool(this.#coordinates);
    for (const armed of this.armed) w.bool(armed);
    w.value([...this.inFlight].sort());
    w.value([...this.#askers].sort((a, b) => (a[0] < b[0] ? -1 : 1)));
  }
}

function isOp(op: Value, f: string): boolean {
  return op !== null && typeof op === 'object' && (op as { readonly f?: Value }).f === f;
}
