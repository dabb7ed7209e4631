/** The settings of a simulated Paxos Commit, in milliseconds and plain words. */
import type { Random } from '../../../core/index.ts';
import type { Settings } from '../../subject.ts';
import { settingsOver } from '../commit/setting-names.ts';

export interface PaxosCommitSettings {
  /** Between two reminders. */
  readonly retryMs: number;
  /** Reminders before an acceptor takes over and finds out, or aborts. */
  readonly voteRetries: number;
  /** 2F + 1, of the first servers; as many as there are at most. */
  readonly acceptors: number;
  /** Acceptors tell every resource manager. */
  readonly faster: boolean;
  readonly remember: number;
  readonly snapshotEvery: number;
  /** `choose`: a resource manager may refuse without a reason. */
  readonly votes: 'free' | 'choose';
  /** Sites that hold a copy of each key, and so take part in writing it; 0: all. */
  readonly copies: number;
  readonly attemptMs: number;
  readonly giveUpMs: number;
  readonly backoffMs: number;
}

export const defaultPaxosCommitSettings: PaxosCommitSettings = {
  retryMs: 100,
  voteRetries: 3,
  acceptors: 5,
  faster: false,
  remember: 1000,
  snapshotEvery: 1000,
  votes: 'free',
  copies: 0,
  attemptMs: 400,
  giveUpMs: 2000,
  backoffMs: 30,
};

/** @throws LC_USAGE naming a setting that Paxos Commit does not have or that has another type */
export const paxosCommitSettings = (settings: Settings): PaxosCommitSettings =>
  settingsOver('paxos-commit', defaultPaxosCommitSettings, settings);

export function drawPaxosCommitSettings(random: Random): Settings {
  const votes = random.below(4) === 0 ? 'choose' : 'free';
  // Whoever takes over before two slow disks have answered commits nothing.
  const [retryMs, voteRetries] = random.pick([
    [30, 10],
    [100, 2],
    [200, 1],
    [100, 5],
  ]) as [number, number];
  const remember = random.pick([50, 1000]);
  return {
    retryMs,
    voteRetries,
    acceptors: random.pick([1, 3, 3, 5, 7]),
    faster: random.below(3) === 0,
    remember,
    snapshotEvery: random.pick(remember > 50 ? [0, 200, 1000] : [0, 20, 50]),
    votes,
    copies: votes === 'choose' ? random.pick([1, 2, 2]) : random.pick([0, 0, 2, 3]),
    attemptMs: random.pick([100, 400]),
  };
}

/** How many of so many servers are acceptors: an odd number. */
export function acceptorsAmong(wanted: number, servers: number): number {
  const count = Math.max(1, Math.min(wanted, servers));
  return count % 2 === 0 ? count - 1 : count;
}
