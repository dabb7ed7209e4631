/** What campaigns among liars came to, kept in docs/reference/liars.json: which seeds, how many steps, what was found. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../rooms.ts';

/** The sums of a stretch of seeds. */
export interface Sums {
  /** Runs of at least `LEAST_STEPS` steps; shorter ones are not counted in anything. */
  readonly runs: number;
  readonly shorter: number;
  readonly steps: number;
  /** Runs in which an honest server left an epoch that a liar led. */
  readonly epochsChangedUnderLiars: number;
  readonly violations: readonly { readonly seed: number; readonly message: string }[];
}

export interface Stretch extends Sums {
  readonly from: number;
  /** The last one. */
  readonly to: number;
}

export interface LiarRecord extends Stretch {
  readonly protocol: string;
  readonly command: string;
  readonly date: string;
  readonly machine: string;
  /** Of the processes that ran, together. */
  readonly seconds: number;
}

export const recordFile = join(root, 'docs/reference/liars.json');

export function readRecords(file = recordFile): readonly LiarRecord[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly records: readonly LiarRecord[] }).records : [];
}

/** In place of the record of the same protocol. */
export function keepRecord(record: LiarRecord, file = recordFile): void {
  const others = readRecords(file).filter(({ protocol }) => protocol !== record.protocol);
  const records = [...others, record].sort((a, b) => (a.protocol < b.protocol ? -1 : 1));
  writeFileSync(file, `${JSON.stringify({ records }, null, 2)}\n`);
}

export const noSums: Sums = { runs: 0, shorter: 0, steps: 0, epochsChangedUnderLiars: 0, violations: [] };

export function sumOf(a: Sums, b: Sums): Sums {
  return {
    runs: a.runs + b.runs,
    shorter: a.shorter + b.shorter,
    steps: a.steps + b.steps,
    epochsChangedUnderLiars: a.epochsChangedUnderLiars + b.epochsChangedUnderLiars,
    violations: [...a.violations, ...b.violations],
  };
}

/**
 * Stretches come back in any order; what is kept is one stretch without holes from `first` on, so that an interrupted
 * campaign goes on where it was.
 */
export class Unbroken {
  readonly first: number;
  next: number;
  sums: Sums;
  readonly #ahead = new Map<number, Stretch>();

  constructor(first: number, next: number, sums: Sums) {
    this.first = first;
    this.next = next;
    this.sums = sums;
  }

  add(stretch: Stretch): void {
    this.#ahead.set(stretch.from, stretch);
    for (let found = this.#ahead.get(this.next); found !== undefined; found = this.#ahead.get(this.next)) {
      this.#ahead.delete(this.next);
      this.sums = sumOf(this.sums, found);
      this.next = found.to + 1;
    }
  }
}

/** One line for people. */
export function told({ runs, shorter, steps, epochsChangedUnderLiars, violations }: Sums): string {
  const share = runs === 0 ? 0 : (100 * epochsChangedUnderLiars) / runs;
  return `${runs.toLocaleString('en')} runs (${shorter} shorter ones not counted), ${steps.toLocaleString('en')} steps, an epoch changed under a liar in ${share.toFixed(1)} %, ${violations.length} violations`;
}
