import { describe, expect, test } from 'vitest';
import { cardElectionMutants, gameMutantNamed, signedMutants } from '../zoo/broadcast/broadcast-mutants.ts';
import { cardElectionWorld, exploreProtocol, signedGeneralsWorld } from './index.ts';

describe('generals who sign', () => {
  test('three of them, one a traitor: all states, whoever the traitor is', () => {
    const { verdict, violation, parts, properties } = exploreProtocol({ ...signedGeneralsWorld(3), seed: 1 });
    expect([verdict, violation, properties]).toEqual(['pass', null, ['agreement', 'termination', 'validity']]);
    expect(parts.map(({ verdict: of, unique }) => [of, unique])).toEqual([
      ['pass', 1_594],
      ['pass', 1_836],
    ]);
  });

  test.each(signedMutants.map(({ id }) => id))('%s is found', (id) => {
    const { violation } = exploreProtocol({ ...signedGeneralsWorld(3, gameMutantNamed(signedMutants, id)?.node), seed: 1 });
    expect(violation?.property).toBe('agreement');
    expect(violation?.path.length).toBeLessThanOrEqual(8);
  });
});

describe('election by cards', () => {
  test('three players, two rounds: all states of any luck', () => {
    const { verdict, parts } = exploreProtocol({ ...cardElectionWorld(3), seed: 1, walks: 20 });
    expect([verdict, parts.filter(({ role }) => role === 'cover').map(({ unique }) => unique)]).toEqual(['pass', [2_992]]);
  });

  test('who takes ties elects two', () => {
    const node = gameMutantNamed(cardElectionMutants, 'takes-ties')?.node;
    expect(exploreProtocol({ ...cardElectionWorld(3, node), seed: 1, walks: 20 }).violation?.property).toBe('agreement');
  });
});
