/** The settings of the simulated games and of reliable broadcast, in milliseconds and plain words. */
import { LightconeError, type Random, type Value } from '../../../core/index.ts';
import type { Settings } from '../../subject.ts';

export interface GameSettings {
  /** Liars that the players are prepared for; -1: as many as so many players can be. */
  readonly traitors: number;
  /** More than four times what a message takes at most: two clocks may drift apart. */
  readonly roundMs: number;
  /** Cards of an election. */
  readonly deck: number;
  /** Between two reminders of reliable broadcast. */
  readonly resendMs: number;
}

export const defaultGameSettings: GameSettings = { traitors: -1, roundMs: 400, deck: 13, resendMs: 100 };

/** @throws LC_USAGE naming a setting that these games do not have or that is no whole number */
export function gameSettings(settings: Settings): GameSettings {
  const known = defaultGameSettings as unknown as { readonly [name: string]: Value };
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(known, name))
      throw new LightconeError('LC_USAGE', `these games have no setting "${name}" (they have ${Object.keys(known).join(', ')})`, { name });
    if (!Number.isSafeInteger(value))
      throw new LightconeError('LC_USAGE', `the setting ${name} is a whole number, not ${JSON.stringify(value)}`, { name, value });
  }
  return { ...defaultGameSettings, ...settings };
}

export const drawGameSettings = (random: Random): Settings => ({ roundMs: random.pick([400, 600]), deck: random.pick([8, 13, 52]) });

/** Rounds are long and paths many: so many traitors at most, whatever the number of players. */
const MOST_TRAITORS = 2;

/** m of OM(m), or f of Bracha: with more than three times as many players. */
export const oralTraitors = ({ traitors }: GameSettings, players: number): number =>
  traitors >= 0 ? traitors : Math.min(MOST_TRAITORS, Math.floor((players - 1) / 3));

/** m of SM(m): with two more players. */
export const signedTraitors = ({ traitors }: GameSettings, players: number): number =>
  traitors >= 0 ? traitors : Math.min(MOST_TRAITORS, Math.max(0, players - 2));
