/** The settings of a simulated two-phase commit, in milliseconds and plain words. */
import type { Random } from '../../../core/index.ts';
import type { Settings } from '../../subject.ts';
import { settingsOver } from './setting-names.ts';

export interface CommitSettings {
  /** Between two reminders. */
  readonly retryMs: number;
  /** Reminders to vote before the coordinator aborts. */
  readonly voteRetries: number;
  /** Decided transactions remembered in each role. */
  readonly remember: number;
  readonly snapshotEvery: number;
  /** Participants in doubt ask each other too. */
  readonly cooperative: boolean;
  /** `choose`: a participant may refuse without a reason. */
  readonly votes: 'free' | 'choose';
  /** What is presumed of a transaction that left no trace. */
  readonly presumption: 'nothing' | 'abort' | 'commit';
  /** Sites that hold a copy of each key, and so take part in writing it; 0: all. */
  readonly copies: number;
  /** Sites that take part in each write without a copy of its key. */
  readonly readers: number;
  readonly attemptMs: number;
  readonly giveUpMs: number;
  readonly backoffMs: number;
}

export const defaultCommitSettings: CommitSettings = {
  retryMs: 200,
  voteRetries: 5,
  remember: 1000,
  snapshotEvery: 1000,
  cooperative: true,
  votes: 'free',
  presumption: 'abort',
  copies: 0,
  readers: 0,
  attemptMs: 400,
  giveUpMs: 2000,
  backoffMs: 30,
};

/** @throws LC_USAGE naming a setting that two-phase commit does not have or that has another type */
export const commitSettings = (settings: Settings): CommitSettings => settingsOver('2pc', defaultCommitSettings, settings);

export function drawCommitSettings(random: Random): Settings {
  // Who refuses at random commits only with few participants often enough to show anything.
  const votes = random.below(4) === 0 ? 'choose' : 'free';
  // A coordinator that gives up before a slow disk has answered commits nothing.
  const [retryMs, voteRetries] = random.pick([
    [30, 10],
    [100, 2],
    [200, 0],
    [200, 5],
  ]) as [number, number];
  const remember = random.pick([3, 50, 1000]);
  return {
    retryMs,
    voteRetries,
    remember,
    // A snapshot is as long as the memory: one every few records of a long one only costs time.
    snapshotEvery: random.pick(remember > 50 ? [0, 200, 1000] : [0, 5, 50]),
    cooperative: random.below(3) > 0,
    votes,
    copies: votes === 'choose' ? random.pick([1, 2, 2]) : random.pick([0, 0, 2, 3]),
    attemptMs: random.pick([100, 400]),
    presumption: random.pick(['abort', 'abort', 'commit', 'nothing']),
    // A reader that may refuse, too, is a participant too many.
    readers: votes === 'choose' ? 0 : random.pick([0, 0, 1]),
  };
}
