import { describe, expect, test } from 'vitest';
import { ReliableBroadcast } from '../../../protocols/broadcast/index.ts';
import { brachaMutants, gameMutantNamed } from '../../zoo/broadcast/broadcast-mutants.ts';
import { explore, HearsayModel } from '../index.ts';
import { BrachaWords, type BroadcastWorld } from './bracha-words.ts';

const words = (world: BroadcastWorld, id?: string) =>
  explore(
    new HearsayModel(
      new BrachaWords(world, id === undefined ? ReliableBroadcast : (gameMutantNamed(brachaMutants, id)?.node ?? ReliableBroadcast)),
    ),
  );

const liarSends: BroadcastWorld = { nodes: 4, liars: [1], sender: 1 };
const honestSends: BroadcastWorld = { nodes: 4, liars: [4], sender: 1 };

describe('the words of Bracha’s broadcast among liars', () => {
  test.each([
    [86, liarSends],
    [42, honestSends],
    [553, { nodes: 7, liars: [1, 2], sender: 1 }],
    [209, { nodes: 7, liars: [6, 7], sender: 1 }],
  ])('every state is seen, and in all of them it keeps what it promises: %i states of %o', (states, world) => {
    const found = words(world);
    expect([found.verdict, found.unwitnessed, found.unique]).toEqual(['pass', [], states]);
  });

  test('f + 1 liars break it', () => {
    expect(words({ nodes: 4, liars: [1, 2], sender: 1 }).verdict).toBe('violation');
    expect(words({ nodes: 7, liars: [1, 2, 3], sender: 1 }).verdict).toBe('violation');
  });

  test.each([
    ['few-echoes', liarSends, 'totality'],
    ['one-ready-is-enough', liarSends, 'totality'],
    ['one-ready-is-enough', honestSends, 'an honest sender is heard'],
    ['delivers-early', liarSends, 'totality'],
    ['echoes-all', liarSends, 'one-word'],
    ['delivers-again', honestSends, 'integrity'],
    ['anybody-sends', honestSends, 'one-word'],
    ['quorum-of-all', honestSends, 'an honest sender is heard'],
  ])('%s breaks it where %o: %s', (id, world, property) => {
    expect(words(world, id).violations[0]?.property).toBe(property);
  });

  test('who has no ear for a third one, once liars have spoken, is left behind: that is judged, too', () => {
    class HardOfHearing extends ReliableBroadcast {
      override isNew(said: ReadonlyMap<number, number>, from: number): boolean {
        return super.isNew(said, from) && said.size < 3;
      }
    }
    expect(explore(new HearsayModel(new BrachaWords(liarSends, HardOfHearing))).violations[0]?.property).toBe('totality');
  });
});
