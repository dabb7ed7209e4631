/** Times as people write them: `20s`, `500ms`, `2m`. */
import { usageError } from './arguments.ts';

const units: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/** Milliseconds. Throws LC_USAGE; `option` without its dashes. */
export function parseTime(option: string, given: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(given) ?? [];
  const ms = Number(amount) * (units[unit] ?? Number.NaN);
  if (amount === '' || !(ms >= 1) || ms > 7 * 24 * 3_600_000)
    throw usageError(`--${option} takes a time such as 20s, 500ms or 5m, not ${JSON.stringify(given)}`, { given });
  return ms;
}

/** Seconds, then minutes: `45 s`, `3 min 20 s`. */
export function timeLeft(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
