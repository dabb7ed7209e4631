import { expect, test } from 'vitest';
import type { Fault } from '../scenario/index.ts';
import { simulate } from './simulate.ts';
import { ToySequencer, toyPlan, toySubject } from './testing.ts';

test('a calm run commits, converges and repeats to the same hash', () => {
  const first = simulate(toySubject(), toyPlan());
  expect(first.violation).toBeNull();
  expect(first.acknowledged).toBeGreaterThan(500);
  const second = simulate(toySubject(), toyPlan());
  expect(second.hash).toBe(first.hash);
  expect(simulate(toySubject(), toyPlan({ seed: 2 })).hash).not.toBe(first.hash);
});

const faults: Fault[] = [
  { fault: 'partition', shape: 'isolate', node: 'leader', atMs: 100, forMs: 200 },
  { fault: 'kill', node: 'leader', atMs: 400, forMs: 100 },
  { fault: 'loss', rate: 0.3, atMs: 450, forMs: 800 },
  { fault: 'duplicate', rate: 0.3, atMs: 500, forMs: 800 },
  { fault: 'reorder', rate: 0.5, atMs: 500, forMs: 800 },
  { fault: 'torn-write', node: 'follower', atMs: 700, forMs: 50 },
  { fault: 'pause', node: 'n3', atMs: 900, forMs: 150 },
  { fault: 'clock-jump', node: 'n1', atMs: 950, byMs: 500 },
  { fault: 'clock-jump', node: 'n1', atMs: 990, byMs: -900 },
  { fault: 'slow-disk', node: 'n2', syncMs: 30, atMs: 1000, forMs: 300 },
  { fault: 'disk-full', node: 'n2', atMs: 1400, forMs: 100 },
  { fault: 'partition', shape: 'one-way', from: ['n1'], to: ['n2', 'n3'], atMs: 1500, forMs: 200 },
];

test('faults of every kind: the order stays agreed, and progress returns after the heal', () => {
  for (let seed = 1; seed <= 10; seed++) {
    for (const encoded of [false, true]) {
      const result = simulate(toySubject(), toyPlan({ seed, faults, encoded }));
      expect(result.violation, `seed ${seed}`).toBeNull();
      expect(result.resolved.length).toBe(faults.length);
      expect(simulate(toySubject(), toyPlan({ seed, faults: result.resolved, encoded })).hash, `seed ${seed}`).toBe(result.hash);
    }
  }
});

test('a sequencer that acknowledges what is not durable is found by the order that no longer agrees', () => {
  class Hasty extends ToySequencer {
    override step(input: Parameters<ToySequencer['step']>[0], out: Parameters<ToySequencer['step']>[1]): void {
      super.step(input, out);
      if (input.kind !== 'request' || !this.leads) return;
      this.commit = this.log.length;
      this.advance(out);
    }
  }
  const subject = toySubject((id, peers) => new Hasty(id, peers));
  const runs = Array.from({ length: 10 }, (_, i) => simulate(subject, toyPlan({ seed: i + 1, faults })));
  expect(runs.some(({ violation }) => violation?.invariant === 'state-machine-safety')).toBe(true);
});
