import { describe, expect, test } from 'vitest';
import { BenOr, type Bit, CoinlessBenOr } from '../../protocols/benor/index.ts';
import type { Fault } from '../../scenario/index.ts';
import { simulate } from '../simulate.ts';
import { raftSubject } from '../subjects/raft/raft.ts';
import { drawPlan } from '../swarm.ts';
import { AsynchronousRun, type Process } from './asynchronous-run.ts';
import { isBivalent, keepUndecided } from './bivalent-scheduler.ts';

function group(make: typeof BenOr, inputs: readonly Bit[], seed = 1): AsynchronousRun {
  const peers = inputs.map((_, i) => i + 1);
  const processes = inputs.map((input, i) => [i + 1, new make(i + 1, peers, { input, stopped: 1 }) as unknown as Process] as const);
  return AsynchronousRun.start(processes, seed);
}

describe('no deterministic protocol decides for sure in an asynchronous system (Fischer, Lynch, Paterson 1985)', () => {
  test('lemma 2: there is a start from which both decisions can come, and others from which only one can', () => {
    expect(isBivalent(group(CoinlessBenOr, [0, 1, 1]))).toBe(true);
    for (const bit of [0, 1] as const) expect(isBivalent(group(CoinlessBenOr, [bit, bit, bit]))).toBe(false);
  });

  test.each([50, 200, 1000])('theorem 1: a scheduler keeps it undecided for %i deliveries, and no process stands still', (steps) => {
    const kept = keepUndecided(group(CoinlessBenOr, [0, 1, 1]), steps);
    expect(kept).toMatchObject({ steps, decided: false, bivalent: true });
    // Twelve messages a round, and all of them come: nobody is left behind, and no message waits for ever.
    expect(kept.rounds).toBeGreaterThan(steps / 20);
    expect(kept.longestWait).toBeLessThan(25);
  });

  test('it is the schedule that does it: the oldest message first decides at once', () => {
    const run = group(CoinlessBenOr, [0, 1, 1]);
    for (let i = 0; i < 200 && run.decisions.size < 3; i++) run.deliver(0);
    expect(new Set(run.decisions.values()).size).toBe(1);
  });
});

describe('the ways out', () => {
  test('a coin (Ben-Or 1983): the same scheduler loses, for it cannot see coins before they fall', () => {
    const rounds = Array.from({ length: 12 }, (_, i) => {
      const kept = keepUndecided(group(BenOr, [0, 1, 1], i + 1), 5000);
      expect(kept.decided, `seed ${i + 1}`).toBe(true);
      return kept.rounds;
    });
    expect(Math.max(...rounds)).toBeLessThan(100);
  });

  test('time (Dwork, Lynch, Stockmeyer 1988): Raft elects nobody while messages take too long, and decides once they do not', () => {
    for (const gstMs of [2000, 8000, 20_000]) {
      const late: Fault = { fault: 'delay', minMs: 2500, maxMs: 2600, atMs: 0, forMs: gstMs };
      const drawn = drawPlan(raftSubject(), 1, {
        nodes: 3,
        faults: [],
        settings: { electionTimeoutMs: 300, spares: 0, learners: 0, witnesses: 0 },
      });
      const plan = { ...drawn, faults: [late], durationMs: gstMs, encoded: false };
      const before = simulate(raftSubject(), { ...plan, liveness: null });
      expect([before.violation, before.acknowledged]).toEqual([null, 0]);
      const after = simulate(raftSubject(), { ...plan, liveness: { commits: 10, boundMs: 60_000, freeze: 'nobody' } });
      expect(after.violation).toBeNull();
      expect(after.acknowledged).toBeGreaterThanOrEqual(10);
    }
  });
});
