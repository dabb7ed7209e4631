/**
 * Two-phase commit where every site is a group of nodes with one replicated log below (port `log`: any ordering
 * protocol), as in Spanner (Corbett et al., OSDI 2012, 4.2.1). The group's leader acts for it; what it says follows
 * from committed entries only, so any later leader can go on. All messages go to every node of a group; only the one
 * that leads and has caught up with the log reacts.
 */
import type { ApplyIndication, Input, NodeId, OrderingIndication, Protocol, Reply, RequestInput, Value, Writer } from '../../core/index.ts';
import { LightconeError } from '../../core/index.ts';
import { type CommitIndication, CommitNode, commitTimers, type Out } from './commit-node.ts';
import type { GroupCommitConfig } from './config.ts';
import { type CommitMessage, type CommitRecord, messageSchema, recordSchema, type Site } from './transaction.ts';

/** The port that an ordering protocol must be bound to. */
export const LOG = 'log';

/** The group that a node belongs to. Throws LC_SCENARIO_NODE when it is in none. */
export function groupOf(node: NodeId, groups: GroupCommitConfig['groups']): GroupCommitConfig['groups'][number] {
  const group = groups.find(({ nodes }) => nodes.includes(node));
  if (group === undefined) throw new LightconeError('LC_SCENARIO_NODE', `node ${node} is in no group`, { node });
  return group;
}

export class GroupCommit extends CommitNode {
  readonly groupConfig: GroupCommitConfig;
  /** Position of the newest applied entry. */
  #applied = 0;
  #snapshotIndex = 0;
  #leader: NodeId = 0;
  #epoch = 0;
  #requests = 0;
  /** Requests on their way to the log: what to write again once one is refused. */
  #asked = new Map<number, CommitRecord>();
  /** The read that shows this leader what was committed before it: its request, then the position to wait for. */
  #barrier = 0;
  #barrierIndex = Number.POSITIVE_INFINITY;

  constructor(id: NodeId, config: GroupCommitConfig) {
    super(id, groupOf(id, config.groups).site, config);
    this.groupConfig = config;
  }

  /** Decision: may this be acted on before the group's log has it for good? Never. */
  actsEarly(_record: CommitRecord): boolean {
    return false;
  }

  /** The log has every beginning already. */
  override collects(): boolean {
    return false;
  }

  /** Decision: does a new leader wait until it has applied everything that was committed before it? */
  catchesUp(): boolean {
    return true;
  }

  protected write(record: CommitRecord, out: Out): void {
    this.#requests += 1;
    this.#asked.set(this.#requests, record);
    out.request(LOG, { id: this.#requests, session: 0, op: record as unknown as Value, mode: 'write' });
    if (this.actsEarly(record)) this.logged(record, out);
  }

  protected logInput(input: Input<CommitMessage, CommitRecord>, out: Out): void {
    if (input.kind === 'start') out.belief('role', 'participant', 0);
    else if (input.kind === 'indication') this.#heard(input.indication as OrderingIndication, out);
    else if (input.kind === 'reply') this.#refused(input.reply);
  }

  #heard(indication: OrderingIndication, out: Out): void {
    switch (indication.kind) {
      case 'apply':
        return this.#apply(indication, out);
      case 'restore':
        this.ledger.restore(indication.snapshot);
        this.#applied = this.#snapshotIndex = indication.index;
        return this.#catchUp(out);
      case 'leader':
        return this.#lead(indication.leader, indication.epoch, out);
      case 'readReady':
        if (indication.id !== this.#barrier || indication.session !== 0) return;
        this.#barrierIndex = indication.index;
        return this.#catchUp(out);
    }
  }

  #apply({ first, commands }: ApplyIndication, out: Out): void {
    commands.forEach((command, i) => {
      this.#applied = first + i;
      if (command !== null) this.logged(command.op as unknown as CommitRecord, out);
    });
    this.#catchUp(out);
    const { snapshotEvery } = this.config;
    if (snapshotEvery === 0 || this.#applied - this.#snapshotIndex < snapshotEvery) return;
    this.#snapshotIndex = this.#applied;
    const op = { type: 'compact', index: this.#applied, snapshot: this.ledger.snapshot() };
    out.request(LOG, { id: 0, session: 0, op, mode: 'admin' });
  }

  #lead(leader: NodeId, epoch: number, out: Out): void {
    if (leader === this.#leader && epoch === this.#epoch) return;
    if (this.active || this.#leader === this.id) {
      this.#asked.clear();
      this.retire(out);
    }
    this.#leader = leader;
    this.#epoch = epoch;
    this.#barrier = 0;
    this.#barrierIndex = Number.POSITIVE_INFINITY;
    if (leader === this.id) this.wake(out);
  }

  /** Leads and does not act yet: ask the log (again) how far it must be applied. */
  protected wake(out: Out): void {
    if (!this.waiting()) return;
    if (!this.catchesUp()) return this.#act(out);
    this.#requests += 1;
    this.#barrier = this.#requests;
    out.request(LOG, { id: this.#barrier, session: 0, op: null, mode: 'linearizable' });
  }

  protected waiting(): boolean {
    return !this.active && this.#leader === this.id;
  }

  #catchUp(out: Out): void {
    if (this.waiting() && this.#applied >= this.#barrierIndex) this.#act(out);
  }

  #act(out: Out): void {
    this.active = true;
    this.resume(out);
  }

  /** The log did not take a record: whoever caused it will ask again. */
  #refused(reply: Reply): void {
    if (reply.outcome === 'ok') return;
    const record = this.#asked.get(reply.id);
    this.#asked.delete(reply.id);
    if (record !== undefined) this.land(record);
  }

  protected override logged(record: CommitRecord, out: Out): void {
    for (const [id, asked] of this.#asked) {
      if (asked.type !== record.type || !sameMatter(asked, record)) continue;
      this.#asked.delete(id);
      break;
    }
    super.logged(record, out);
  }

  protected refusal({ request: { id, session } }: RequestInput): Reply | null {
    if (this.active) return null;
    const leader = this.#leader === this.id ? 0 : this.#leader;
    const reply: Reply = { id, session, outcome: 'fail', code: leader === 0 ? 'LC_NO_LEADER' : 'LC_NOT_LEADER' };
    return leader === 0 ? reply : { ...reply, leader };
  }

  protected readMode(): 'stale' {
    return 'stale';
  }

  protected nodesOf(site: Site): readonly NodeId[] {
    return this.groupConfig.groups.find((group) => group.site === site)?.nodes ?? [];
  }

  protected siteOf(node: NodeId): Site {
    return this.groupConfig.groups.find(({ nodes }) => nodes.includes(node))?.site ?? 0;
  }

  clone(): GroupCommit {
    const copy = new (this.constructor as new (id: NodeId, config: GroupCommitConfig) => GroupCommit)(this.id, this.groupConfig);
    this.copyInto(copy);
    copy.#applied = this.#applied;
    copy.#snapshotIndex = this.#snapshotIndex;
    copy.#leader = this.#leader;
    copy.#epoch = this.#epoch;
    copy.#requests = this.#requests;
    copy.#asked = new Map(this.#asked);
    copy.#barrier = this.#barrier;
    copy.#barrierIndex = this.#barrierIndex;
    return copy;
  }

  override encode(w: Writer): void {
    super.encode(w);
    for (const number of [this.#applied, this.#snapshotIndex, this.#leader, this.#epoch, this.#requests, this.#barrier]) w.uint(number);
    w.f64(this.#barrierIndex);
    w.uint(this.#asked.size);
    for (const [id, record] of this.#asked) {
      w.uint(id);
      recordSchema.write(w, record);
    }
  }
}

function sameMatter(a: CommitRecord, b: CommitRecord): boolean {
  if ('tx' in a && 'tx' in b) return a.tx.coordinator === b.tx.coordinator && a.tx.number === b.tx.number;
  if ('id' in a && 'id' in b) return a.id === b.id && ('session' in a ? a.session : 0) === ('session' in b ? b.session : 0);
  return false;
}

/** The commit module of a composition whose port `log` is bound to an ordering protocol; its own journal stays empty. */
export const groupCommitProtocol: Protocol<GroupCommitConfig, CommitMessage, CommitRecord, CommitIndication> = groupCommitProtocolOf(
  'group-commit',
  GroupCommit,
);

export function groupCommitProtocolOf(
  name: string,
  nodeClass: new (id: NodeId, config: GroupCommitConfig) => GroupCommit,
): Protocol<GroupCommitConfig, CommitMessage, CommitRecord, CommitIndication> {
  return {
    name,
    create: (id, _peers, config) => new nodeClass(id, config),
    message: messageSchema,
    record: recordSchema,
    timers: commitTimers,
  };
}
