/**
 * How long somebody still waits. An operation may take several exchanges (find the primary, connect, ask); together
 * they get the client's time-out, so that the client says what it knows before its caller gives up on it.
 */
export type Patience = () => number;

/** The same for every exchange. */
export const always =
  (ms: number): Patience =>
  () =>
    ms;

export class Deadline {
  readonly #totalMs: number;
  #endMs = Number.POSITIVE_INFINITY;

  constructor(totalMs: number) {
    this.#totalMs = totalMs;
  }

  begin(): void {
    this.#endMs = performance.now() + this.#totalMs;
  }

  /** At least one millisecond, at most all of it. */
  readonly left: Patience = () => Math.max(1, Math.min(this.#totalMs, this.#endMs - performance.now()));
}
