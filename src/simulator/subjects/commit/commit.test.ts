import { describe, expect, test } from 'vitest';
import type { Value } from '../../../core/index.ts';
import { DoubtWatch, tellDoubt } from '../../../protocols/commit/index.ts';
import { campaign, goalsOf } from '../../campaign.ts';
import { shrink } from '../../shrink.ts';
import { simulate } from '../../simulate.ts';
import { drawPlan } from '../../swarm.ts';
import { commitMutantNamed } from '../../zoo/commit/commit-mutants.ts';
import { type CommitClass, commitSubject } from './commit.ts';
import { commitSettings } from './commit-settings.ts';

describe('two-phase commit in the swarm', () => {
  test('60 seeds under every fault: all or nothing, clients see a linearizable store, and every goal is reached', () => {
    const subject = commitSubject();
    const result = campaign({ subject, seeds: 60 });
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

  // By all means together they are hunted in zoo/commit/hunt.test.ts.
  test.each(['commit-on-missing-vote', 'abort-when-in-doubt', 'reads-through-locks'])(
    '%s is seen by clients alone, and made small',
    (id) => {
      const subject = commitSubject({ node: commitMutantNamed(id)?.node as CommitClass, invariants: false });
      const [failure] = campaign({ subject, seeds: 2000, mutant: id }).failures;
      expect(failure?.result.violation?.invariant).toBe('linearizability');
      if (failure === undefined) return;
      const small = shrink(subject, failure.replay).replay;
      expect(simulate(subject, small.plan).violation).toEqual(small.violation);
      expect(small.plan.faults.length).toBeLessThanOrEqual(8);
      expect(simulate(commitSubject(), small.plan).violation).toBeNull();
    },
  );
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

describe('blocking, told', () => {
  const base = {
    ...drawPlan(commitSubject(), 1),
    nodes: 3,
    clients: 2,
    durationMs: 4000,
    encoded: false,
    clockDriftPpm: 0,
    clockOffsetUs: 0,
  };
  const links = { minUs: 500, maxUs: 1000, tailPpm: 0, tailUs: 0, lossPpm: 0, duplicatePpm: 0, reorderPpm: 0 };
  const workload = { ...base.workload, keys: 1, readPpm: 300_000, readers: 0, staleReads: false, thinkMinUs: 1000, thinkMaxUs: 5000 };
  const DOWN_MS = 2000;

  test('who is in doubt, about whose transaction, and for how long: until the coordinator is back', () => {
    const lasted: number[] = [];
    const lines: string[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      const doubts = new DoubtWatch();
      let clock = { now: 0 };
      const faults = [{ fault: 'kill', node: 'leader', atMs: 600 + seed, forMs: DOWN_MS } as const];
      const observer = {
        begin: (world: { now: number }) => {
          clock = world;
        },
        believed: (node: number, kind: string, value: Value) => {
          if (kind === 'x-in-doubt') doubts.believed(node, value, clock.now);
        },
        sent() {},
        dropped() {},
        delivered() {},
        indicated() {},
        fault() {},
        note() {},
      };
      const plan = { ...base, links, clientLinks: links, workload, settings: { retryMs: 100 }, faults, seed, liveness: null };
      expect(simulate(commitSubject(), plan, { observer }).violation).toBeNull();
      for (const doubt of doubts.doubts()) {
        // Who waits for a coordinator that is alive is told once that has given up on the dead one's vote.
        if (doubt.untilUs === null || doubt.untilUs - doubt.sinceUs < 1_000_000) continue;
        lasted.push(doubt.untilUs - doubt.sinceUs);
        lines.push(tellDoubt(doubt));
        expect(doubt.node).not.toBe(Number(doubt.tx.split('.')[0]));
      }
    }
    console.log(lines.slice(0, 4).join('\n'));
    expect(lines[0]).toMatch(/^n\d was in doubt about transaction \d+\.\d+, coordinated by site \d, from [\d.]+ ms on, for [\d.]+ ms$/);
    // Nothing shortens it but the coordinator's return: they ask each other every 100 ms, and nobody knows.
    for (const us of lasted) expect(us).toBeGreaterThan((DOWN_MS - 250) * 1000);
    for (const us of lasted) expect(us).toBeLessThan((DOWN_MS + 250) * 1000);
  });
});

test('settings that it does not have are refused by name', () => {
  expect(() => commitSettings({ electionTimeoutMs: 3 })).toThrow(/2pc has no setting "electionTimeoutMs" \(it has retryMs, /);
  expect(() => commitSettings({ copies: 'all' })).toThrow(/the setting copies is a number, not "all"/);
});
