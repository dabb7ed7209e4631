import { expect, test } from 'vitest';
import { campaign, goalsOf } from '../../campaign.ts';
import { simulate } from '../../simulate.ts';
import { drawPlan } from '../../swarm.ts';
import { paxosCommitSubject } from './paxos-commit.ts';
import { paxosCommitSettings } from './paxos-commit-settings.ts';

test('60 seeds under every fault: all or nothing, clients see a linearizable store, and every goal is reached', () => {
  const subject = paxosCommitSubject();
  const result = campaign({ subject, seeds: 60 });
  expect(result.failures.map(({ seed, result: { violation } }) => [seed, violation])).toEqual([]);
  expect(goalsOf(subject).filter(({ name }) => result.coverage.get(name) === 0)).toEqual([]);
});

test('a plan replays to the same hash, also through encoded bytes', () => {
  const plan = drawPlan(paxosCommitSubject(), 10);
  expect(plan.encoded).toBe(true);
  const first = simulate(paxosCommitSubject(), plan);
  expect(simulate(paxosCommitSubject(), { ...plan, faults: first.resolved }).hash).toBe(first.hash);
});

test('settings that it does not have are refused by name', () => {
  expect(() => paxosCommitSettings({ presumption: 'abort' })).toThrow(/paxos-commit has no setting "presumption" \(it has retryMs, /);
});
