import { expect, test } from 'vitest';
import { campaign, goalsOf } from '../../campaign.ts';
import { tendermintSubject } from './tendermint.ts';

test('400 seeds of Tendermint under every fault, half of them with liars: safe, live after each heal, and every goal reached', {
  timeout: 900_000,
}, () => {
  const subject = tendermintSubject();
  const { failures, runs, steps, coverage } = campaign({ subject, seeds: 400, firstSeed: 5000 });
  console.log(`tendermint: ${runs} runs, ${steps} steps, ${[...coverage].join(' ')}`);
  expect(failures.map(({ seed, result }) => [seed, result.violation])).toEqual([]);
  expect(goalsOf(subject).filter(({ name }) => coverage.get(name) === 0)).toEqual([]);
});
