import { describe, expect, test } from 'vitest';
import {
  type ComposedNode,
  type ComposedRecord,
  compose,
  type ModuleMessage,
  Random,
  type Reply,
  type Value,
  Writer,
} from '../src/core/index.ts';
import {
  type CommitIndication,
  type CommitRecord,
  DecisionWatch,
  defaultCommitConfig,
  GroupCommit,
  groupCommitProtocolOf,
  groupOf,
  judgeLedgers,
  LOG,
} from '../src/protocols/commit/index.ts';
import { Cluster } from '../src/protocols/commit/testing.ts';
import { defaultRaftConfig, type Raft, raftProtocol } from '../src/protocols/raft/index.ts';

/**
 * Two-phase commit between two Raft groups: each node is a composition of a commit module on top of Raft, each group
 * is one participant, and either coordinates. Leaders crash, records are lost, messages are lost, doubled and late.
 */
const groups = [
  { site: 1, nodes: [1, 2, 3] },
  { site: 2, nodes: [4, 5, 6] },
];
const ids = groups.flatMap(({ nodes }) => nodes);
const commitConfig = { ...defaultCommitConfig, retryUs: 100_000, snapshotEvery: 12, groups };
const raftConfig = { ...defaultRaftConfig, electionSlots: 8 };

const protocolOf = (nodeClass: typeof GroupCommit) =>
  compose('commit-over-raft', 'commit', {
    commit: { protocol: groupCommitProtocolOf('group-commit', nodeClass), ports: { [LOG]: 'raft' } },
    raft: { protocol: raftProtocol, peers: (id) => groupOf(id, groups).nodes },
  });

class Run {
  readonly random: Random;
  readonly cluster: Cluster<ModuleMessage, ComposedRecord, CommitIndication>;
  readonly watch = new DecisionWatch();
  broken: string | null = null;
  asked = 0;
  readonly answers = new Map<number, Reply>();
  leaderCrashes = 0;
  /** Messages that arrived while some group had lost a leader with a transaction under way. */
  continued = 0;

  constructor(seed: number, nodeClass: typeof GroupCommit) {
    const protocol = protocolOf(nodeClass);
    this.random = new Random(seed);
    this.cluster = new Cluster(protocol, (id) => protocol.create(id, ids, { commit: commitConfig, raft: raftConfig }), ids, this.random, {
      belief: (node, kind, value) => {
        if (kind === 'decision') this.broken ??= this.watch.decided(node, value)?.message ?? null;
      },
      reply: (_from, _to, reply) => {
        if (reply.outcome === 'ok') this.answers.set(reply.id, reply);
      },
    });
    for (const id of ids) this.cluster.start(id);
  }

  commit(id: number): GroupCommit | null {
    return ((this.cluster.node(id) as ComposedNode<unknown> | null)?.module('commit') ?? null) as GroupCommit | null;
  }

  raft(id: number): Raft | null {
    return ((this.cluster.node(id) as ComposedNode<unknown> | null)?.module('raft') ?? null) as Raft | null;
  }

  /** A transaction over both groups, or one, asked of a node that believes it leads, if any does. */
  ask(): void {
    const { random } = this;
    this.asked += 1;
    const leaders = ids.filter((id) => this.raft(id)?.role === 'leader');
    const to = leaders.length === 0 ? random.pick(ids) : random.pick(leaders);
    const sites = random.below(4) === 0 ? [random.pick([1, 2])] : [1, 2];
    const parts = sites.map((site) => ({ site, writes: [{ key: `k${random.below(3)}`, value: this.asked }] }));
    this.cluster.ask(to, { id: this.asked, session: 0, op: { f: 'transaction', parts } as unknown as Value, mode: 'write' }, 99);
  }

  event(): void {
    const { random, cluster } = this;
    const kind = random.below(200);
    const id = random.pick(ids);
    if (kind < 2) this.ask();
    else if (kind < 3) this.#crash();
    else if (kind < 7) {
      if (cluster.node(id) === null) cluster.start(id);
    } else if (kind < 14) {
      const next = cluster.nextTimer();
      if (next !== null) cluster.fire(next.id, next.timer);
    } else if (kind < 80) cluster.sync(id);
    else if (cluster.net.length > 0) {
      const parcel = random.pick(cluster.net);
      if (kind < 84) cluster.net.splice(cluster.net.indexOf(parcel), 1);
      else cluster.deliver(parcel, kind < 86);
    }
    this.broken ??= judgeLedgers(ids.map((each) => this.commit(each)))?.message ?? null;
  }

  /** A leader, mostly: with whatever of its journal was not durable. At most one node of a group is down. */
  #crash(): void {
    const { random, cluster } = this;
    const leaders = ids.filter((id) => this.raft(id)?.role === 'leader');
    const id = leaders.length > 0 && random.below(3) > 0 ? random.pick(leaders) : random.pick(ids);
    if (groupOf(id, groups).nodes.some((each) => cluster.node(each) === null)) return;
    if (leaders.includes(id)) {
      this.leaderCrashes += 1;
      const ledger = this.commit(id)?.ledger;
      if (ledger !== undefined && ledger.open.size + ledger.inDoubt.size > 0) this.continued += 1;
    }
    cluster.crash(id, random.below(cluster.pending(id) + 1));
  }

  /** No more faults: time passes in order, everything arrives. */
  heal(): void {
    const { cluster } = this;
    for (const id of ids) if (cluster.node(id) === null) cluster.start(id);
    for (let i = 0; i < 400 && this.broken === null; i++) {
      cluster.settle();
      const next = cluster.nextTimer();
      if (next !== null) cluster.fire(next.id, next.timer);
    }
    cluster.settle();
    this.broken ??= judgeLedgers(ids.map((id) => this.commit(id)))?.message ?? this.#unsettled();
  }

  #unsettled(): string | null {
    for (const id of ids) {
      const { open, inDoubt } = (this.commit(id) as GroupCommit).ledger;
      if (open.size + inDoubt.size > 0) return `node ${id} still has ${open.size} transactions to tell and ${inDoubt.size} in doubt`;
    }
    return null;
  }

  /** All replicas of a group hold the same ledger. */
  divergence(): string | null {
    for (const { nodes, site } of groups) {
      const bytes = nodes.map((id) => {
        const w = new Writer();
        (this.commit(id) as GroupCommit).ledger.encode(w);
        return Buffer.from(w.take()).toString('hex');
      });
      if (bytes.some((each) => each !== bytes[0])) return `the replicas of site ${site} differ`;
    }
    return null;
  }

  run(events: number): string | null {
    for (let i = 0; i < events && this.broken === null; i++) this.event();
    if (this.broken === null) this.heal();
    return this.broken;
  }
}

describe('two-phase commit over two Raft groups', () => {
  test('a transaction over both groups commits, and every replica has it', () => {
    const run = new Run(1, GroupCommit);
    const { cluster } = run;
    run.heal();
    const leader = ids.find((id) => run.raft(id)?.role === 'leader' && groupOf(id, groups).site === 1) as number;
    const parts = [1, 2].map((site) => ({ site, writes: [{ key: 'x', value: site * 10 }] }));
    const op = { f: 'transaction', parts } as unknown as Value;
    const follower = groups[0]?.nodes.find((id) => id !== leader) as number;
    const refusals: Reply[] = [];
    (cluster.watcher as { reply?: unknown }).reply = (_from: number, _to: number, reply: Reply) => void refusals.push(reply);
    cluster.ask(follower, { id: 1, session: 0, op, mode: 'write' }, 99);
    cluster.ask(leader, { id: 2, session: 0, op, mode: 'write' }, 99);
    cluster.settle();
    expect(refusals).toMatchObject([
      { id: 1, outcome: 'fail', code: 'LC_NOT_LEADER', leader },
      { id: 2, outcome: 'ok', value: 'commit' },
    ]);
    run.heal();
    expect(run.broken).toBeNull();
    for (const { site, nodes } of groups) for (const id of nodes) expect(run.commit(id)?.ledger.data.get('x')).toBe(site * 10);
  });

  test('the leader that prepared crashes: the next leader of its group has the transaction and finishes it', () => {
    const run = new Run(3, GroupCommit);
    const { cluster } = run;
    run.heal();
    const leaderOf = (site: number): number => groups[site - 1]?.nodes.find((id) => run.raft(id)?.role === 'leader') as number;
    const [first, second] = [leaderOf(1), leaderOf(2)];
    const parts = [1, 2].map((site) => ({ site, writes: [{ key: 'y', value: site }] }));
    cluster.ask(first, { id: 1, session: 0, op: { f: 'transaction', parts } as unknown as Value, mode: 'write' }, 99);
    while (run.commit(second)?.ledger.inDoubt.size === 0) {
      for (const id of ids) cluster.sync(id);
      if (cluster.net.length > 0) cluster.deliver(cluster.net[0] as (typeof cluster.net)[0]);
    }
    cluster.crash(second, 0);
    cluster.crash(first, 0);
    run.heal();
    expect(run.broken).toBeNull();
    for (const id of ids) expect(run.commit(id)?.ledger.data.get('y')).toBe(groupOf(id, groups).site);
  });

  test('atomic, stable and live after healing, through crashes of leaders with transactions under way', () => {
    let [commits, aborts, crashes, continued] = [0, 0, 0, 0];
    for (let seed = 1; seed <= 60; seed++) {
      const run = new Run(seed, GroupCommit);
      expect(run.run(3000), `seed ${seed}`).toBeNull();
      expect(run.divergence(), `seed ${seed}`).toBeNull();
      commits += [...run.answers.values()].filter(({ value }) => value === 'commit').length;
      aborts += [...run.answers.values()].filter(({ value }) => value === 'abort').length;
      crashes += run.leaderCrashes;
      continued += run.continued;
    }
    console.log(`${commits} commits, ${aborts} aborts; ${crashes} leaders crashed, ${continued} of them with transactions under way`);
    expect(commits).toBeGreaterThan(60);
    expect(continued).toBeGreaterThan(20);
  });
});

class ActsBeforeTheLogHasIt extends GroupCommit {
  override actsEarly(record: CommitRecord): boolean {
    return record.type === 'prepared';
  }
}
class DecidesBeforeTheLogHasIt extends GroupCommit {
  override actsEarly(record: CommitRecord): boolean {
    return record.type === 'decided';
  }
}
class DoesNotCatchUp extends GroupCommit {
  override catchesUp(): boolean {
    return false;
  }
}

describe('mutants are found', () => {
  test.each([
    ['a participant votes before its Raft entry is committed', ActsBeforeTheLogHasIt],
    ['a coordinator tells a decision before its Raft entry is committed', DecidesBeforeTheLogHasIt],
    ['a new leader acts before it has applied what was committed before it', DoesNotCatchUp],
  ])('%s', (_, nodeClass) => {
    let found = '';
    for (let seed = 1; seed <= 150 && found === ''; seed++) {
      const broken = new Run(seed, nodeClass).run(3000);
      if (broken !== null) found = `seed ${seed}: ${broken}`;
    }
    console.log(found);
    expect(found).not.toBe('');
  });
});
