/** Models whose histories are known, read, and not judged: the verdict is unknown, with the reason, never a skip that looks like a pass. */
import type { Checker } from '../checker.ts';

const unjudged = (name: string, reason: string): Checker => ({
  name,
  needs: ['op'],
  needsTime: false,
  check: ({ history }) => ({ verdict: 'unknown', anomalies: [], counterexample: null, reason, stats: { operations: history.count } }),
});

export const kafka: Checker = unjudged(
  'kafka',
  'logs with offsets (send, poll, subscribe, assign) are read, but nothing here judges them: lost and reordered writes and polls were not looked for',
);

export const monotonicRows: Checker = unjudged(
  'monotonic-rows',
  "rows with timestamps, or counters of several keys (Jepsen's monotonic), are read, but nothing here judges them: whether the values grow as the timestamps do was not looked at",
);
