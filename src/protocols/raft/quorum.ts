/**
 * Quorums as pure functions: what a majority, or two majorities at once (joint consensus, thesis 4.3), has agreed on.
 * An empty half agrees with everything, so that a configuration that is not joint is simply one with an empty half.
 */
import type { NodeId } from '../../core/index.ts';

export type VoteResult = 'pending' | 'lost' | 'won';

/** What an empty set of voters has committed: it never holds back the other half. */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** The highest index that a majority of `voters` has acknowledged; a voter that `acked` does not know counts as 0. */
export function majorityIndex(voters: readonly NodeId[], acked: (id: NodeId) => number): number {
  const indexes: number[] = [];
  for (const id of voters) indexes.push(acked(id));
  return quorumIndex(indexes, indexes.length);
}

/**
 * The quorum's value among the first `count` of `values`, which this function sorts in place: the largest that at
 * least floor(count / 2) + 1 of them reach. Allocates nothing: it runs for every acknowledgement.
 */
export function quorumIndex(values: number[], count: number): number {
  if (count === 0) return NO_LIMIT;
  for (let i = 1; i < count; i++) {
    const value = values[i] as number;
    let j = i - 1;
    for (; j >= 0 && (values[j] as number) > value; j--) values[j + 1] = values[j] as number;
    values[j + 1] = value;
  }
  return values[count - (Math.floor(count / 2) + 1)] as number;
}

/** What both halves have committed (thesis 4.3: agreement requires separate majorities). */
export function jointIndex(incoming: readonly NodeId[], outgoing: readonly NodeId[], acked: (id: NodeId) => number): number {
  return Math.min(majorityIndex(incoming, acked), majorityIndex(outgoing, acked));
}

/** `votes` gives true or false for a voter that answered, undefined for one that has not. */
export function majorityVote(voters: readonly NodeId[], votes: (id: NodeId) => boolean | undefined): VoteResult {
  if (voters.length === 0) return 'won';
  let yes = 0;
  let missing = 0;
  for (const id of voters) {
    const vote = votes(id);
    if (vote === undefined) missing++;
    else if (vote) yes++;
  }
  const needed = Math.floor(voters.length / 2) + 1;
  if (yes >= needed) return 'won';
  return yes + missing >= needed ? 'pending' : 'lost';
}

export function jointVote(
  incoming: readonly NodeId[],
  outgoing: readonly NodeId[],
  votes: (id: NodeId) => boolean | undefined,
): VoteResult {
  const first = majorityVote(incoming, votes);
  const second = majorityVote(outgoing, votes);
  if (first === second) return first;
  return first === 'lost' || second === 'lost' ? 'lost' : 'pending';
}
