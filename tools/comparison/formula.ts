/** What the literature says that an operation costs, beside which the measured cost stands. */

/** A number as a function of the group's size. */
export interface Formula {
  /** In the notation of the source, with n servers. */
  readonly text: string;
  of(n: number): number;
  /** Paper and section. */
  readonly source: string;
}

export function formula(text: string, source: string, of: (n: number) => number): Formula {
  return { text, source, of };
}
