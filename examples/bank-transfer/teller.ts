/**
 * A client of the bank. A `write` of the workload is a transfer: read both accounts, then one transaction over both shards that
 * holds only if they still have what was read. A `read` is an audit: all accounts are read, and one transaction over both
 * shards makes sure that these were the balances at one moment; money that is missing or too much then is a violation.
 */
import {
  type Effects,
  type Input,
  InvariantViolation,
  type Node,
  type NodeId,
  type Reply,
  type Request,
  type Writer,
} from 'lightcone/core';

interface Shard {
  readonly site: number;
  readonly nodes: readonly NodeId[];
}
interface Account {
  readonly site: number;
  readonly key: string;
}
interface Sent {
  readonly request: Request;
  readonly site: number;
}
type Out = Effects<never, never, never>;

const TRY_US = 150_000;
const GIVE_UP_US = 1_500_000;
const TRY = 0;
const GIVE_UP = 1;
const MOST = 30;

export class Teller implements Node<never, never, never> {
  readonly #id: NodeId;
  readonly #shards: readonly Shard[];
  readonly #accounts: readonly Account[];
  readonly #opening: number;
  #asked: Request | null = null;
  #nextId = 0;
  /** Whom to ask in each shard, as far as is known. */
  readonly #leaders = new Map<number, NodeId>();
  /** Accounts of this operation, and what was read of them (as stored: null, never written). */
  #chosen: readonly Account[] = [];
  #read: (number | null)[] = [];
  #amount = 0;
  #sent: Sent | null = null;
  #began = false;

  constructor(id: NodeId, shards: readonly Shard[], accounts: readonly Account[], opening: number) {
    this.#id = id;
    this.#shards = shards;
    this.#accounts = accounts;
    this.#opening = opening;
  }

  step(input: Input<never, never>, out: Out): void {
    if (input.kind === 'request') this.#begin(input.request, input.now, out);
    else if (input.kind === 'timer' && input.timer === GIVE_UP)
      this.#finish({ outcome: this.#began ? 'info' : 'fail', code: 'LC_TIMEOUT' }, out);
    else if (input.kind === 'timer') this.#again(input.now, out);
    else if (input.kind === 'reply' && this.#sent !== null && input.reply.id === this.#sent.request.id)
      this.#answered(input.reply, input.now, out);
  }

  #begin(request: Request, now: number, out: Out): void {
    this.#asked = request;
    this.#began = false;
    this.#read = [];
    const pick = (site: number): Account => {
      const own = this.#accounts.filter((account) => account.site === site);
      return own[out.choose(own.length)] as Account;
    };
    const from = 1 + out.choose(2);
    this.#chosen = request.mode === 'write' ? [pick(from), pick(3 - from)] : this.#accounts;
    this.#amount = 1 + out.choose(MOST);
    out.timer(GIVE_UP, now + GIVE_UP_US);
    this.#next(now, out);
  }

  #next(now: number, out: Out): void {
    const account = this.#chosen[this.#read.length];
    this.#nextId += 1;
    const id = this.#id * 1_000_000 + this.#nextId;
    if (account !== undefined) {
      this.#sent = { request: { id, session: 0, op: { f: 'read', key: account.key }, mode: 'linearizable' }, site: account.site };
      return this.#again(now, out);
    }
    const writes = this.#chosen.map((each, i) => {
      const read = this.#read[i] as number | null;
      const balance = read ?? this.#opening;
      const change = this.#asked?.mode !== 'write' ? 0 : i === 0 ? -this.#amount : this.#amount;
      return { site: each.site, key: each.key, value: balance + change, expected: [read] };
    });
    if (writes.some(({ value }) => value < 0)) return this.#finish({ outcome: 'fail', code: 'LC_ABORTED' }, out);
    const parts = this.#shards.map(({ site }) => ({
      site,
      writes: writes.filter((write) => write.site === site).map(({ site: _, ...write }) => write),
    }));
    this.#sent = { request: { id, session: 0, op: { f: 'transaction', parts }, mode: 'write' }, site: (this.#chosen[0] as Account).site };
    this.#began = true;
    this.#again(now, out);
  }

  /** Ask whoever is thought to lead the shard. A transaction that was sent is not sent again: it could happen twice. */
  #again(now: number, out: Out): void {
    if (this.#sent === null) return;
    const { request, site } = this.#sent;
    const { nodes } = this.#shards.find((shard) => shard.site === site) as Shard;
    const to = this.#leaders.get(site) ?? (nodes[out.choose(nodes.length)] as NodeId);
    this.#leaders.delete(site);
    out.request(to, request);
    if (request.mode !== 'write') out.timer(TRY, now + TRY_US);
  }

  #answered(reply: Reply, now: number, out: Out): void {
    const { request, site } = this.#sent as Sent;
    if (reply.outcome === 'info') return this.#finish(reply, out);
    if (reply.outcome === 'fail') {
      if (reply.leader !== undefined) this.#leaders.set(site, reply.leader);
      // Not begun: it may be asked again.
      out.timer(TRY, now + (reply.leader === undefined ? TRY_US / 5 : 0));
      return;
    }
    if (request.mode !== 'write') {
      this.#read.push(reply.value as number | null);
      return this.#next(now, out);
    }
    if (reply.value !== 'commit') return this.#finish({ outcome: 'fail', code: 'LC_ABORTED' }, out);
    if (this.#asked?.mode !== 'write') this.#audit();
    this.#finish({ outcome: 'ok', value: null }, out);
  }

  /** All these balances were true at one moment. */
  #audit(): void {
    const total = this.#read.reduce((sum: number, read) => sum + (read ?? this.#opening), 0);
    const right = this.#accounts.length * this.#opening;
    if (total !== right)
      throw new InvariantViolation('total-money', `an audit finds ${total} in all accounts together, and it should be ${right}`);
  }

  #finish(reply: Pick<Reply, 'outcome' | 'value' | 'code'>, out: Out): void {
    if (this.#asked === null) return;
    const { id, session } = this.#asked;
    this.#asked = null;
    this.#sent = null;
    out.timer(TRY, Number.POSITIVE_INFINITY);
    out.timer(GIVE_UP, Number.POSITIVE_INFINITY);
    out.reply(0, { ...reply, id, session });
  }

  clone(): Teller {
    throw new InvariantViolation('example', 'tellers are simulated, not explored');
  }

  encode(w: Writer): void {
    w.uint(this.#nextId);
  }
}
