import { describe, expect, test } from 'vitest';
import { pbftMutantNamed } from '../../zoo/pbft/pbft-mutants.ts';
import { explore, exploreProtocol, pbftViews, pbftWorld } from '../index.ts';

describe('PBFT, four replicas', () => {
  test.each([
    [1, 283_229],
    [2, 210_821],
    [3, 132_569],
  ])('two views, n%i lies, who has executed tells others: all %i states', { timeout: 600_000 }, (liar, states) => {
    const found = explore(pbftViews({ liar, views: 2, claims: true }));
    expect([found.verdict, found.truncated, found.unwitnessed, found.unique]).toEqual(['pass', null, [], states]);
  });

  test('nobody lies, one request to the primary, no time-outs: all states of the nodes and their network', { timeout: 600_000 }, () => {
    const { parts, violation, verdict } = exploreProtocol({ ...pbftWorld(4), seed: 1, walks: 50 });
    const covered = parts.filter(({ role }) => role === 'cover').map(({ verdict: of, unique }) => [of, unique]);
    expect([verdict, violation]).toEqual(['pass', null]);
    expect(covered).toEqual([
      ['pass', 38_190],
      ['pass', 37_500],
      ['pass', 13_566],
      ['pass', 3_594_626],
    ]);
  });

  test.each([
    ['commit-quorum-weak', 1, 'agreement'],
    ['prepares-count-twice', 2, 'prepares one a view'],
    ['digest-unchecked', 1, 'agreement'],
    ['new-view-unchecked', 2, 'agreement'],
    ['new-view-unsigned', 2, 'agreement'],
    ['view-change-unsigned', 1, 'agreement'],
    ['new-view-takes-oldest', 1, 'agreement'],
    ['new-view-unsupported', 1, 'agreement'],
    ['new-view-quorum-weak', 1, 'agreement'],
    ['accepted-forgotten', 1, 'says once'],
    ['view-change-not-persisted', 1, 'leaves for good'],
  ])('%s breaks its views where n%i lies: %s', { timeout: 120_000 }, (id, liar, property) => {
    const { violations } = explore(pbftViews({ liar, views: 2, claims: false }, pbftMutantNamed(id)?.pbft), {
      bounds: { states: 150_000 },
    });
    expect(violations[0]?.property).toBe(property);
    expect(violations[0]?.path.length).toBeLessThanOrEqual(16);
  });
});
