/** Who votes, how many of them may lie, and how patient everybody is. */
import { LightconeError, type NodeId } from '../../core/index.ts';

export interface Electorate {
  /** Ascending, without duplicates. */
  readonly voters: readonly NodeId[];
  /** So many voters may lie or be silent: at most a third of them, less one (`voters.length >= 3 * faults + 1`). */
  readonly faults: number;
}

export interface VoteConfig extends Electorate {
  /** How long an asker waits for the answers that are missing once it has enough to go on. */
  readonly patienceUs: number;
  /** Between two reminders. */
  readonly retryUs: number;
  /** How long an asker tries; then the question is undecided. */
  readonly timeoutUs: number;
  /** What an asker gives its question to live, by its own clock: voters answer nothing that has expired. */
  readonly lifetimeUs: number;
  /** By so much the clocks of askers and voters may differ. */
  readonly skewUs: number;
  /** Where a voter's answer comes from. `load`: the host is asked, `{ f: 'ready', question }`; `choose`: drawn, `ready` of `of`. */
  readonly readiness: 'load' | { readonly ready: number; readonly of: number };
  /** Keeps what others were heard to say, to convict those who say two things. */
  readonly convicts: boolean;
  /** Questions that a voter remembers, and so answers. It must not forget one: it could answer otherwise. */
  readonly maxQuestions: number;
  /** Askers whose question, set or vote one node has in hand at the same time. */
  readonly maxPending: number;
}

export const defaultVoteConfig: Omit<VoteConfig, 'voters'> = {
  faults: 0,
  patienceUs: 500_000,
  retryUs: 200_000,
  timeoutUs: 3_000_000,
  lifetimeUs: 60_000_000,
  skewUs: 0,
  readiness: 'load',
  convicts: true,
  maxQuestions: 100_000,
  maxPending: 1000,
};

/**
 * So many matching votes decide: any two sets of that size have a voter in common that does not lie. 2f + 1 where n = 3f + 1;
 * where there are more voters, 2f + 1 of them would not do (Malkhi, Reiter 1998: masking needs (n + f + 1) / 2, rounded up).
 */
export const quorumOf = ({ voters, faults }: Electorate): number => Math.floor((voters.length + faults) / 2) + 1;

/** So many voters answer whatever the others do. */
export const expectedOf = ({ voters, faults }: Electorate): number => voters.length - faults;

/** @throws LC_USAGE naming what cannot be */
export function checkElectorate({ voters, faults }: Electorate): void {
  if (!Number.isInteger(faults) || faults < 0)
    throw new LightconeError('LC_USAGE', `f is a whole number from 0 on, not ${faults}`, { faults });
  if (voters.length < 3 * faults + 1)
    throw new LightconeError('LC_USAGE', `${faults} liars among ${voters.length} voters: at least ${3 * faults + 1} voters are needed`, {
      faults,
      voters: voters.length,
    });
  if (voters.some((voter, i) => i > 0 && voter <= (voters[i - 1] as NodeId)))
    throw new LightconeError('LC_USAGE', `voters must ascend, each named once: ${voters.join(', ')}`, { voters });
}
