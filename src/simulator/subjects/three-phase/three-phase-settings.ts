/** The settings of a simulated three-phase commit, in milliseconds and plain words. */
import type { Random } from '../../../core/index.ts';
import type { Settings } from '../../subject.ts';
import { settingsOver } from '../commit/setting-names.ts';

export interface ThreePhaseSettings {
  /** Between two reminders. */
  readonly retryMs: number;
  /** Reminders without an answer after which a site has failed. All delays together must be shorter. */
  readonly patience: number;
  readonly snapshotEvery: number;
  /** `choose`: a participant may refuse without a reason. */
  readonly votes: 'free' | 'choose';
  /** Sites that hold a copy of each key, and so take part in writing it; 0: all. */
  readonly copies: number;
  readonly attemptMs: number;
  readonly giveUpMs: number;
  readonly backoffMs: number;
}

export const defaultThreePhaseSettings: ThreePhaseSettings = {
  retryMs: 100,
  patience: 6,
  snapshotEvery: 1000,
  votes: 'free',
  copies: 0,
  attemptMs: 400,
  giveUpMs: 4000,
  backoffMs: 30,
};

/** @throws LC_USAGE naming a setting that three-phase commit does not have or that has another type */
export const threePhaseSettings = (settings: Settings): ThreePhaseSettings => settingsOver('3pc', defaultThreePhaseSettings, settings);

export function drawThreePhaseSettings(random: Random): Settings {
  const votes = random.below(4) === 0 ? 'choose' : 'free';
  const [retryMs, patience] = random.pick([
    [100, 6],
    [60, 10],
    [150, 5],
  ]) as [number, number];
  return {
    retryMs,
    patience,
    snapshotEvery: random.pick([0, 50, 1000]),
    votes,
    copies: votes === 'choose' ? random.pick([1, 2, 2]) : random.pick([0, 0, 2, 3]),
    attemptMs: random.pick([100, 400]),
  };
}
