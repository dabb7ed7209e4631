/** How much a check may spend, as people write it: `10s`, `500ms`, `2GB`, `steps=1000000`, several joined by commas. */
import { type Budget, budgetOf } from '../checkers/index.ts';
import { LightconeError } from '../core/index.ts';

export interface BudgetLimits {
  readonly timeMs: number;
  /** Of search tables; the history itself is not counted. */
  readonly bytes: number;
  /** Elementary search steps. */
  readonly steps: number;
}

/** Half a minute and half a gigabyte; time ends a search before its steps do. */
export const defaultLimits: BudgetLimits = { timeMs: 30_000, bytes: 512 * 1024 * 1024, steps: Number.POSITIVE_INFINITY };

const unitsOfTime: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };
const unitsOfSize: { readonly [unit: string]: number } = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};
const FORM = 'a time (10s, 500ms), a size (512MB, 2GB) or steps=N, joined by commas';

/** Throws LC_USAGE. What is not named keeps its default. */
export function parseBudget(text: string): BudgetLimits {
  const limits: { -readonly [K in keyof BudgetLimits]: BudgetLimits[K] } = { ...defaultLimits };
  for (const part of text.split(',')) {
    const [, steps, amount, unit = ''] = /^\s*(?:steps=(\d[\d_]*(?:e\d+)?)|(\d+(?:\.\d+)?)([A-Za-z]+))\s*$/.exec(part) ?? [];
    if (steps !== undefined) limits.steps = Number(steps.replaceAll('_', ''));
    else if (amount !== undefined && Object.hasOwn(unitsOfTime, unit)) limits.timeMs = Number(amount) * (unitsOfTime[unit] as number);
    else if (amount !== undefined && Object.hasOwn(unitsOfSize, unit)) limits.bytes = Number(amount) * (unitsOfSize[unit] as number);
    else throw new LightconeError('LC_USAGE', `--budget takes ${FORM}, not ${JSON.stringify(part.trim())}`, { given: text });
  }
  return limits;
}

/** A budget whose time starts now. `stopped` ends it early. */
export function startBudget(limits: BudgetLimits, nowMs: () => number, stopped: () => boolean = () => false): Budget {
  const endMs = nowMs() + limits.timeMs;
  return budgetOf({ steps: limits.steps, bytes: limits.bytes, expired: () => nowMs() > endMs || stopped() });
}
