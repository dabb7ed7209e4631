import { expect, test } from 'vitest';
import { gameMutantNamed, highestCardMutants } from '../zoo/broadcast/broadcast-mutants.ts';
import { exploreProtocol, highestCardWorld, signedGeneralsWorld } from './index.ts';

const covered = (options: Parameters<typeof exploreProtocol>[0]) => {
  const { verdict, violation, parts } = exploreProtocol(options);
  return [verdict, violation, parts.filter(({ role }) => role === 'cover').map(({ unique }) => unique)];
};

test('four generals who sign, one a traitor: all states', { timeout: 600_000 }, () => {
  expect(covered({ ...signedGeneralsWorld(4), seed: 1 })).toEqual(['pass', null, [4_029_980, 2_237_712]]);
});

test('the highest card among three players, one a liar: all states', { timeout: 600_000 }, () => {
  expect(covered({ ...highestCardWorld(3), seed: 1, walks: 20 })).toEqual(['pass', null, [2_161_025]]);
});

test.each(['believes-holder', 'believes-highest', 'any-witness'])('highest card: %s is found', { timeout: 600_000 }, (id) => {
  const node = gameMutantNamed(highestCardMutants, id)?.node;
  expect(exploreProtocol({ ...highestCardWorld(3, node), seed: 1, walks: 20 }).violation?.property).toBe('agreement');
});
