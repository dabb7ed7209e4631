import { expect, test } from 'vitest';
import { campaign, goalsOf } from '../../campaign.ts';
import { hunt, huntBudget } from '../hunt.ts';
import { brachaMutants, gameMutantNamed, highestCardMutants, oralMutants } from './broadcast-mutants.ts';
import { brachaQuarry, cardElectionQuarry, generalsQuarry, highestCardQuarry, signedGeneralsQuarry } from './quarry.ts';

const SEEDS = 150;

test.each([
  ['generals', generalsQuarry()],
  ['signed-generals', signedGeneralsQuarry()],
  ['highest-card', highestCardQuarry()],
  ['card-election', cardElectionQuarry()],
  ['bracha', brachaQuarry()],
] as const)(`%s survives ${SEEDS} seeds and reaches all its goals`, { timeout: 300_000 }, (name, { subject }) => {
  const { failures, coverage, steps } = campaign({ subject, seeds: SEEDS });
  console.log(`${name}: ${steps} steps, ${[...coverage].join(' ')}`);
  expect(failures.map(({ seed, result }) => [seed, result.violation?.message])).toEqual([]);
  expect(goalsOf(subject).filter((goal) => coverage.get(goal.name) === 0)).toEqual([]);
});

test.each(['any-path', 'half-is-enough'])('generals: %s is found', { timeout: 120_000 }, (id) => {
  expect(hunt(generalsQuarry({ node: gameMutantNamed(oralMutants, id)?.node as never })).caught).not.toBeNull();
});

test.each(['believes-highest', 'any-witness'])('highest-card: %s is found', { timeout: 120_000 }, (id) => {
  expect(hunt(highestCardQuarry({ node: gameMutantNamed(highestCardMutants, id)?.node as never })).caught).not.toBeNull();
});

test('bracha: anybody-sends is found', { timeout: 120_000 }, () => {
  expect(hunt(brachaQuarry({ node: gameMutantNamed(brachaMutants, 'anybody-sends')?.node as never })).caught).not.toBeNull();
});

test(`bracha: readies-all, called harmless, is not found in ${SEEDS} seeds and the exploration`, { timeout: 300_000 }, () => {
  const node = gameMutantNamed(brachaMutants, 'readies-all')?.node as never;
  const { caught } = hunt(brachaQuarry({ node }), { ...huntBudget, seeds: SEEDS, states: 20_000, walks: 50 });
  expect(caught?.by === 'seeds' ? [caught.failure.seed, caught.failure.result.violation?.message] : caught).toBeNull();
});
