import { describe, expect, test } from 'vitest';
import { voteMutantNamed } from '../zoo/vote/vote-mutants.ts';
import { explore, exploreProtocol, VoteSpecification, voteWorld, WorldModel } from './index.ts';

describe('the vote as a specification: any askers, any sets, any liars', () => {
  test.each([
    [4, 'majority_ready_or_abort', 300],
    [5, 'majority_ready_or_abort', 1386],
    [7, 'majority_ready_or_abort', 16_956],
    [4, 'unanimous_ready_or_abort', 186],
    [7, 'unanimous_ready_or_abort', 6406],
  ] as const)(
    '%i voters, %s: in all %i states agreement and validity hold; go, abort and a split are possible',
    (voters, strategy, states) => {
      const { verdict, unique, unwitnessed, truncated } = explore(new VoteSpecification(voters, strategy));
      expect([verdict, unique, unwitnessed, truncated]).toEqual(['pass', states, [], null]);
    },
  );

  test.each([4, 7])('%i voters: with one liar more than f, or one vote less than the quorum, a promise is broken', (voters) => {
    const f = Math.floor((voters - 1) / 3);
    const oneMore = explore(new VoteSpecification(voters, 'majority_ready_or_abort', f + 1));
    expect(oneMore.violations[0]?.property).toBe('agreement');
    const oneLess = explore(new VoteSpecification(voters, 'majority_ready_or_abort', f, 2 * f));
    expect(oneLess.violations[0]?.property).toBe('agreement');
  });

  test('five voters: 2f + 1 votes would not do, which is why four are asked for', () => {
    expect(explore(new VoteSpecification(5, 'majority_ready_or_abort', 1, 3)).violations[0]?.property).toMatch(/agreement|validity/);
  });
});

describe('the real nodes, four voters, one of them a liar', () => {
  test('every run with one asker and one crash agrees', () => {
    const world = voteWorld(4);
    const options = { ...world, network: 'unordered', disk: 'instant', inputs: world.inputs.slice(0, 1) } as const;
    const model = new WorldModel({ ...options, bounds: { timers: 0, crashes: 1, drops: 0, duplicates: 0 } });
    const { verdict, unique } = explore(model);
    expect([verdict, unique]).toEqual(['pass', 64_840]);
  });

  test.each(['quorum-of-f-plus-one', 'quorum-off-by-one', 'first-vote-decides'])('%s decides by too few votes', (id) => {
    const { violation } = exploreProtocol({ ...voteWorld(4, voteMutantNamed(id)?.node), seed: 1, states: 60_000 });
    expect(violation?.property).toBe('certified');
  });

  test('votes-anew: two askers come to decide differently', () => {
    const { violation } = exploreProtocol({
      ...voteWorld(4, voteMutantNamed('votes-anew')?.node),
      seed: 1,
      states: 5000,
      coverage: [],
      walks: 3000,
    });
    expect(violation?.property).toBe('agreement');
  });
});
