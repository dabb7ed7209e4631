/** The real-time order of a few operations: one is before another when its answer came before the other was asked. */
import type { Operations } from './operations.ts';

export interface Placed {
  readonly row: number;
  readonly lane: number;
  /** Columns of the diagram: each begin and each end has one of its own, so that short gaps are as plain as long ones. */
  readonly from: number;
  /** null: no answer came. */
  readonly to: number | null;
}

export interface RealTimeOrder {
  readonly placed: readonly Placed[];
  readonly processes: readonly number[];
  readonly columns: number;
  /** Pairs (before, after) as positions in `placed`; only those that do not follow from others. */
  readonly arrows: readonly (readonly [before: number, after: number])[];
}

export function realTimeOrder(operations: Operations, rows: readonly number[]): RealTimeOrder {
  const sorted = [...rows].sort((a, b) => (operations.invoke[a] as number) - (operations.invoke[b] as number));
  const processes = [...new Set(sorted.map((row) => operations.process[row] as number))].sort((a, b) => a - b);
  const events = sorted.flatMap((row) => [operations.invoke[row] as number, operations.complete[row] as number]);
  const moments = [...new Set(events.filter(Number.isFinite))].sort((a, b) => a - b);
  const column = new Map(moments.map((moment, i) => [moment, i]));
  const placed = sorted.map((row) => ({
    row,
    lane: processes.indexOf(operations.process[row] as number),
    from: column.get(operations.invoke[row] as number) ?? 0,
    to: column.get(operations.complete[row] as number) ?? null,
  }));
  const isBefore = (a: Placed, b: Placed): boolean => a.to !== null && a.to < b.from;
  const arrows: [number, number][] = [];
  placed.forEach((a, i) => {
    placed.forEach((b, j) => {
      if (isBefore(a, b) && !placed.some((c) => isBefore(a, c) && isBefore(c, b))) arrows.push([i, j]);
    });
  });
  return { placed, processes, columns: moments.length, arrows };
}
