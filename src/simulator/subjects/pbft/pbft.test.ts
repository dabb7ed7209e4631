import { describe, expect, test } from 'vitest';
import { campaign, goalsOf } from '../../campaign.ts';
import { simulate } from '../../simulate.ts';
import { drawPlan } from '../../swarm.ts';
import { pbftSubject } from './pbft.ts';
import { pbftSettings } from './pbft-settings.ts';

describe('PBFT in the swarm', () => {
  test('24 seeds with every fault and up to f liars: one order, a linearizable store, progress after each heal', {
    timeout: 240_000,
  }, () => {
    const subject = pbftSubject();
    const result = campaign({ subject, seeds: 24 });
    expect(result.failures.map(({ seed, result: { violation } }) => [seed, violation])).toEqual([]);
    const never = goalsOf(subject).filter(({ name }) => result.coverage.get(name) === 0);
    console.log(`pbft: ${result.steps} steps, ${result.acknowledged} acknowledged, ${[...result.coverage].join(' ')}`);
    expect(never.map(({ name }) => name)).toEqual([]);
    expect(result.coverage.get('epoch-changed-under-liar')).toBeGreaterThanOrEqual(4);
  });

  test('a plan replays to the same hash, also through encoded bytes', () => {
    const plan = drawPlan(pbftSubject(), 10);
    expect(plan.encoded).toBe(true);
    const first = simulate(pbftSubject(), plan);
    expect(simulate(pbftSubject(), { ...plan, faults: first.resolved }).hash).toBe(first.hash);
  });

  test('with f + 1 liars it breaks, and that is found', { timeout: 120_000 }, () => {
    const { failures } = campaign({ subject: pbftSubject(), seeds: 60, nodes: 4, liars: 2, faults: ['adversary'] });
    expect(failures.length).toBe(1);
  });
});

test('settings that it does not have are refused by name', () => {
  expect(() => pbftSettings({ electionTimeoutMs: 3 })).toThrow(/PBFT has no setting "electionTimeoutMs" \(it has authentication, /);
  expect(() => pbftSettings({ readOnly: 'yes' })).toThrow(/the setting readOnly is a boolean, not "yes"/);
  expect(() => pbftSettings({ authentication: 'none' })).toThrow(/authentication is channel, mac or signature, not "none"/);
});
