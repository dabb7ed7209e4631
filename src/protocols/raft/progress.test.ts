import { expect, test } from 'vitest';
import { InvariantViolation, Random } from '../../core/index.ts';
import { Inflights, Progress } from './progress.ts';

const probing = (match: number, next: number): Progress => {
  const progress = new Progress(2, new Inflights(3, 0));
  progress.match = match;
  progress.next = next;
  return progress;
};

test('what is in flight is a queue bounded by messages and by bytes (against an array, 600 random walks)', () => {
  for (let seed = 0; seed < 600; seed++) {
    const random = new Random(seed, 'inflights');
    const limit = 1 + random.below(4);
    const byteLimit = random.below(2) === 0 ? 0 : 5;
    let inflights = new Inflights(limit, byteLimit);
    let model: [number, number][] = [];
    let index = 0;
    for (let step = 0; step < 30; step++) {
      const bytes = model.reduce((sum, [, size]) => sum + size, 0);
      expect(inflights.full).toBe(model.length === limit || (byteLimit !== 0 && bytes >= byteLimit));
      if (random.below(2) === 0 && !inflights.full) {
        index += 1 + random.below(3);
        const size = random.below(4);
        inflights.add(index, size);
        model.push([index, size]);
      } else {
        const to = index - random.below(6);
        inflights.freeTo(to);
        model = model.filter(([at]) => at > to);
      }
      if (random.below(5) === 0) inflights = inflights.clone();
      expect([...inflights]).toEqual(model);
      expect(inflights.bytes).toBe(model.reduce((sum, [, size]) => sum + size, 0));
    }
  }
});

test('adding beyond the limit breaks an invariant', () => {
  const inflights = new Inflights(1, 0);
  inflights.add(1, 1);
  expect(() => inflights.add(2, 1)).toThrow(InvariantViolation);
});

test('a probe sends one message and waits', () => {
  const progress = probing(0, 5);
  progress.sent(2, 10);
  expect([progress.paused, progress.next]).toEqual([true, 5]);
});

test('a pipeline runs ahead until it is full, and goes on with an acknowledgement', () => {
  const progress = probing(4, 5);
  progress.becomeReplicate();
  for (let i = 0; i < 3; i++) progress.sent(2, 10);
  expect([progress.paused, progress.next]).toEqual([true, 11]);
  expect(progress.update(6)).toBe(true);
  progress.inflights.freeTo(6);
  expect([progress.paused, progress.inflights.count]).toEqual([false, 2]);
  expect(progress.update(6)).toBe(false);
});

test('a rejection counts only when it is about the message that is out', () => {
  const progress = probing(2, 10);
  expect(progress.decrease(5, 1)).toBe(false);
  expect(progress.decrease(9, 4)).toBe(true);
  expect(progress.next).toBe(5);
  expect(progress.decrease(4, 0)).toBe(true);
  expect(progress.next).toBe(3);
});

test('after a snapshot probing starts behind it; after a failed one behind what is known', () => {
  const sent = probing(2, 3);
  sent.becomeSnapshot(8);
  expect([sent.paused, sent.next]).toEqual([true, 9]);
  const failed = sent.clone();
  sent.becomeProbe();
  expect(sent.next).toBe(9);
  failed.snapshotFailed();
  expect([failed.state, failed.next, failed.paused]).toEqual(['probe', 3, true]);
});

test('a commit index is worth a message only when it tells something new', () => {
  const progress = probing(4, 8);
  progress.sentCommit = 5;
  expect([progress.canBumpCommit(5), progress.canBumpCommit(6)]).toEqual([false, true]);
  progress.sentCommit = 7;
  expect(progress.canBumpCommit(9)).toBe(false);
});
