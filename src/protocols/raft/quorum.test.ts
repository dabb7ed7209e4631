import { expect, test } from 'vitest';
import { Random } from '../../core/index.ts';
import { jointIndex, jointVote, majorityIndex, majorityVote, NO_LIMIT, quorumIndex } from './quorum.ts';

/** All subsets of `ids`. */
function subsets(ids: readonly number[]): number[][] {
  return ids.reduce<number[][]>((all, id) => all.concat(all.map((set) => [...set, id])), [[]]);
}

function draw(random: Random): { readonly voters: number[]; readonly others: number[]; readonly acked: Map<number, number> } {
  const ids = [1, 2, 3, 4, 5, 6, 7];
  const pick = (): number[] => random.shuffle(ids.slice()).slice(0, random.below(8));
  const acked = new Map<number, number>();
  for (const id of ids) if (random.below(5) > 0) acked.set(id, random.below(6));
  return { voters: pick(), others: pick(), acked };
}

/** The definition: the largest index that every member of some majority has. */
function byDefinition(voters: readonly number[], acked: (id: number) => number): number {
  if (voters.length === 0) return NO_LIMIT;
  const majorities = subsets(voters).filter((set) => set.length * 2 > voters.length);
  return Math.max(...majorities.map((set) => Math.min(...set.map(acked))));
}

test('the committed index is the largest that all of some majority hold (20,000 random groups against the definition)', () => {
  const random = new Random(11);
  for (let i = 0; i < 20_000; i++) {
    const { voters, others, acked } = draw(random);
    const get = (id: number): number => acked.get(id) ?? 0;
    expect(majorityIndex(voters, get)).toBe(byDefinition(voters, get));
    expect(jointIndex(voters, others, get)).toBe(Math.min(byDefinition(voters, get), byDefinition(others, get)));
  }
});

test('a vote is won when every completion wins, lost when every completion loses, else pending (against all completions)', () => {
  const random = new Random(12);
  const wins = (voters: readonly number[], yes: ReadonlySet<number>): boolean =>
    voters.length === 0 || voters.filter((id) => yes.has(id)).length * 2 > voters.length;
  for (let i = 0; i < 5_000; i++) {
    const { voters, others } = draw(random);
    const votes = new Map<number, boolean>();
    for (const id of [1, 2, 3, 4, 5, 6, 7]) if (random.below(3) > 0) votes.set(id, random.below(2) === 0);
    const open = [...new Set([...voters, ...others])].filter((id) => !votes.has(id));
    const given = [...votes].filter(([, vote]) => vote).map(([id]) => id);
    const expected = (halves: readonly (readonly number[])[]): string => {
      const results = subsets(open).map((more) => halves.every((half) => wins(half, new Set([...given, ...more]))));
      return results.every(Boolean) ? 'won' : results.some(Boolean) ? 'pending' : 'lost';
    };
    expect(majorityVote(voters, (id) => votes.get(id))).toBe(expected([voters]));
    expect(jointVote(voters, others, (id) => votes.get(id))).toBe(expected([voters, others]));
  }
});

test('an empty half holds nothing back', () => {
  expect(jointIndex([1, 2, 3], [], (id) => id)).toBe(2);
  expect(jointVote([], [1], () => undefined)).toBe('pending');
  expect(jointVote([], [], () => undefined)).toBe('won');
});

test('the quorum of a prefix ignores what stands behind it in a reused array', () => {
  expect(quorumIndex([3, 9, 5, 100, 100], 3)).toBe(5);
});
