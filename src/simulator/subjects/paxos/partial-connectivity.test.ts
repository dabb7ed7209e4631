/**
 * The partial partitions of Omni-Paxos (Ng, Haridi, Carbone, EuroSys 2023, 2 and 7.2) on the same scenarios for Multi-Paxos and
 * for our Raft without pre-vote and check-quorum: who makes progress while links are cut.
 */
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../../scenario/index.ts';
import type { Observer } from '../../observer.ts';
import type { Plan } from '../../plan.ts';
import { simulate } from '../../simulate.ts';
import type { Subject } from '../../subject.ts';
import { calmLinks } from '../../testing.ts';
import { raftSubject } from '../raft/raft.ts';
import { paxosSubject } from './paxos.ts';

const CUT_MS = 2_000;
const END_MS = 8_000;

interface Figures {
  /** Elections won while links were cut. */
  readonly elections: number;
  /** Operations acknowledged while links were cut. */
  readonly acknowledged: number;
  /** In the second half of the cut. */
  readonly late: number;
  /** Epochs that somebody entered. */
  readonly epochs: number;
}

/** Cuts all links between `from` and `to`, both ways. */
const cut = (a: string, others: readonly string[], atMs = CUT_MS): Fault[] =>
  others.flatMap((b): Fault[] => [
    { fault: 'partition', shape: 'one-way', from: [a], to: [b], atMs, forMs: END_MS - atMs },
    { fault: 'partition', shape: 'one-way', from: [b], to: [a], atMs, forMs: END_MS - atMs },
  ]);

function run(subject: Subject, nodes: number, faults: readonly Fault[], settings: Plan['settings'], seed: number): Figures {
  const plan: Plan = {
    seed,
    nodes,
    clients: 3,
    durationMs: END_MS,
    settings,
    links: calmLinks,
    clientLinks: calmLinks,
    disk: { syncMinUs: 100, syncMaxUs: 800 },
    clockOffsetUs: 0,
    clockDriftPpm: 0,
    workload: {
      keys: 3,
      thinkMinUs: 10_000,
      thinkMaxUs: 20_000,
      readPpm: 200_000,
      casPpm: 0,
      staleReads: false,
      adminPpm: 0,
      operations: 100_000,
      placement: 'roaming',
      keyOrder: 'uniform',
    },
    faults,
    encoded: false,
    liveness: { commits: 5, boundMs: 20_000, freeze: 'nobody' },
  };
  let now = (): number => 0;
  let elections = 0;
  let acknowledged = 0;
  let late = 0;
  const epochs = new Set<number>();
  const cutNow = (): boolean => now() >= CUT_MS * 1000 && now() < END_MS * 1000;
  const observer: Observer = {
    begin(world) {
      now = () => world.now;
    },
    sent() {},
    dropped() {},
    delivered() {},
    believed(_node, kind, value, epoch) {
      if (!cutNow()) return;
      if (kind === 'role' && value === 'leader') elections++;
      if (kind === 'epoch') epochs.add(epoch);
    },
    indicated() {},
    operation(half) {
      if (half.phase !== 'ok' || !cutNow()) return;
      acknowledged++;
      if (now() >= ((CUT_MS + END_MS) / 2) * 1000) late++;
    },
    fault() {},
    note() {},
  };
  const { violation } = simulate(subject, plan, { observer });
  expect(violation).toBeNull();
  return { elections, acknowledged, late, epochs: epochs.size };
}

const paxosSettings = { electionTimeoutMs: 100, heartbeatMs: 20, attemptMs: 150, giveUpMs: 1500 };
const raftSettings = { ...paxosSettings, preVote: false, checkQuorum: false };
const seeds = [1, 2];

/** Sums over the seeds. */
function sums(subject: Subject, nodes: number, faults: readonly Fault[], settings: Plan['settings']): Figures {
  const all = seeds.map((seed) => run(subject, nodes, faults, settings, seed));
  const sum = (of: (figures: Figures) => number): number => all.reduce((total, figures) => total + of(figures), 0);
  return {
    elections: sum(({ elections }) => elections),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    late: Math.min(...all.map(({ late }) => late)),
    epochs: sum(({ epochs }) => epochs),
  };
}

function compare(name: string, nodes: number, faults: readonly Fault[]): { paxos: Figures; raft: Figures } {
  const paxos = sums(paxosSubject(), nodes, faults, paxosSettings);
  const raft = sums(raftSubject(), nodes, faults, raftSettings);
  console.log(`${name}, ${seeds.length} seeds: Multi-Paxos ${JSON.stringify(paxos)}, Raft ${JSON.stringify(raft)}`);
  return { paxos, raft };
}

describe('partly connected groups make progress by ballot leader election', () => {
  test('quorum loss (the bridge): only n1 hears a quorum, and whoever led does not', () => {
    const faults = [...cut('n2', ['n3', 'n4', 'n5']), ...cut('n3', ['n4', 'n5']), ...cut('n4', ['n5'])];
    const { paxos, raft } = compare('quorum loss', 5, faults);
    expect(paxos.late).toBeGreaterThan(150);
    expect(paxos.elections).toBeLessThanOrEqual(2 * seeds.length);
    // Raft gets through here, too, once n1 happens to win: everybody hears n1.
    expect(raft.late).toBeGreaterThan(0);
  });

  test('constrained election: the only one that hears a quorum has missed what was written, and the leader is gone', () => {
    const early = cut('n1', ['n2', 'n3', 'n4', 'n5'], 500).map((fault) => ({ ...fault, forMs: CUT_MS - 500 }) as Fault);
    const faults = [...early, ...cut('n5', ['n1', 'n2', 'n3', 'n4']), ...cut('n2', ['n3', 'n4']), ...cut('n3', ['n4'])];
    const { paxos, raft } = compare('constrained election', 5, faults);
    expect(paxos.late).toBeGreaterThan(150);
    expect(paxos.elections).toBeLessThanOrEqual(2 * seeds.length);
    // Raft's terms rise for ever, and nobody is elected.
    expect([raft.acknowledged, raft.elections]).toEqual([0, 0]);
    expect(raft.epochs).toBeGreaterThan(20 * paxos.epochs);
  });

  test('chained: n1 - n2 - n3 - n4 - n5, so that whoever leads is not heard at an end', () => {
    const faults = [...cut('n1', ['n3', 'n4', 'n5']), ...cut('n2', ['n4', 'n5']), ...cut('n3', ['n5'])];
    const { paxos, raft } = compare('chained', 5, faults);
    expect(paxos.late).toBeGreaterThan(150);
    expect(paxos.elections).toBeLessThanOrEqual(3 * seeds.length);
    // An end that hears no leader raises the term of its neighbour, and so deposes whoever leads, for ever.
    expect(raft.epochs).toBeGreaterThan(10 * paxos.epochs);
    expect(raft.acknowledged).toBeLessThan(paxos.acknowledged / 2);
  });
});
