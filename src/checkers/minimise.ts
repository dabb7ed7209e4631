/**
 * A minimal set of operations that contradict each other (DESIGN 4), by deletion. Violation is monotone: weakening
 * more never adds one. So one pass over the operations is enough, in chunks that double while they can go and halve
 * when they cannot (k members of n need about k log n tests).
 */
import type { Meter } from './budget.ts';
import { type Part, weakenedPart } from './part.ts';

export type Decide = (part: Part, meter: Meter) => 'pass' | 'violation' | 'unknown';

export interface Minimised {
  /** The kept operations and the weakened ones that matter to them. */
  readonly part: Part;
  /** Indices of `part`, ascending. */
  readonly members: readonly number[];
  /** False when the budget ended before every member was shown to be necessary. */
  readonly minimal: boolean;
}

/** Steps for one test of the first pass; what takes longer counts as necessary until a later pass, over fewer operations and with ten times as many. */
const TEST_STEPS = 20_000;
const PASSES = 4;

/** Minimises within `kept` (flags), which must itself be a violation; null when that cannot be confirmed. */
export function minimise(whole: Part, kept: Uint8Array, decide: Decide, meter: Meter): Minimised | null {
  let { part, flags } = weaken(whole, kept);
  if (decide(part, meter.rest(TEST_STEPS * 100)) !== 'violation') return null;
  let certain = false;
  let testSteps = TEST_STEPS;
  for (let round = 0; round < PASSES && !certain && meter.exhausted === null; round++) {
    ({ part, flags, certain } = deletionPass(part, flags, decide, meter, testSteps));
    testSteps *= 10;
  }
  return { part, members: members(flags), minimal: certain };
}

function members(flags: Uint8Array): readonly number[] {
  const all: number[] = [];
  for (let i = 0; i < flags.length; i++) if (flags[i] === 1) all.push(i);
  return all;
}

/** The kept operations follow the weakened ones in the new part, in their order. */
function weaken(part: Part, kept: Uint8Array): { part: Part; flags: Uint8Array } {
  const weakened = weakenedPart(part, kept);
  const count = members(kept).length;
  return { part: weakened, flags: new Uint8Array(weakened.count).fill(1, weakened.count - count) };
}

function deletionPass(
  from: Part,
  flagsBefore: Uint8Array,
  decide: Decide,
  meter: Meter,
  testSteps: number,
): { part: Part; flags: Uint8Array; certain: boolean } {
  let part = from;
  let flags = flagsBefore;
  let left = members(flags);
  let chunk = Math.max(1, left.length >>> 1);
  let settled = 0; // how many of `left` are known (or taken) to be necessary
  let certain = true;
  while (settled < left.length) {
    const size = Math.min(chunk, left.length - settled);
    const trial = flags.slice();
    for (const index of left.slice(settled, settled + size)) trial[index] = 0;
    const weakened = weaken(part, trial);
    const test = meter.rest(testSteps);
    const verdict = decide(weakened.part, test);
    if (!meter.spend(test.steps + size)) return { part, flags, certain: false };
    if (verdict === 'violation') {
      ({ part, flags } = weakened);
      left = members(flags);
      chunk = size * 2;
      continue;
    }
    if (size > 1) chunk = size >>> 1;
    else {
      settled++;
      if (verdict === 'unknown') certain = false;
    }
  }
  return { part, flags, certain };
}
