import { expect, test } from 'vitest';
import { campaign } from '../campaign.ts';
import { drawLiarPlan } from './liar-plan.ts';
import { drawToy, toyAgreement } from './testing.ts';

const subject = toyAgreement();

test('f liars: 250 seeds of the swarm and 1,500 short runs are safe, and in a tenth of these an epoch changes under a liar', () => {
  const swarm = campaign({ subject, seeds: 250, draw: drawToy, keepGoing: true });
  expect(swarm.failures.map(({ seed, result }) => [seed, result.violation?.message])).toEqual([]);
  const short = campaign({ subject, seeds: 1500, draw: drawLiarPlan, keepGoing: true });
  expect(short.failures.map(({ seed, result }) => [seed, result.violation?.message])).toEqual([]);
  expect(short.coverage.get('epoch-changed-under-liar')).toBeGreaterThan(150);
});

test.each([
  [4, 2],
  [5, 2],
  [7, 3],
])('f + 1 liars are found: %i servers, %i liars', (nodes, liars) => {
  const { failures } = campaign({ subject, seeds: 200, draw: (each, seed) => drawToy(each, seed, { nodes, liars }) });
  expect(failures).toHaveLength(1);
});
