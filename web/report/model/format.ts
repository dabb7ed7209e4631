/** Figures for people: times, durations, counts. */

/** A place on the time axis. `digits` is how exact the axis is at its zoom. */
export function showMoment(x: number, timed: boolean, digits = 6): string {
  if (!timed) return `#${Math.round(x)}`;
  const seconds = (x / 1e6).toFixed(digits);
  return `${seconds.includes('.') ? seconds.replace(/0+$/, '').replace(/\.$/, '') : seconds} s`;
}

export function showDuration(ms: number): string {
  if (ms >= 60_000) return `${Number((ms / 60_000).toFixed(1))} min`;
  if (ms >= 1000) return `${Number((ms / 1000).toPrecision(3))} s`;
  if (ms >= 1) return `${Number(ms.toPrecision(3))} ms`;
  return `${Number((ms * 1000).toPrecision(3))} µs`;
}

export const figure = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : 0 });

export const counted = (count: number, one: string, many = `${one}s`): string => `${figure(count)} ${count === 1 ? one : many}`;

/** Round steps (1, 2, 5 times a power of ten) of which at most `most` fit into `span`. */
export function roundStep(span: number, most: number): number {
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  for (const factor of [1, 2, 5]) if (factor * power >= rough) return factor * power;
  return 10 * power;
}

/** The marks of an axis with their texts. */
export function axisMarks(from: number, to: number, most: number, timed: boolean): { x: number; text: string }[] {
  const step = Math.max(roundStep(to - from, most), timed ? 1 : 1);
  const digits = Math.max(0, Math.min(6, 6 - Math.floor(Math.log10(step))));
  const marks: { x: number; text: string }[] = [];
  for (let x = Math.ceil(from / step) * step; x <= to; x += step) {
    marks.push({ x, text: timed ? `${(x / 1e6).toFixed(digits)} s` : `#${Math.round(x)}` });
  }
  return marks;
}
