/** What benchmarks share: the shape of a figure, CPU time, medians. */
export interface Figure {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** What the value is held against: `>= 2000000`, `<= 25`, `= 288`. */
  readonly bar?: string;
  readonly note?: string;
}

/** CPU seconds (user and system, all threads of this process) that `work` took. */
export function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1e6;
}

/** Wall-clock milliseconds that `work` took. */
export function wallMs(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** The middle value; the upper one of an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[sorted.length >> 1];
  if (middle === undefined) throw new Error('no median of no values');
  return middle;
}
