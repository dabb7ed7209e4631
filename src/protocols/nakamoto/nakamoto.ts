/**
 * A node of a proof-of-work chain (Nakamoto 2008): it mines, passes on what is new, follows the branch with most work, and
 * tells its clients when their payments are deep enough in it. What it promises is a matter of probability and of timing:
 * README.md says which. It asks nobody who may mine, so its links need neither signatures nor a list of members.
 */
import type { Input, Node, Protocol, Reply, RequestInput, Token, Writer } from '../../core/index.ts';
import { type Block, blockSchema, bodyHash, Puzzle, transactionOf, transactionSchema } from './block.ts';
import type { ChainIndication, Out, Waiting } from './chain-base.ts';
import { ChainGossip } from './chain-gossip.ts';
import type { ChainConfig } from './config.ts';
import { type ChainMessage, type ChainRecord, messageSchema, recordSchema } from './message.ts';

const MINE = 0;
const ANNOUNCE = 1;
export const chainTimers: readonly string[] = ['mine', 'announce'];

export class Nakamoto extends ChainGossip implements Node<ChainMessage, ChainRecord, ChainIndication> {
  /** The block that is being tried; null: none yet. */
  #template: Omit<Block, 'nonce'> | null = null;
  #puzzle: Puzzle | null = null;
  #nonce = 0;

  step(input: Input<ChainMessage, ChainRecord>, out: Out): void {
    this.now = input.now;
    switch (input.kind) {
      case 'start':
        return this.#start(input.records, out);
      case 'message':
        return this.heard(input.from, input.message, out);
      case 'request':
        return this.#asked(input, out);
      case 'timer':
        if (input.timer === ANNOUNCE) this.#remind(out);
        else this.#tick(out);
        return;
      case 'persisted':
        return this.#written(input.token, out);
      case 'clock':
        // The old deadlines may be far away now.
        this.#arm(out);
    }
  }

  #start(records: readonly ChainRecord[], out: Out): void {
    this.recover(records.filter((record) => this.replays(record)).map(({ block }) => block));
    this.#arm(out);
    this.#believe(out);
  }

  #arm(out: Out): void {
    const { power, tickUs, announceUs } = this.config;
    // Each at its own time: nodes that started together would find blocks together.
    const share = Math.floor((tickUs * this.peers.indexOf(this.id)) / this.peers.length);
    if (power > 0) out.timer(MINE, this.now + tickUs + share);
    if (this.peers.length > 1) out.timer(ANNOUNCE, this.now + announceUs);
  }

  #written(token: Token, out: Out): void {
    for (const [id, waited] of this.unwritten) if (waited <= token) this.unwritten.delete(id);
    this.#settle(out);
  }

  #remind(out: Out): void {
    out.timer(ANNOUNCE, this.now + this.config.announceUs);
    this.announce(out);
  }

  // Mining

  #tick(out: Out): void {
    out.timer(MINE, this.now + this.config.tickUs);
    this.adopt(out);
    for (let left = this.config.power; left > 0; left--) {
      const block = this.#try(out);
      if (block === null) continue;
      out.indicate({ kind: 'mined', block });
      this.receive(block, out);
    }
  }

  /** One header; the block when it shows the work. */
  #try(out: Out): Block | null {
    if (this.outdated || this.#template === null || this.#puzzle === null) {
      this.outdated = false;
      this.#template = this.template();
      this.#puzzle = new Puzzle(this.#template);
      this.#nonce = out.choose(this.config.luck);
    }
    const nonce = this.#nonce++;
    const block = { ...this.#template, nonce };
    return this.hasWork(this.#puzzle.try(nonce), block) ? block : null;
  }

  /** Decision: what this node works on. */
  template(): Omit<Block, 'nonce'> {
    const { tip } = this.tree;
    const transactions = this.chooses();
    return {
      parent: tip.id,
      height: tip.height + 1,
      miner: this.id,
      timeUs: Math.max(this.now, 1, (tip.block?.timeUs ?? 0) + 1),
      difficulty: this.difficultyAfter(tip),
      version: this.config.rules.version,
      body: bodyHash(transactions),
      transactions,
    };
  }

  // Payments

  #asked({ from, request }: RequestInput, out: Out): void {
    const { id, session, op, mode } = request;
    const answer = (reply: Omit<Reply, 'id' | 'session'>): void => out.reply(from, { id, session, ...reply });
    const { f, coin } = (op ?? {}) as { readonly f?: unknown; readonly coin?: unknown };
    if (f === 'spender' && typeof coin === 'string')
      return answer({ outcome: 'ok', value: this.tree.spenderOf(coin) ?? null, mode: 'stale', revision: this.tree.tip.height });
    const transaction = transactionOf(op);
    if (f !== 'pay' || mode !== 'write' || transaction === null || !this.takesTransaction(transaction))
      return answer({ outcome: 'fail', code: 'LC_HISTORY_OPERATION' });
    this.waiting.set(`${from}/${session}/${id}`, { from, session, id, transaction });
    this.offer(transaction, out);
    this.#settle(out);
  }

  /** Answer those whose payments are confirmed, or can be no more. */
  #settle(out: Out): void {
    for (const [key, waiting] of this.waiting) {
      const reply = this.#outcome(waiting);
      if (reply === null) continue;
      this.waiting.delete(key);
      if (reply.outcome === 'ok') {
        const block = this.tree.mainAt(reply.revision as number) as string;
        out.indicate({ kind: 'confirmed', transaction: waiting.transaction, block });
      }
      out.reply(waiting.from, reply);
    }
  }

  #outcome({ session, id, transaction }: Waiting): Reply | null {
    const spender = this.tree.spenderOf(transaction.coin);
    const height = spender === undefined ? undefined : this.tree.heightOf(spender);
    if (height === undefined || !this.isConfirmed(height)) return null;
    if (!this.isWritten(this.tree.mainAt(height) as string)) return null;
    if (spender !== transaction.id) return { id, session, outcome: 'fail', code: 'LC_ABORTED' };
    return { id, session, outcome: 'ok', value: 'confirmed', revision: height };
  }

  protected chainChanged(out: Out): void {
    this.outdated = true;
    for (const { transaction } of this.waiting.values()) this.offer(transaction, out);
    this.#settle(out);
    this.#believe(out);
  }

  #believe(out: Out): void {
    out.belief('position', this.tree.tip.height, 0);
    out.belief('digest', this.tree.tip.id, 0);
  }

  /** A node of the same class. */
  protected blank(): Nakamoto {
    return new (this.constructor as new (...args: ConstructorParameters<typeof Nakamoto>) => Nakamoto)(this.id, this.peers, this.config);
  }

  clone(): Nakamoto {
    const copy = this.blank();
    copy.tree = this.tree.clone();
    copy.mempool = new Map(this.mempool);
    copy.orphans = new Map(this.orphans);
    copy.waiting = new Map(this.waiting);
    copy.unwritten = new Map(this.unwritten);
    for (const [reason, count] of this.dropped) copy.dropped.set(reason, count);
    copy.now = this.now;
    copy.token = this.token;
    copy.retold = this.retold;
    copy.fetched = new Set(this.fetched);
    copy.outdated = this.outdated;
    copy.#template = this.#template;
    copy.#nonce = this.#nonce;
    if (copy.#template !== null) copy.#puzzle = new Puzzle(copy.#template);
    return copy;
  }

  encode(w: Writer): void {
    this.tree.encode(w);
    w.uint(this.mempool.size);
    for (const transaction of this.mempool.values()) transactionSchema.write(w, transaction);
    w.uint(this.orphans.size);
    for (const block of this.orphans.values()) blockSchema.write(w, block);
    w.uint(this.waiting.size);
    for (const { from, session, id, transaction } of this.waiting.values()) {
      w.uint(from);
      w.uint(session);
      w.uint(id);
      transactionSchema.write(w, transaction);
    }
    w.uint(this.unwritten.size);
    for (const id of this.unwritten.keys()) w.text(id);
    w.uint(this.retold);
    w.value([...this.fetched].sort());
    const working = !this.outdated && this.#template !== null;
    w.bool(working);
    if (working && this.#template !== null) blockSchema.write(w, { ...this.#template, nonce: this.#nonce });
  }
}

export const nakamotoProtocol: Protocol<ChainConfig, ChainMessage, ChainRecord, ChainIndication> = {
  name: 'nakamoto',
  create: (id, peers, config) => new Nakamoto(id, peers, config),
  message: messageSchema,
  record: recordSchema,
  timers: chainTimers,
};
