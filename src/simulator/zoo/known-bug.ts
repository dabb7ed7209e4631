/** What every mutant says of itself: a protocol with one decision taken wrongly. */
export interface KnownBug {
  readonly id: string;
  /** What it does wrong, in one sentence. */
  readonly about: string;
  /** What ought to notice. For readers only: no verdict depends on it. */
  readonly expected: string;
  /** Why no run of a whole group can show it: it only costs time or traffic, or a claim of the paper that no client sees. */
  readonly harmless?: string;
}
