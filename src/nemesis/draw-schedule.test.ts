import { describe, expect, it } from 'vitest';
import { Random } from '../core/index.ts';
import { type FaultKind, faultKinds, parseScenario } from '../scenario/index.ts';
import { drawSchedule } from './draw-schedule.ts';

const nodes = ['n1', 'n2', 'n3', 'n4', 'n5'];

describe('random schedules', () => {
  it('are the same for the same seed, and scenarios accept them', () => {
    for (let seed = 0; seed < 500; seed++) {
      const options = { nodes: nodes.slice(0, 1 + (seed % 5)), durationMs: 20_000, kinds: faultKinds };
      const faults = drawSchedule(new Random(seed), options);
      expect(drawSchedule(new Random(seed), options)).toEqual(faults);
      const scenario = {
        scenario: 1,
        name: 'drawn',
        target: 'etcd',
        checks: [],
        nodes: options.nodes.map((name) => ({ name })),
        workload: { kind: 'register', clients: 1, operations: 1 },
        faults,
        seed,
      };
      expect(parseScenario(scenario).faults, `seed ${seed}`).toEqual(faults);
      for (const { atMs, forMs = 0 } of faults) expect(atMs + forMs, `seed ${seed}`).toBeLessThan(20_000);
    }
  });

  it('hold every kind that a real system can meet, and quiet times', () => {
    const kinds = new Set<FaultKind>();
    let quiet = 0;
    for (let seed = 0; seed < 200; seed++) {
      const faults = drawSchedule(new Random(seed), { nodes, durationMs: 30_000, kinds: faultKinds });
      for (const { fault } of faults) kinds.add(fault);
      const busy = new Array<boolean>(300).fill(false);
      for (const { atMs, forMs = 0 } of faults) busy.fill(true, Math.floor(atMs / 100), Math.ceil((atMs + forMs) / 100));
      quiet += busy.filter((slot) => !slot).length / busy.length;
    }
    const ofConnections = ['bandwidth', 'half-open', 'slow-close'];
    expect([...kinds].sort()).toEqual(
      [
        ...ofConnections,
        'clock-jump',
        'delay',
        'disk-full',
        'disk-loss',
        'kill',
        'loss',
        'partition',
        'pause',
        'power-loss',
        'restart',
        'slow-disk',
      ].sort(),
    );
    expect(quiet / 200).toBeGreaterThan(0.25);
    expect(quiet / 200).toBeLessThan(0.8);
  });

  it('of no kinds are empty', () => {
    expect(drawSchedule(new Random(1), { nodes, durationMs: 1000, kinds: [] })).toEqual([]);
    expect(drawSchedule(new Random(1), { nodes, durationMs: 9000, kinds: ['adversary'] })).toEqual([]);
  });
});
