import { describe, expect, test } from 'vitest';
import { campaign, goalsOf } from '../../campaign.ts';
import { simulate } from '../../simulate.ts';
import { drawPlan } from '../../swarm.ts';
import { paxosSubject } from './paxos.ts';
import { paxosSettings } from './paxos-settings.ts';

describe('Multi-Paxos in the swarm', () => {
  test('120 seeds under every fault: no violation, and every goal is reached', () => {
    const subject = paxosSubject();
    const result = campaign({ subject, seeds: 120 });
    expect(result.failures.map(({ seed, result: { violation } }) => [seed, violation])).toEqual([]);
    const never = goalsOf(subject).filter(({ name }) => result.coverage.get(name) === 0);
    expect(never.map(({ name }) => name)).toEqual([]);
    expect(result.acknowledged).toBeGreaterThan(result.steps / 50);
    console.log(`paxos: ${result.steps} steps, ${result.acknowledged} acknowledged, ${[...result.coverage].join(' ')}`);
  });

  test('a plan replays to the same hash, also through encoded bytes', () => {
    const plan = drawPlan(paxosSubject(), 10);
    expect(plan.encoded).toBe(true);
    const first = simulate(paxosSubject(), plan);
    expect(simulate(paxosSubject(), { ...plan, faults: first.resolved }).hash).toBe(first.hash);
  });

  test('settings that it does not have are refused by name', () => {
    expect(() => paxosSettings({ preVote: true })).toThrow('Paxos has no setting "preVote"');
    expect(() => paxosSettings({ trim: 3 })).toThrow('the setting trim is a string, not 3');
  });
});
