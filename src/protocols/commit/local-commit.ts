/**
 * Two-phase commit where every site is one node and its log is the node's own journal. Presumed abort: beginnings and
 * aborts of the coordinator are not written, a crash makes aborts of them.
 */
import type { Input, NodeId, Protocol, Reply, RequestInput, Token, Writer } from '../../core/index.ts';
import { CommitNode, commitTimers } from './commit-node.ts';
import type { CommitConfig } from './config.ts';
import type { CommitIndication, Out } from './site.ts';
import { type CommitMessage, type CommitRecord, messageSchema, recordSchema, type Site } from './transaction.ts';

export class LocalCommit extends CommitNode {
  readonly peers: readonly NodeId[];
  #token: Token = 0;
  /** Records on their way to the disk, oldest first. */
  #pending: { readonly token: Token; readonly record: CommitRecord }[] = [];
  #sinceSnapshot = 0;
  /** The number of this life is durable: transactions may begin. */
  #ready = false;

  constructor(id: NodeId, peers: readonly NodeId[], config: CommitConfig) {
    super(id, id, config);
    this.peers = peers;
  }

  /** Decision: must this record be durable before anyone hears of it? */
  mustPersist(record: CommitRecord): boolean {
    if (record.type === 'begin' || record.type === 'session') return false;
    return record.type !== 'decided' || record.commit;
  }

  protected write(record: CommitRecord, out: Out): void {
    if (!this.mustPersist(record)) return this.logged(record, out);
    this.#token += 1;
    this.#pending.push({ token: this.#token, record });
    out.persist(this.#token, record);
  }

  protected logInput(input: Input<CommitMessage, CommitRecord>, out: Out): void {
    if (input.kind === 'start') this.#start(input.records, out);
    else if (input.kind === 'persisted') this.#persisted(input.token, out);
  }

  #start(records: readonly CommitRecord[], out: Out): void {
    for (const record of records) if (this.replays(record)) this.ledger.apply(record);
    this.#sinceSnapshot = records.length;
    this.active = true;
    out.belief('role', 'participant', 0);
    this.write({ type: 'life' }, out);
    this.resume(out);
  }

  #persisted(token: Token, out: Out): void {
    const first = this.#pending[0];
    if (first?.token !== token) return;
    this.#pending.shift();
    this.#sinceSnapshot += 1;
    if (first.record.type === 'life') this.#ready = true;
    if (first.record.type === 'snapshot') return;
    this.logged(first.record, out);
    this.#snapshot(out);
  }

  /** Only while nothing is on its way: a snapshot stands for everything written before it. */
  #snapshot(out: Out): void {
    const { snapshotEvery } = this.config;
    if (snapshotEvery === 0 || this.#sinceSnapshot < snapshotEvery || this.#pending.length > 0) return;
    const record: CommitRecord = { type: 'snapshot', ledger: this.ledger.snapshot(false) };
    this.#token += 1;
    this.#sinceSnapshot = 0;
    this.#pending.push({ token: this.#token, record });
    out.checkpoint(this.#token, record);
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
    copy.#token = this.#token;
    copy.#pending = [...this.#pending];
    copy.#sinceSnapshot = this.#sinceSnapshot;
    copy.#ready = this.#ready;
    return copy;
  }

  override encode(w: Writer): void {
    super.encode(w);
    w.bool(this.#ready);
    if (this.config.snapshotEvery > 0) w.uint(this.#sinceSnapshot);
    w.uint(this.#pending.length);
    for (const { record } of this.#pending) recordSchema.write(w, record);
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
