/** The protocols that are compared: how each is set up, and what its papers say that an operation costs. */
import type { Settings, Subject } from '../../src/simulator/index.ts';
import { commitSubject, defaultCommitSettings, defaultRaftSettings, raftSubject } from '../../src/simulator/index.ts';
import { type Formula, formula } from './formula.ts';

export interface ComparedProtocol {
  readonly name: string;
  /** What it survives of n servers, in words: who fails, and how. */
  readonly survives: string;
  /** How many of n. */
  tolerated(nodes: number): number;
  readonly sizes: readonly number[];
  readonly subject: Subject;
  settings(nodes: number): Settings;
  /** Messages between servers for one write, nothing else under way. */
  readonly messages: Formula;
  /** Message delays from a client's question to its answer, with both of its own. */
  readonly delays: Formula;
  /** Time-outs, in milliseconds, after which a silent leader is given up; null: there is none to wait for. */
  readonly patienceMs: number | null;
}

const minority = (n: number): number => Math.floor((n - 1) / 2);

export const compared: readonly ComparedProtocol[] = [
  {
    name: 'Raft',
    survives: 'crashes of a minority',
    tolerated: minority,
    sizes: [3, 5, 7],
    subject: raftSubject(),
    settings: () => ({ ...defaultRaftSettings, electionTimeoutMs: 1000, heartbeatMs: 200 }) as unknown as Settings,
    messages: formula(
      '4(n-1)',
      'Ongaro 2014, 3.5: entries and answers; etcd tells the commit index at once, which is as many again',
      (n) => 4 * (n - 1),
    ),
    delays: formula('4', 'Ongaro 2014, 10.2: one round trip of the client, one of the leader', () => 4),
    patienceMs: 1000,
  },
  {
    name: 'Two-phase commit',
    survives: 'crashes, but blocks while its coordinator is away',
    tolerated: () => 0,
    sizes: [3, 5, 7],
    subject: commitSubject(),
    settings: (nodes) => ({ ...defaultCommitSettings, copies: nodes }) as unknown as Settings,
    messages: formula('4(n-1)', 'Mohan, Lindsay, Obermarck 1986, table 1: prepare, vote, decision, acknowledgement', (n) => 4 * (n - 1)),
    delays: formula('4', 'Gray, Lamport 2006, 3.2, with the two of the client', () => 4),
    patienceMs: null,
  },
];
