import { describe, expect, test } from 'vitest';
import { pbftMutantNamed } from '../../zoo/pbft/pbft-mutants.ts';
import { explore, pbftViews } from '../index.ts';

describe('the views of PBFT, four replicas, one of them Byzantine, two views: every state', () => {
  test.each([
    [1, 16_964],
    [2, 26_126],
    [3, 13_102],
  ])('n%i lies: %i states', { timeout: 120_000 }, (liar, states) => {
    const found = explore(pbftViews({ liar, views: 2, claims: false }));
    expect([found.verdict, found.truncated, found.unwitnessed, found.unique]).toEqual(['pass', null, [], states]);
  });

  test.each([
    ['prepare-quorum-short', 1, 'prepares one a view'],
    ['commits-count-twice', 1, 'agreement'],
    ['second-proposal-accepted', 1, 'says once'],
    ['any-primary', 2, 'prepares one a view'],
    ['requests-unchecked', 1, 'executes what clients ask'],
    ['new-view-ignores-prepared', 1, 'agreement'],
    ['null-too-early', 1, 'agreement'],
    ['forgets-prepared', 1, 'agreement'],
    ['votes-unchecked', 1, 'prepares one a view'],
    ['one-claim-believed', 1, 'agreement'],
    ['any-proof', 1, 'prepares one a view'],
    ['accepted-not-persisted', 1, 'says once'],
    ['view-forgotten', 1, 'leaves for good'],
    ['new-view-forgotten', 1, 'says once'],
  ])('%s breaks it where n%i lies: %s', { timeout: 120_000 }, (id, liar, property) => {
    const { violations } = explore(pbftViews({ liar, views: 2, claims: false }, pbftMutantNamed(id)?.pbft), {
      bounds: { states: 150_000 },
    });
    expect(violations[0]?.property).toBe(property);
    expect(violations[0]?.path.length).toBeLessThanOrEqual(16);
  });
});
