/** Results of the seven tests. Fields are the mission's, camelCase here and snake_case in JSON. */
export type TestVerdict = 'PASS' | 'FAIL' | 'UNKNOWN' | 'SKIP';

export interface TestResult {
  readonly framework: 'A' | 'B';
  readonly test: string;
  /** Why, wherever the verdict is not PASS. */
  readonly reason?: string;
  /** The test's own fields. */
  readonly fields: { readonly [name: string]: unknown };
  readonly verdict: TestVerdict;
}

export interface ValidationReport {
  readonly target: string;
  readonly nodes: readonly string[];
  readonly seed: number;
  /** The command that repeats this run. */
  readonly rerun: string;
  readonly results: readonly TestResult[];
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snake(name), snakeKeys(inner)]));
}

/** The report as JSON: one object a test, its `verdict` last. */
export function validationJson(report: ValidationReport): object {
  const { target, nodes, seed, rerun, results } = report;
  return {
    target,
    nodes,
    seed,
    rerun,
    results: results.map(({ framework, test, reason, fields, verdict }) => ({
      framework,
      test,
      ...(snakeKeys(fields) as object),
      ...(reason === undefined ? {} : { reason }),
      verdict,
    })),
  };
}

/** FAIL before UNKNOWN before PASS; SKIP only when nothing else ran. */
export function worst(verdicts: readonly TestVerdict[]): TestVerdict {
  for (const verdict of ['FAIL', 'UNKNOWN', 'PASS'] as const) if (verdicts.includes(verdict)) return verdict;
  return 'SKIP';
}

/** The process exit code of a report (DESIGN 5): a violation 1, not decided 3, else 0. */
export function validationExit(report: ValidationReport): number {
  const verdict = worst(report.results.map((result) => result.verdict));
  return verdict === 'FAIL' ? 1 : verdict === 'UNKNOWN' ? 3 : 0;
}
