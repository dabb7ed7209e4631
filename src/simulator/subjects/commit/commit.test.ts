import { describe, expect, test } from 'vitest';
import { campaign, goalsOf } from '../../campaign.ts';
import { shrink } from '../../shrink.ts';
import { simulate } from '../../simulate.ts';
import { drawPlan } from '../../swarm.ts';
import { commitMutantNamed, commitMutants } from '../../zoo/commit/commit-mutants.ts';
import { commitSubject } from './commit.ts';
import { commitSettings } from './commit-settings.ts';

describe('two-phase commit in the swarm', () => {
  test('150 seeds under every fault: all or nothing, clients see a linearizable store, and every goal is reached', () => {
    const subject = commitSubject();
    const result = campaign({ subject, seeds: 150 });
    expect(result.failures.map(({ seed, result: { violation } }) => [seed, violation])).toEqual([]);
    const never = goalsOf(subject).filter(({ name }) => result.coverage.get(name) === 0);
    expect(never).toEqual([]);
    expect(result.acknowledged).toBeGreaterThan(result.steps / 50);
    console.log(`2pc: ${result.steps} steps, ${result.acknowledged} acknowledged, ${[...result.coverage].join(' ')}`);
  });

  test('a plan replays to the same hash, also through encoded bytes', () => {
    const plan = drawPlan(commitSubject(), 10);
    expect(plan.encoded).toBe(true);
    const first = simulate(commitSubject(), plan);
    expect(simulate(commitSubject(), { ...plan, faults: first.resolved }).hash).toBe(first.hash);
  });

  test.each([...commitMutants.map(({ id }) => id)])('%s is found, by its own invariants and by what clients see alone', (id) => {
    const node = commitMutantNamed(id)?.node as NonNullable<ReturnType<typeof commitMutantNamed>>['node'];
    for (const invariants of [true, false]) {
      const subject = commitSubject({ node, invariants });
      // Clients alone see less: they get the whole default budget.
      const [failure] = campaign({ subject, seeds: invariants ? 100 : 2000, mutant: id }).failures;
      expect(failure?.result.violation?.invariant).toMatch(
        invariants
          ? /^(validity|agreement|stability|(vote|decision|ack|beginning)-(durable|kept)|ended-early|abort-validity|linearizability|liveness)$/
          : /^(linearizability|liveness)$/,
      );
      if (failure === undefined || !invariants) continue;
      const small = shrink(subject, failure.replay).replay;
      expect(simulate(subject, small.plan).violation).toEqual(small.violation);
      expect(small.plan.faults.length).toBeLessThanOrEqual(8);
      expect(simulate(commitSubject(), small.plan).violation).toBeNull();
    }
  });
});

describe('blocking', () => {
  const base = { ...drawPlan(commitSubject(), 1), nodes: 3, clients: 3, durationMs: 3000, encoded: false };
  const links = { ...base.links, lossPpm: 0, duplicatePpm: 0 };
  const workload = { ...base.workload, keys: 1, readPpm: 300_000, thinkMinUs: 1000, thinkMaxUs: 20_000 };
  const plan = { ...base, links, clientLinks: links, workload, settings: { cooperative: true }, faults: [] };

  test('while a site that every key needs is out of reach no progress is asked for, with the reason', () => {
    // The core is drawn, and mostly so that progress can be asked for: of many seeds some leave a site out.
    const stalled = Array.from({ length: 30 }, (_, seed) =>
      simulate(commitSubject(), { ...plan, seed, nodes: 7, liveness: { commits: 1e6, boundMs: 100, freeze: 'kill' } }),
    ).map((each) => each.stalled);
    expect(stalled.some((reason) => reason?.includes('a transaction needs all its sites'))).toBe(true);
  });

  test('after the heal of all sites, progress is asked for and made, also where the coordinator died between its phases', () => {
    let inDoubt = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const faults = [{ fault: 'kill', node: 'leader', atMs: 500 + seed, forMs: 1500 } as const];
      const result = simulate(commitSubject(), { ...plan, seed, faults, liveness: { commits: 5, boundMs: 18_000, freeze: 'nobody' } });
      expect([seed, result.violation, result.stalled]).toEqual([seed, null, null]);
      if (result.coverage.has('in-doubt-without-coordinator')) inDoubt++;
    }
    expect(inDoubt).toBeGreaterThan(0);
  });
});

test('settings that it does not have are refused by name', () => {
  expect(() => commitSettings({ electionTimeoutMs: 3 })).toThrow(/2pc has no setting "electionTimeoutMs" \(it has retryMs, /);
  expect(() => commitSettings({ copies: 'all' })).toThrow(/the setting copies is a number, not "all"/);
});
