import { describe, expect, test } from 'vitest';
import { campaign, goalsOf } from '../../campaign.ts';
import { shrink } from '../../shrink.ts';
import { simulate } from '../../simulate.ts';
import { drawPlan } from '../../swarm.ts';
import { voteMutantNamed } from '../../zoo/vote/vote-mutants.ts';
import { voteSubject } from './vote.ts';
import { voteSettings } from './vote-settings.ts';

describe('the vote in the swarm, among liars', { timeout: 300_000 }, () => {
  test('30 seeds: every promise is kept, clients get decisions, and every goal is reached', () => {
    const subject = voteSubject();
    const result = campaign({ subject, seeds: 30 });
    expect(result.failures.map(({ seed, result: { violation } }) => [seed, violation])).toEqual([]);
    expect(goalsOf(subject).filter(({ name }) => result.coverage.get(name) === 0)).toEqual([]);
    expect(result.acknowledged).toBeGreaterThan(result.steps / 300);
    console.log(`vote: ${result.steps} steps, ${result.acknowledged} acknowledged, ${[...result.coverage].join(' ')}`);
  });

  test('a plan replays to the same hash, also through encoded bytes', () => {
    const plan = drawPlan(voteSubject(), 10);
    expect(plan.encoded).toBe(true);
    const first = simulate(voteSubject(), plan);
    expect(simulate(voteSubject(), { ...plan, faults: first.resolved }).hash).toBe(first.hash);
  });

  test('one liar more than it promises to survive, and a promise is broken', () => {
    const { failures } = campaign({ subject: voteSubject(), seeds: 60, nodes: 4, liars: 2 });
    expect(failures[0]?.result.violation?.invariant).toMatch(/^(agreement|liveness)$/);
  });

  test('a mutant that votes anew is shrunk to a short story, which the vote itself survives', () => {
    const subject = voteSubject({ node: voteMutantNamed('votes-anew')?.node as NonNullable<ReturnType<typeof voteMutantNamed>>['node'] });
    const [failure] = campaign({ subject, seeds: 20 }).failures;
    expect(failure?.result.violation?.invariant).toMatch(/^(vote-kept|agreement)$/);
    if (failure === undefined) return;
    const small = shrink(subject, failure.replay).replay;
    expect(simulate(subject, small.plan).violation).toEqual(small.violation);
    expect(small.plan.faults.length).toBeLessThanOrEqual(3);
    expect(simulate(voteSubject(), small.plan).violation).toBeNull();
  });
});

test('settings that it does not have are refused by name', () => {
  expect(() => voteSettings({ electionTimeoutMs: 3 })).toThrow(/vote has no setting "electionTimeoutMs" \(it has timeoutMs, /);
  expect(() => voteSettings({ retryMs: 'soon' })).toThrow(/the setting retryMs is a number, not "soon"/);
});
