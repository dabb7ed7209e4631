/**
 * A site that is one node with its own journal, for protocols other than two-phase commit: how records get to the disk
 * and back, and which of them must be there before anyone hears of them.
 */
import type { Input, NodeId, Reply, RequestInput, Schema, Token, Writer } from '../../core/index.ts';
import type { CommitConfig } from './config.ts';
import { Journal } from './journal.ts';
import { Ledger } from './ledger.ts';
import { ServiceNode } from './service.ts';
import type { OutOf } from './site.ts';
import type { CommitRecord, Site } from './transaction.ts';

export abstract class LocalNode<M, X extends { readonly type: string }> extends ServiceNode<M, X> {
  readonly peers: readonly NodeId[];
  readonly #journal = new Journal<CommitRecord | X>();
  /** The number of this life is durable: transactions may begin. */
  #ready = false;

  constructor(id: NodeId, peers: readonly NodeId[], config: CommitConfig) {
    super(id, id, config);
    this.peers = peers;
    // Nobody presumes anything here, and nobody is asked to acknowledge.
    this.ledger = new Ledger(id, config.remember, { commit: false, abort: false });
  }

  protected abstract readonly records: Schema<CommitRecord | X>;
  /** After a restart: go on with everything that is not settled. */
  protected abstract resume(out: OutOf<M, X>): void;
  /** What a snapshot stands for. */
  protected abstract snapshot(): CommitRecord;

  /** Decision: is this record written at all? Beginnings are not: a crash makes nothing of them. */
  mustPersist(record: CommitRecord | X): boolean {
    return record.type !== 'begin' && record.type !== 'session';
  }

  /** Decision: must this record be durable before anyone hears of it? */
  abstract mustForce(record: CommitRecord | X): boolean;

  protected write(record: CommitRecord | X, out: OutOf<M, X>): void {
    if (!this.mustPersist(record) || this.#journal.append(record, this.mustForce(record), out)) this.logged(record, out);
  }

  protected logInput(input: Input<M, CommitRecord | X>, out: OutOf<M, X>): void {
    if (input.kind === 'start') this.#start(input.records, out);
    else if (input.kind === 'persisted') this.#persisted(input.token, out);
  }

  #start(records: readonly (CommitRecord | X)[], out: OutOf<M, X>): void {
    for (const record of records) if (this.replays(record)) this.fold(record);
    this.#journal.length = records.length;
    this.active = true;
    out.belief('role', 'participant', 0);
    this.write({ type: 'life' }, out);
    this.resume(out);
  }

  #persisted(token: Token, out: OutOf<M, X>): void {
    for (const record of this.#journal.persisted(token)) {
      if (record.type === 'life') this.#ready = true;
      this.logged(record, out);
    }
    const { snapshotEvery } = this.config;
    // Only while nothing is on its way: a snapshot stands for everything written before it.
    if (snapshotEvery === 0 || this.#journal.length < snapshotEvery || !this.#journal.idle) return;
    this.#journal.checkpoint(this.snapshot(), out);
  }

  protected refusal({ request: { id, session } }: RequestInput): Reply | null {
    return this.#ready ? null : { id, session, outcome: 'fail', code: 'LC_OVERLOADED' };
  }

  protected readMode(): 'linearizable' {
    return 'linearizable';
  }

  protected waiting(): boolean {
    return false;
  }

  protected wake(): void {}

  protected nodesOf(site: Site): readonly NodeId[] {
    return this.peers.includes(site) ? [site] : [];
  }

  protected siteOf(node: NodeId): Site {
    return this.peers.includes(node) ? node : 0;
  }

  protected override copyInto(copy: LocalNode<M, X>): void {
    super.copyInto(copy);
    this.#journal.copyInto(copy.#journal);
    copy.#ready = this.#ready;
  }

  override encode(w: Writer): void {
    super.encode(w);
    w.bool(this.#ready);
    this.#journal.encode(w, this.records, this.config.snapshotEvery > 0);
  }
}
