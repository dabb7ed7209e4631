/** The protocols that are compared: how each is set up, and what its papers say that an operation costs. */
import {
  brachaSubject,
  commitSubject,
  defaultCommitSettings,
  defaultGameSettings,
  defaultPaxosCommitSettings,
  defaultPaxosSettings,
  defaultPbftSettings,
  defaultRaftSettings,
  defaultTendermintSettings,
  defaultThreePhaseSettings,
  generalsSubject,
  paxosCommitSubject,
  paxosSubject,
  pbftSubject,
  raftSubject,
  type Settings,
  type Subject,
  signedGeneralsSubject,
  tendermintSubject,
  threePhaseSubject,
} from '../../src/simulator/index.ts';
import { type Formula, formula } from './formula.ts';

/** The time-out of every protocol that has a leader to give up, in milliseconds. */
export const TIMEOUT_MS = 1000;
/** No client gives up before a new leader is there. */
const GIVE_UP_MS = 20_000;

export interface ComparedProtocol {
  readonly name: string;
  /** Who may fail, and how, in words. */
  readonly survives: string;
  /** How many of n servers. */
  tolerated(nodes: number): number;
  readonly sizes: readonly number[];
  readonly subject: Subject;
  settings(nodes: number): Settings;
  /** Messages between servers for one operation, nothing else under way. */
  readonly messages: Formula;
  /** Message delays from a client's question to its answer, with both of its own; null: it waits for rounds of time instead. */
  readonly delays: Formula | null;
  /** Is there a leader whose death is survived? Then it is measured. */
  readonly takeOver: boolean;
}

const minority = (n: number): number => Math.floor((n - 1) / 2);
const third = (n: number): number => Math.floor((n - 1) / 3);
const settled = (settings: object): Settings => settings as Settings;

const ordered: readonly ComparedProtocol[] = [
  {
    name: 'Raft',
    survives: 'crashes of a minority',
    tolerated: minority,
    sizes: [3, 5, 7],
    subject: raftSubject(),
    settings: () => settled({ ...defaultRaftSettings, electionTimeoutMs: TIMEOUT_MS, heartbeatMs: 200, giveUpMs: GIVE_UP_MS }),
    messages: formula(
      '4(n-1)',
      'Ongaro 2014, 3.5: entries and answers; as in etcd the commit index is told at once, as many again',
      (n) => 4 * (n - 1),
    ),
    delays: formula('4', 'Ongaro 2014, 10.2: a round trip of the client and one of the leader', () => 4),
    takeOver: true,
  },
  {
    name: 'Multi-Paxos',
    survives: 'crashes of a minority',
    tolerated: minority,
    sizes: [3, 5, 7],
    subject: paxosSubject(),
    settings: () => settled({ ...defaultPaxosSettings, electionTimeoutMs: TIMEOUT_MS, heartbeatMs: 200, giveUpMs: GIVE_UP_MS }),
    messages: formula('4(n-1)', 'Lamport 2001, 3: phase 2 alone, then what was chosen is told in the same way', (n) => 4 * (n - 1)),
    delays: formula('4', 'Lamport 2001, 3: a round trip of the client and phase 2', () => 4),
    takeOver: true,
  },
  {
    name: 'PBFT',
    survives: 'lies of fewer than a third',
    tolerated: third,
    sizes: [4, 5, 7, 10],
    subject: pbftSubject(),
    settings: () => settled({ ...defaultPbftSettings, viewTimeoutMs: TIMEOUT_MS, attemptMs: TIMEOUT_MS / 2, giveUpMs: GIVE_UP_MS }),
    messages: formula(
      '2n(n-1)',
      'Castro, Liskov 1999, figure 1: n-1 pre-prepares, (n-1)² prepares, n(n-1) commits',
      (n) => 2 * n * (n - 1),
    ),
    delays: formula('5', 'Castro, Liskov 1999, figure 1: request, pre-prepare, prepare, commit, reply', () => 5),
    takeOver: true,
  },
  {
    name: 'Tendermint',
    survives: 'lies of fewer than a third of the power',
    tolerated: third,
    sizes: [4, 5, 7, 10],
    subject: tendermintSubject(),
    settings: () =>
      settled({
        ...defaultTendermintSettings,
        timeoutMs: TIMEOUT_MS,
        deltaMs: 200,
        gossipMs: 500,
        attemptMs: 2 * TIMEOUT_MS,
        giveUpMs: GIVE_UP_MS,
      }),
    messages: formula(
      '(n-1)(2n+1)',
      'Buchman et al. 2018, algorithm 1: a proposal, prevotes and precommits of all to all',
      (n) => (n - 1) * (2 * n + 1),
    ),
    delays: formula('5', 'Buchman et al. 2018: transaction, proposal, prevote, precommit, answer', () => 5),
    takeOver: true,
  },
];

const atomic: readonly ComparedProtocol[] = [
  {
    name: 'Two-phase commit',
    survives: 'crashes, but blocks while its coordinator is away',
    tolerated: () => 0,
    sizes: [3, 5, 7],
    subject: commitSubject(),
    settings: (nodes) => settled({ ...defaultCommitSettings, copies: nodes }),
    messages: formula('4(n-1)', 'Mohan, Lindsay, Obermarck 1986, table 1: prepare, vote, decision, acknowledgement', (n) => 4 * (n - 1)),
    delays: formula('4', 'Gray, Lamport 2006, 3.2, and the two of the client', () => 4),
    takeOver: false,
  },
  {
    name: 'Three-phase commit',
    survives: 'crashes, as long as no link is cut and time-outs are right',
    tolerated: () => 0,
    sizes: [3, 5, 7],
    subject: threePhaseSubject(),
    settings: (nodes) => settled({ ...defaultThreePhaseSettings, copies: nodes }),
    messages: formula('5(n-1)', 'Skeen 1981: a phase more; the last acknowledgement is not needed', (n) => 5 * (n - 1)),
    delays: formula('6', 'Skeen 1981, and the two of the client', () => 6),
    takeOver: false,
  },
  {
    name: 'Paxos Commit (n acceptors)',
    survives: 'crashes of a minority of the acceptors, without blocking',
    tolerated: () => 0,
    sizes: [3, 5, 7],
    subject: paxosCommitSubject(),
    settings: (nodes) => settled({ ...defaultPaxosCommitSettings, copies: nodes, acceptors: nodes }),
    messages: formula(
      'n(F+3)-3, F=(n-1)/2',
      'Gray, Lamport 2006, 6: acceptors where the resource managers are',
      (n) => n * ((n - 1) / 2 + 3) - 3,
    ),
    delays: formula('5', 'Gray, Lamport 2006, 6, and the two of the client', () => 5),
    takeOver: false,
  },
];

/** No repetition within an operation. */
const patient = { ...defaultGameSettings, resendMs: 60_000 };

/** n (n-1) ... (n-m) / n: what OM(m) sends from one commander down (Lamport, Shostak, Pease 1982, 3). */
const oral = (n: number, m: number): number => {
  let [sum, paths] = [0, 1];
  for (let level = 1; level <= m + 1; level++) {
    paths *= n - level;
    sum += paths;
  }
  return sum;
};

const agreement: readonly ComparedProtocol[] = [
  {
    name: 'Reliable broadcast (Bracha)',
    survives: 'lies of fewer than a third',
    tolerated: third,
    sizes: [4, 7, 10],
    subject: brachaSubject(),
    settings: () => settled(patient),
    messages: formula('(n-1)(2n+1)', 'Bracha 1987, 3: init to all, echo and ready of all to all', (n) => (n - 1) * (2 * n + 1)),
    delays: null,
    takeOver: false,
  },
  {
    name: 'Oral messages, OM(1)',
    survives: 'one traitor of four or more',
    tolerated: () => 1,
    sizes: [4, 5, 7],
    subject: generalsSubject(),
    settings: () => settled({ ...patient, traitors: 1 }),
    messages: formula('(n-1)²', 'Lamport, Shostak, Pease 1982, 3: (n-1) + (n-1)(n-2), in two rounds', (n) => oral(n, 1)),
    delays: null,
    takeOver: false,
  },
  {
    name: 'Oral messages, OM(2)',
    survives: 'two traitors of seven or more',
    tolerated: () => 2,
    sizes: [7],
    subject: generalsSubject(),
    settings: () => settled({ ...patient, traitors: 2 }),
    messages: formula('(n-1) + (n-1)(n-2) + (n-1)(n-2)(n-3)', 'the same, in three rounds', (n) => oral(n, 2)),
    delays: null,
    takeOver: false,
  },
  {
    name: 'Signed messages, SM(1)',
    survives: 'one traitor, however few the others',
    tolerated: () => 1,
    sizes: [3, 4, 7],
    subject: signedGeneralsSubject(),
    settings: () => settled({ ...patient, traitors: 1 }),
    messages: formula(
      '(n-1)²',
      'Lamport, Shostak, Pease 1982, 4: each order once to everybody who has not signed it',
      (n) => n - 1 + (n - 1) * (n - 2),
    ),
    delays: null,
    takeOver: false,
  },
];

export const compared: readonly ComparedProtocol[] = [...ordered, ...atomic, ...agreement];
