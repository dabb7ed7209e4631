/**
 * What follows from a set of answers. A pure function of the set, so that whoever is shown the same set says the same.
 * `majority_ready_or_abort`: go when a quorum is ready; then at least quorum - f honest services said so, which is a
 * majority of the honest ones. `unanimous_ready_or_abort`: go when every voter is ready; one that lies or sleeps aborts.
 * Anything else aborts, once so many have answered as can be counted on.
 */
import { type Electorate, expectedOf, quorumOf } from './config.ts';
import type { Answer, Strategy, Verdict } from './statement.ts';

/** Null: too few answers for anything to follow. Answers are of different voters. */
export function verdictOf(strategy: Strategy, answers: readonly { readonly says: Answer }[], electorate: Electorate): Verdict | null {
  const ready = answers.filter(({ says }) => says === 'ready').length;
  const needed = strategy === 'majority_ready_or_abort' ? quorumOf(electorate) : electorate.voters.length;
  if (ready >= needed) return 'go';
  return answers.length >= expectedOf(electorate) ? 'abort' : null;
}

/** Whether the answers that are still missing could turn an abort into a go. */
export function mayStillGo(strategy: Strategy, answers: readonly { readonly says: Answer }[], electorate: Electorate): boolean {
  const refused = answers.filter(({ says }) => says === 'not-ready').length;
  const needed = strategy === 'majority_ready_or_abort' ? quorumOf(electorate) : electorate.voters.length;
  return electorate.voters.length - refused >= needed;
}
