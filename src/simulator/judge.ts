/** The history of a run before the checkers. */
import type { History } from '../trace/index.ts';

/** What is wrong with a history by the subject's model, in one sentence; null when nothing is (or nothing is to be checked). */
export function judgeHistory(_model: string | null, _staleReads: boolean, _history: History): string | null {
  return null;
}
