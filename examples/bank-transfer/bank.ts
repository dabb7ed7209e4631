/**
 * A bank over two shards: each shard is a Raft group of three nodes, and a transfer between them is one transaction of two-phase
 * commit, whose log is the shard's Raft log. Everything here is made of public parts of lightcone.
 */
import { type ComposedNode, compose, type Node, type NodeId, type Schema } from 'lightcone/core';
import { type CommitIndication, defaultCommitConfig, GroupCommit, groupCommitProtocolOf, groupOf, LOG } from 'lightcone/protocols/commit';
import { defaultRaftConfig, raftProtocol } from 'lightcone/protocols/raft';
import { Invariants, type Subject, type World } from 'lightcone/simulator';
import { Teller } from './teller.ts';

export const shards = [
  { site: 1, nodes: [1, 2, 3] },
  { site: 2, nodes: [4, 5, 6] },
];
const servers = shards.flatMap(({ nodes }) => nodes);

/** Four accounts in each shard, 100 in each account. */
export const accounts = [1, 2].flatMap((site) => ['a', 'b', 'c', 'd'].map((name) => ({ site, key: `${name}${site}` })));
export const OPENING_BALANCE = 100;
export const TOTAL = accounts.length * OPENING_BALANCE;

type AnyNode = Node<unknown, unknown, unknown>;

const config = {
  commit: { ...defaultCommitConfig, retryUs: 100_000, voteRetries: 10, groups: shards },
  raft: { ...defaultRaftConfig, electionSlots: 8 },
};

/** A node: the commit module on top, its log bound to Raft below. */
const bankOf = (node: typeof GroupCommit) =>
  compose('bank', 'commit', {
    commit: { protocol: groupCommitProtocolOf('group-commit', node), ports: { [LOG]: 'raft' } },
    raft: { protocol: raftProtocol, peers: (id) => groupOf(id, shards).nodes },
  });

const commitOf = (node: unknown): GroupCommit => (node as ComposedNode<unknown>).module('commit') as unknown as GroupCommit;

/** How much of its shard's log a replica has applied. */
const applied = ({ ledger }: GroupCommit): number =>
  2 * ledger.participated.size - ledger.inDoubt.size + 2 * ledger.coordinated.size - ledger.open.size;

/**
 * What all accounts hold together, by the replica of each shard that has applied most. Money of a transfer that is decided,
 * and that one shard has not carried out yet, counts where it is going.
 */
export function totalOf(world: World): number {
  const newest = shards.map(({ nodes }) => {
    const up = nodes.map((id) => world.nodes[id - 1]).filter((node) => node != null);
    return up.map(commitOf).reduce((best, each) => (applied(each) > applied(best) ? each : best)).ledger;
  });
  const balances = newest.map((ledger) => {
    const data = new Map(ledger.data);
    for (const { tx, writes } of ledger.doubted()) {
      const decided = newest[tx.coordinator - 1]?.coordinated.get(`${tx.coordinator}.${tx.number}`)?.state === 'committed';
      if (decided) for (const { key, value } of writes) data.set(key, value);
    }
    return data;
  });
  return accounts
    .map(({ site, key }) => (balances[site - 1]?.get(key) ?? OPENING_BALANCE) as number)
    .reduce((sum, value) => sum + value, 0);
}

/** Who tells what, for the story. */
export type Told = (node: NodeId, kind: string, value: unknown) => void;

class Books extends Invariants {
  readonly #told: Told;
  constructor(told: Told) {
    super();
    this.#told = told;
  }
  override indicated(id: NodeId, indication: unknown): void {
    const { kind, tx, commit, role } = indication as CommitIndication;
    if (kind === 'decided' && role === 'coordinator') this.#told(id, commit ? 'commit' : 'abort', tx);
  }
}

/** The bank as something to simulate. `node`: the commit module, or one with a bug. */
export function bankSubject(told: Told = () => {}, node: typeof GroupCommit = GroupCommit): Subject {
  const bank = bankOf(node);
  return {
    name: 'bank',
    version: 1,
    message: bank.message as Schema<unknown>,
    record: bank.record as Schema<unknown>,
    timers: bank.timers,
    model: null,
    tolerates: () => ['kill', 'restart', 'torn-write', 'partition', 'loss', 'delay', 'duplicate', 'reorder'],
    create: (id) => bank.create(id, servers, config) as unknown as AnyNode,
    client: (id) => new Teller(id, shards, accounts, OPENING_BALANCE) as unknown as AnyNode,
    drawSettings: () => ({}),
    withoutCas: true,
    invariants: () => new Books(told),
    goals: [],
  };
}
