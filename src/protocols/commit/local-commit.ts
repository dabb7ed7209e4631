/**
 * Two-phase commit where every site is one node and its log is the node's own journal. Beginnings are not written: a
 * crash makes aborts of them (unless commit is presumed, where `collecting` stands for them).
 */
import type { Input, NodeId, Protocol, Reply, RequestInput, Token, Writer } from '../../core/index.ts';
import { type CommitIndication, CommitNode, commitTimers, type Out } from './commit-node.ts';
import type { CommitConfig } from './config.ts';
import { Journal } from './journal.ts';
import { type CommitMessage, type CommitRecord, messageSchema, recordSchema, type Site } from './transaction.ts';

export class LocalCommit extends CommitNode {
  readonly peers: readonly NodeId[];
  readonly #journal = new Journal<CommitRecord>();
  /** The number of this life is durable: transactions may begin. */
  #ready = false;

  constructor(id: NodeId, peers: readonly NodeId[], config: CommitConfig) {
    super(id, id, config);
    this.peers = peers;
  }

  protected write(record: CommitRecord, out: Out): void {
    if (!this.mustPersist(record) || this.#journal.append(record, this.mustForce(record), out)) this.logged(record, out);
  }

  protected logInput(input: Input<CommitMessage, CommitRecord>, out: Out): void {
    if (input.kind === 'start') this.#start(input.records, out);
    else if (input.kind === 'persisted') this.#persisted(input.token, out);
  }

  #start(records: readonly CommitRecord[], out: Out): void {
    for (const record of records) if (this.replays(record)) this.ledger.apply(record);
    this.#journal.length = records.length;
    this.active = true;
    out.belief('role', 'participant', 0);
    this.write({ type: 'life' }, out);
    this.resume(out);
  }

  #persisted(token: Token, out: Out): void {
    for (const record of this.#journal.persisted(token)) {
      if (record.type === 'life') this.#ready = true;
      this.logged(record, out);
    }
    this.#snapshot(out);
  }

  /** Only while nothing is on its way: a snapshot stands for everything written before it. */
  #snapshot(out: Out): void {
    const { snapshotEvery } = this.config;
    if (snapshotEvery === 0 || this.#journal.length < snapshotEvery || !this.#journal.idle) return;
    this.#journal.checkpoint({ type: 'snapshot', ledger: this.ledger.snapshot(false) }, out);
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

  /** A node of the same class, for `clone`: mutants override nothing. */
  protected blank(): LocalCommit {
    return new (this.constructor as new (id: NodeId, peers: readonly NodeId[], config: CommitConfig) => LocalCommit)(
      this.id,
      this.peers,
      this.config,
    );
  }

  clone(): LocalCommit {
    const copy = this.blank();
    this.copyInto(copy);
    this.#journal.copyInto(copy.#journal);
    copy.#ready = this.#ready;
    return copy;
  }

  override encode(w: Writer): void {
    super.encode(w);
    w.bool(this.#ready);
    this.#journal.encode(w, recordSchema, this.config.snapshotEvery > 0);
  }
}

/** Nodes that make transactions among themselves: any of them coordinates what its clients ask. */
export const commitProtocol: Protocol<CommitConfig, CommitMessage, CommitRecord, CommitIndication> = {
  name: 'commit',
  create: (id, peers, config) => new LocalCommit(id, peers, config),
  message: messageSchema,
  record: recordSchema,
  timers: commitTimers,
};

/** The protocol with another class of nodes: mutants. */
export function commitProtocolOf(
  name: string,
  nodeClass: new (id: NodeId, peers: readonly NodeId[], config: CommitConfig) => LocalCommit,
): typeof commitProtocol {
  return { ...commitProtocol, name, create: (id, peers, config) => new nodeClass(id, peers, config) };
}
