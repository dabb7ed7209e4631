import { describe, expect, test } from 'vitest';
import { campaign, goalsOf } from '../../campaign.ts';
import { simulate } from '../../simulate.ts';
import { drawPlan } from '../../swarm.ts';
import { commitSubject } from '../commit/commit.ts';
import { threePhaseSubject } from './three-phase.ts';
import { defaultThreePhaseSettings, threePhaseSettings } from './three-phase-settings.ts';

test('30 seeds under crashes: all or nothing, nobody is held up for ever, and every goal is reached', () => {
  const subject = threePhaseSubject();
  const result = campaign({ subject, seeds: 30 });
  expect(result.failures.map(({ seed, result: { violation } }) => [seed, violation])).toEqual([]);
  expect(goalsOf(subject).filter(({ name }) => name !== 'precommit-by-backup' && result.coverage.get(name) === 0)).toEqual([]);
});

test('a plan replays to the same hash, also through encoded bytes', () => {
  const plan = drawPlan(threePhaseSubject(), 10);
  expect(plan.encoded).toBe(true);
  const first = simulate(threePhaseSubject(), plan);
  expect(simulate(threePhaseSubject(), { ...plan, faults: first.resolved }).hash).toBe(first.hash);
});

describe('under a partition, which it does not promise to survive', () => {
  const calm = { minUs: 3000, maxUs: 4000, tailPpm: 0, tailUs: 0, lossPpm: 0, duplicatePpm: 0, reorderPpm: 0 };
  const disk = { syncMinUs: 50, syncMaxUs: 500 };
  const drawn = drawPlan(threePhaseSubject(), 1);
  const workload = { ...drawn.workload, keys: 1, readPpm: 0, readers: 0, thinkMinUs: 1000, thinkMaxUs: 20_000, planned: undefined };
  /** One cut of one site, some time in phase two of some transaction. */
  const planOf = (seed: number, settings: object) => {
    const faults = [{ fault: 'partition', shape: 'isolate', node: 'n2', atMs: 500 + seed, forMs: 3000 } as const];
    const { planned, ...rest } = workload;
    const base = { ...drawn, seed: 1, nodes: 3, clients: 3, durationMs: 6000, encoded: false, clockOffsetUs: 0, clockDriftPpm: 0, disk };
    return { ...base, links: calm, clientLinks: calm, workload: rest, settings: settings as never, faults, liveness: null };
  };
  const split = /^(committable|agreement)$/;

  test('two halves decide differently: one cut is enough; two-phase commit under the same cuts blocks, and stays atomic', () => {
    let broken = 0;
    let inDoubt = 0;
    for (let seed = 0; seed < 30; seed++) {
      const three = simulate(threePhaseSubject(), planOf(seed, { ...defaultThreePhaseSettings })).violation;
      if (three !== null) {
        expect(three.invariant).toMatch(split);
        broken += 1;
      }
      const two = simulate(commitSubject(), planOf(seed, { retryMs: 100 }));
      expect(two.violation).toBeNull();
      if (two.coverage.has('in-doubt')) inDoubt += 1;
    }
    expect(broken).toBeGreaterThan(0);
    expect(inDoubt).toBeGreaterThan(0);
  });

  test('and clients see it: without invariants of the protocol a history is not linearizable, or two nodes believe differently', () => {
    const subject = threePhaseSubject({ invariants: false });
    const { failures } = campaign({ subject, seeds: 100, nodes: 3, faults: ['partition'], extraFaults: ['partition'] });
    expect(failures.length).toBe(1);
  });
});

test('settings that it does not have are refused by name', () => {
  expect(() => threePhaseSettings({ voteRetries: 1 })).toThrow(/3pc has no setting "voteRetries" \(it has retryMs, /);
});
