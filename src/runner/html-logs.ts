/**
 * The nodes' logs in a report. Where they are too long, the lines nearest to what one looks for are kept: the moments
 * at which faults began and ended and at which operations that contradict were under way.
 */
import type { ReportMeta } from './html-payload.ts';

export interface NodeLog {
  readonly node: string;
  readonly lines: readonly LogLine[];
}

export interface LogLine {
  readonly text: string;
  /** Since the trace's start, where it is known. */
  readonly timeNs?: number;
}

const MAX_LINE = 2000;

interface Placed {
  readonly node: number;
  readonly x: number | null;
  readonly text: string;
  readonly distance: number;
}

/** How far `x` is from the nearest of `moments`, which rise. */
function distanceTo(moments: readonly number[], x: number): number {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((moments[middle] as number) < x) low = middle + 1;
    else high = middle;
  }
  const after = low < moments.length ? (moments[low] as number) - x : Number.POSITIVE_INFINITY;
  const before = low > 0 ? x - (moments[low - 1] as number) : Number.POSITIVE_INFINITY;
  return Math.min(after, before);
}

const shortened = (text: string): string => (text.length <= MAX_LINE ? text : `${text.slice(0, MAX_LINE - 3)}...`);

/** @param characters how many the lines may have together */
export function reportLogs(
  logs: readonly NodeLog[],
  moments: readonly number[],
  characters: number,
): Pick<ReportMeta, 'logNodes' | 'logs'> & { readonly leftOut: number } {
  const rising = [...moments].sort((a, b) => a - b);
  const lines: Placed[] = logs.flatMap(({ node: _, lines: own }, node) =>
    own.map(({ text, timeNs }, i) => {
      const x = timeNs === undefined || Number.isNaN(timeNs) ? null : Math.round(timeNs / 1000);
      // Without a time the last lines are worth most; they come after all that have one.
      const distance = x === null ? Number.MAX_SAFE_INTEGER - i : distanceTo(rising, x);
      return { node, x, text: shortened(text), distance };
    }),
  );
  const kept = new Set<Placed>();
  let room = characters;
  for (const line of lines.toSorted((a, b) => a.distance - b.distance)) {
    room -= line.text.length + 12;
    if (room < 0) break;
    kept.add(line);
  }
  const shown = lines.filter((line) => kept.has(line));
  shown.sort((a, b) => (a.x ?? Number.POSITIVE_INFINITY) - (b.x ?? Number.POSITIVE_INFINITY) || a.node - b.node);
  return {
    logNodes: logs.map(({ node }) => node),
    logs: shown.map(({ node, x, text }) => [node, x, text] as const),
    leftOut: lines.length - shown.length,
  };
}
