import { describe, expect, test } from 'vitest';
import { pbftMutantNamed } from '../zoo/pbft/pbft-mutants.ts';
import { exploreProtocol, pbftWorld } from './index.ts';

describe('exploring PBFT', () => {
  test('four replicas, as far as a small budget goes: nothing is found, and what was cut short is not called a pass', () => {
    const result = exploreProtocol({ ...pbftWorld(4), seed: 1, states: 4_000, walks: 30 });
    expect([result.verdict, result.violation]).toEqual(['unknown', null]);
    expect(result.parts.map(({ strategy }) => strategy)).toContain('random');
  });

  test('one replica alone is seen in full', () => {
    const result = exploreProtocol({ ...pbftWorld(1), seed: 1, states: 20_000, walks: 20 });
    expect(result.violation).toBeNull();
    expect(result.parts.filter(({ role }) => role === 'cover').map(({ verdict }) => verdict)).toEqual(['pass']);
  });

  test('a new view that ignores what was prepared breaks the order, and random walks find it', () => {
    const mutant = pbftMutantNamed('new-view-ignores-prepared')?.pbft;
    // Who has committed something accepts nothing else there: the walk has to keep most from committing first.
    const { violation } = exploreProtocol({ ...pbftWorld(4, mutant), seed: 1, states: 100, walks: 2_500 });
    expect(violation?.property).toBe('state-machine-safety');
  });
});
