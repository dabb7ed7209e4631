/** The table of Mohan, Lindsay, Obermarck (1986), 3: log records, forced writes and messages of a transaction that commits, by presumption. */
import { describe, expect, test } from 'vitest';
import { type NodeId, Random, type Value } from '../../core/index.ts';
import {
  type CommitConfig,
  type CommitMessage,
  type CommitRecord,
  commitProtocol,
  defaultCommitConfig,
  type LocalCommit,
} from './index.ts';
import { Cluster } from './testing.ts';

const sites = [1, 2, 3, 4];

interface Costs {
  /** Records written, of them forced, messages to each subordinate that writes / that only reads. */
  records: number;
  forced: number;
  messages: number;
}

/** One transaction of n1, which only coordinates. `writers` and `readers` are its subordinates. */
function run(presumption: CommitConfig['presumption'], writers: readonly NodeId[], readers: readonly NodeId[], refuses = 0) {
  const costs = new Map<NodeId, Costs>(sites.map((id) => [id, { records: 0, forced: 0, messages: 0 }]));
  const of = (id: NodeId): Costs => costs.get(id) as Costs;
  const config = { ...defaultCommitConfig, presumption };
  const create = (id: NodeId): LocalCommit => {
    const node = commitProtocol.create(id, sites, config) as LocalCommit;
    const { mustForce, mustPersist, votesYes } = { mustForce: node.mustForce, mustPersist: node.mustPersist, votesYes: node.votesYes };
    node.votesYes = (...args) => id !== refuses && votesYes.apply(node, args);
    node.mustPersist = (record: CommitRecord) => {
      const written = mustPersist.call(node, record);
      if (written && record.type !== 'life') of(id).records += 1;
      return written;
    };
    node.mustForce = (record: CommitRecord) => {
      const forced = mustForce.call(node, record);
      if (forced && record.type !== 'life') of(id).forced += 1;
      return forced;
    };
    return node;
  };
  const cluster = new Cluster(commitProtocol, create, sites, new Random(1));
  for (const id of sites) cluster.start(id);
  cluster.settle();
  const parts = [
    ...writers.map((site) => ({ site, writes: [{ key: 'x', value: 1 }] })),
    ...readers.map((site) => ({ site, writes: [] })),
  ] as unknown as Value;
  cluster.ask(1, { id: 1, session: 0, op: { f: 'transaction', parts }, mode: 'write' }, 9);
  const to = new Map<NodeId, number>();
  for (let left = 200; left > 0; left--) {
    const waiting = sites.find((id) => cluster.pending(id) > 0);
    if (waiting !== undefined) cluster.sync(waiting);
    const parcel = cluster.net[0];
    if (parcel === undefined) continue;
    of(parcel.from).messages += 1;
    to.set(parcel.to, (to.get(parcel.to) ?? 0) + 1);
    cluster.deliver(parcel);
  }
  const row = (id: NodeId): readonly number[] => [of(id).records, of(id).forced, of(id).messages];
  const coordinator = [
    of(1).records,
    of(1).forced,
    readers.length > 0 ? to.get(readers[0] as NodeId) : undefined,
    to.get(writers[0] as NodeId),
  ];
  return { coordinator, row, cluster };
}

describe('records, forced writes, messages to a reader, messages to a writer (coordinator); records, forced, messages (subordinate)', () => {
  test.each([
    // The paper: standard 2P 2,1,-,2 and 2,2,2; PA 2,1,1,2 and 2,2,2; PC 2,2,1,2 and 2,1,1; read-only subordinates 0,0,1.
    ['nothing', [2, 1, undefined, 2], [2, 2, 2]],
    ['abort', [2, 1, undefined, 2], [2, 2, 2]],
    ['commit', [2, 2, undefined, 2], [2, 1, 1]],
  ] as const)('presumed %s, all subordinates write', (presumption, coordinator, subordinate) => {
    const result = run(presumption, [2, 3, 4], []);
    expect(result.coordinator).toEqual(coordinator);
    for (const id of [2, 3, 4]) expect(result.row(id)).toEqual(subordinate);
  });

  test.each([
    ['abort', [2, 1, 1, 2], [2, 2, 2]],
    ['commit', [2, 2, 1, 2], [2, 1, 1]],
  ] as const)('presumed %s, partially read-only', (presumption, coordinator, subordinate) => {
    const result = run(presumption, [2, 3], [4]);
    expect(result.coordinator).toEqual(coordinator);
    expect(result.row(2)).toEqual(subordinate);
    expect(result.row(4)).toEqual([0, 0, 1]);
  });

  test.each([
    ['abort', [0, 0, 1, undefined]],
    ['commit', [2, 1, 1, undefined]],
  ] as const)('presumed %s, all read-only', (presumption, coordinator) => {
    const result = run(presumption, [], [2, 3, 4]);
    expect(result.coordinator).toEqual(coordinator);
    expect(result.row(2)).toEqual([0, 0, 1]);
  });

  test.each([
    // Aborts: with presumed abort the coordinator writes nothing and nobody acknowledges; else every abort is acknowledged.
    ['nothing', [2, 1], 2],
    ['abort', [0, 0], 1],
    ['commit', [3, 1], 2],
  ] as const)('presumed %s, one refuses: the others hear of the abort', (presumption, coordinator, answers) => {
    const result = run(presumption, [2, 3, 4], [], 4);
    expect(result.coordinator.slice(0, 2)).toEqual(coordinator);
    expect(result.row(2)[2]).toBe(answers);
    expect(result.row(4)).toEqual([1, 1, 1]);
  });
});

test('after all has been forgotten, a late question is answered by the presumption', () => {
  const ask = (presumption: CommitConfig['presumption']): CommitMessage | undefined => {
    const { cluster } = run(presumption, [2, 3], []);
    cluster.net.push({ kind: 'message', from: 2, to: 1, payload: { type: 'inquire', tx: { coordinator: 1, number: 1 } } });
    cluster.deliver(cluster.net[0] as (typeof cluster.net)[0]);
    return cluster.net[0]?.payload as CommitMessage;
  };
  expect(ask('abort')).toMatchObject({ type: 'decision', commit: false });
  expect(ask('nothing')).toMatchObject({ type: 'decision', commit: false });
  expect(ask('commit')).toMatchObject({ type: 'decision', commit: true });
});
