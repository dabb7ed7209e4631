import { expect, test } from 'vitest';
import { Random } from '../core/index.ts';
import { EventQueue } from './event-queue.ts';

test('events leave in the order of (time, order of adding), against a sorted list', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed, 'queue');
    const queue = new EventQueue();
    const model: { time: number; seq: number }[] = [];
    let seq = 0;
    for (let round = 0; round < 3000; round++) {
      if (random.below(5) < 3) {
        const reach = [0, 3, 1500, 70_000, 3_000_000, 2 ** 31, 2 ** 33][random.below(seed % 3 === 0 ? 7 : 5)] as number;
        const time = queue.now + (reach === 0 ? 0 : Math.floor((random.u32() / 2 ** 32) * reach));
        queue.add(time, 1, 0, seq, 0, seq);
        model.push({ time, seq: seq++ });
      } else if (model.length > 0) {
        let best = 0;
        for (let i = 1; i < model.length; i++) {
          const item = model[i] as { time: number };
          if (item.time < (model[best] as { time: number }).time) best = i;
        }
        const [expected] = model.splice(best, 1);
        expect(queue.pop()).toBe(true);
        expect([queue.now, queue.payload], `seed ${seed}`).toEqual([expected?.time, expected?.seq]);
      }
      expect(queue.size).toBe(model.length);
    }
  }
});

test('an empty queue has nothing to pop, and an event in the past is due now', () => {
  const queue = new EventQueue();
  expect(queue.pop()).toBe(false);
  queue.add(5000, 1, 2, 3, 4, 'x');
  expect([queue.pop(), queue.kind, queue.node, queue.a, queue.b, queue.payload]).toEqual([true, 1, 2, 3, 4, 'x']);
  queue.add(10, 1, 2, 3, 4, 'late');
  expect([queue.pop(), queue.now, queue.payload, queue.pop()]).toEqual([true, 5000, 'late', false]);
});
