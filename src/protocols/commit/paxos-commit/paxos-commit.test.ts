import { describe, expect, test } from 'vitest';
import { type NodeId, Random, type Reply, type Value, Writer } from '../../../core/index.ts';
import { commitProtocol, type PaxosCommit, type PaxosCommitConfig, paxosCommitProtocol } from '../index.ts';
import { Cluster } from '../testing.ts';
import { RandomRun } from '../testing-run.ts';
import { defaultPaxosCommitConfig } from './config.ts';

const upTo = (count: number): NodeId[] => Array.from({ length: count }, (_, i) => i + 1);

describe('under crashes, losses, duplicates and any order', () => {
  test.each([
    ['3 acceptors', 3, {}],
    ['3 acceptors, votes by chance', 3, { votes: 'choose' }],
    ['3 acceptors of 5 nodes, faster', 5, { faster: true }],
    ['1 acceptor', 3, { acceptors: 1 }],
    ['5 acceptors, snapshots', 5, { acceptors: 5, snapshotEvery: 5, remember: 5 }],
  ] as const)('no two sites decide differently, none changes its mind; after healing nothing is in doubt (%s)', (_, count, changes) => {
    let [commits, aborts, crashes] = [0, 0, 0];
    const config: PaxosCommitConfig = { ...defaultPaxosCommitConfig, voteRetries: 2, ...changes };
    for (let seed = 1; seed <= 150; seed++) {
      const run = new RandomRun(seed, paxosCommitProtocol, upTo(count), config);
      expect(run.run(400), `seed ${seed}`).toBeNull();
      for (const site of run.sites)
        expect((run.cluster.node(site) as PaxosCommit).ledger.inDoubt.size, `seed ${seed}, site ${site}`).toBe(0);
      commits += run.commits;
      aborts += run.aborts;
      crashes += run.crashes;
    }
    expect(commits).toBeGreaterThan(40);
    expect(aborts).toBeGreaterThan(50);
    expect(crashes).toBeGreaterThan(150);
  });
});

/** One transaction on a quiet cluster, in rounds: messages of a round arrive together, then disks sync together. */
function costs(kind: 'paxos' | '2pc', nodes: number, parts: readonly NodeId[], asked: NodeId, changes: Partial<PaxosCommitConfig>) {
  let [messages, delays, writes, writeDelays] = [0, 0, 0, 0];
  const answers: Reply[] = [];
  const config: PaxosCommitConfig = { ...defaultPaxosCommitConfig, ...changes };
  const protocol = (kind === 'paxos' ? paxosCommitProtocol : commitProtocol) as unknown as typeof paxosCommitProtocol;
  const create = (id: NodeId): PaxosCommit => {
    const node = protocol.create(id, upTo(nodes), config) as PaxosCommit;
    const mustForce = node.mustForce.bind(node);
    node.mustForce = (record) => {
      const forced = mustForce(record);
      if (forced && record.type !== 'life') writes += 1;
      return forced;
    };
    return node;
  };
  const watcher = { reply: (_from: NodeId, _to: NodeId, reply: Reply) => void answers.push(reply) };
  const cluster = new Cluster(protocol, create, upTo(nodes), new Random(1), watcher);
  for (const id of upTo(nodes)) cluster.start(id);
  cluster.settle();
  const op = { f: 'transaction', parts: parts.map((site) => ({ site, writes: [{ key: 'x', value: 1 }] })) } as unknown as Value;
  cluster.ask(asked, { id: 1, session: 0, op, mode: 'write' }, 99);
  for (;;) {
    // Two-phase commit's acknowledgements are not counted in the paper either.
    const round = cluster.net.filter(({ payload }) => (payload as { type: string }).type !== 'ack');
    cluster.net = [];
    messages += round.length;
    if (round.length > 0) delays += 1;
    cluster.net.push(...round);
    for (const parcel of round) cluster.deliver(parcel);
    if (cluster.net.length > 0) continue;
    // Nothing moves: whatever is waited for is a forced write.
    const answered = answers.length;
    for (const id of upTo(nodes)) while (cluster.pending(id) > 0) cluster.sync(id);
    if (cluster.net.length > 0 || answers.length > answered) writeDelays += 1;
    if (cluster.net.length === 0) break;
  }
  return { messages, delays, writeDelays, writes, answer: answers[0]?.value };
}

describe('costs are those of the paper (Gray, Lamport 2006, 4.3 and figure 5)', () => {
  for (const F of [0, 1, 2]) {
    for (const N of [3, 5, 6]) {
      const acceptors = 2 * F + 1;
      // Apart: nodes 1 to 2F+1 are acceptors (one of them leads), the resource managers are others; one of them is asked.
      const managers = upTo(N).map((i) => acceptors + i);
      const apart = { nodes: acceptors + N, asked: managers[0] as NodeId, managers };
      test(`N=${N}, F=${F}: (N+1)(F+3)-4 messages, ${F === 0 ? 4 : 5} delays`, () => {
        const { messages, delays, answer } = costs('paxos', apart.nodes, apart.managers, apart.asked, { acceptors });
        expect([messages, delays, answer]).toEqual([(N + 1) * (F + 3) - 4, F === 0 ? 4 : 5, 'commit']);
      });
      test(`N=${N}, F=${F}, faster: N(2F+3)-1 messages, 4 delays`, () => {
        const { messages, delays } = costs('paxos', apart.nodes, apart.managers, apart.asked, { acceptors, faster: true });
        expect([messages, delays]).toEqual([N * (2 * F + 3) - 1, 4]);
      });
      if (acceptors > N) continue;
      test(`N=${N}, F=${F}, acceptors and leader among the resource managers: N(F+3)-3 messages, N+F+1 forced writes, 2 write delays`, () => {
        const { messages, writes, writeDelays } = costs('paxos', N, upTo(N), 1, { acceptors });
        expect([messages, writes, writeDelays]).toEqual([N * (F + 3) - 3, N + F + 1, 2]);
      });
      test(`N=${N}, F=${F}, the same, faster: (N-1)(2F+3) messages`, () => {
        expect(costs('paxos', N, upTo(N), 1, { acceptors, faster: true }).messages).toBe((N - 1) * (2 * F + 3));
      });
    }
  }

  test.each([3, 5, 6])('with F = 0 it costs what two-phase commit costs: 3N-3 messages, N+1 forced writes (N=%i)', (N) => {
    const two = costs('2pc', N, upTo(N), 1, {});
    expect(two.messages).toBe(3 * N - 3);
    expect(costs('paxos', N, upTo(N), 1, { acceptors: 1 }).messages).toBe(two.messages);
  });
});

describe('non-blocking', () => {
  const decide = (acceptors: number, down: readonly NodeId[]): readonly unknown[] => {
    const nodes = 5;
    const config = { ...defaultPaxosCommitConfig, acceptors, voteRetries: 1 };
    const cluster = new Cluster(
      paxosCommitProtocol,
      (id) => paxosCommitProtocol.create(id, upTo(nodes), config),
      upTo(nodes),
      new Random(3),
    );
    for (const id of upTo(nodes)) cluster.start(id);
    cluster.settle();
    const op = { f: 'transaction', parts: [4, 5].map((site) => ({ site, writes: [{ key: 'x', value: 1 }] })) } as unknown as Value;
    cluster.ask(1, { id: 1, session: 0, op, mode: 'write' }, 99);
    // Both are prepared, their votes are under way; then the leader dies, and with it whoever else shall.
    for (let i = 0; i < 20 && [4, 5].some((id) => (cluster.node(id) as PaxosCommit).ledger.inDoubt.size === 0); i++) {
      for (const parcel of [...cluster.net]) if ((parcel.payload as { type: string }).type === 'prepare') cluster.deliver(parcel);
      for (const id of [4, 5]) cluster.sync(id);
    }
    for (const id of down) cluster.crash(id, 0);
    for (let i = 0; i < 100; i++) {
      cluster.settle();
      const next = cluster.nextTimer();
      if (next !== null) cluster.fire(next.id, next.timer);
    }
    return [4, 5].map((id) => [...(cluster.node(id) as PaxosCommit).ledger.participated.values()].map(({ state }) => state)[0]);
  };

  test('F of 2F+1 acceptors fail, the leader among them: the others decide; 2PC (F = 0) blocks', () => {
    expect(decide(3, [1])).toEqual(['committed', 'committed']);
    expect(decide(5, [1, 2])).toEqual(['committed', 'committed']);
    expect(decide(1, [1])).toEqual(['prepared', 'prepared']);
  });

  test('with F + 1 failed it blocks, and stays atomic', () => {
    expect(decide(3, [1, 2])).toEqual(['prepared', 'prepared']);
  });
});

test('a clone goes its own way and has equal bytes until then', () => {
  const bytes = (each: PaxosCommit): string => {
    const w = new Writer();
    each.encode(w);
    return w.take().toString();
  };
  for (let seed = 1; seed <= 20; seed++) {
    const run = new RandomRun(seed, paxosCommitProtocol, upTo(3), { ...defaultPaxosCommitConfig, voteRetries: 0 });
    for (let i = 0; i < 150; i++) run.event();
    for (const site of run.sites) {
      const original = run.cluster.node(site) as PaxosCommit | null;
      if (original === null) continue;
      const copy = original.clone();
      const before = bytes(original);
      expect(bytes(copy)).toBe(before);
      copy.ledger.apply({ type: 'session', id: 1 });
      copy.book.apply({ type: 'promised', tx: { coordinator: 1, number: 1 }, sites: [1], ballot: 9 });
      expect(bytes(original)).toBe(before);
      expect(bytes(copy)).not.toBe(before);
    }
  }
});
