/** What a leader knows about one acceptor. */
import { expect, test } from 'vitest';
import { Progress } from './progress.ts';

test('old news moves nothing back', () => {
  const member = new Progress(2, 1);
  for (const last of [2, 4, 6]) member.sent(last);
  expect([member.update(4), member.match, member.next, member.inflight]).toEqual([true, 4, 7, [6]]);
  expect([member.update(3), member.update(4), member.match, member.next, member.inflight]).toEqual([false, false, 4, 7, [6]]);
});

test('who knows more than was sent is sent what follows', () => {
  const member = new Progress(2, 1);
  member.update(9);
  expect([member.match, member.next]).toEqual([9, 10]);
});

test('while nothing comes back it is tried ever more seldom, and soon again once something does', () => {
  const member = new Progress(2, 1);
  const tries = (beats: number): number[] => Array.from({ length: beats }, (_, i) => i).filter(() => member.stalled());
  expect(tries(32)).toEqual([0, 1, 3, 7, 15, 31]);
  member.heard();
  expect(tries(4)).toEqual([0, 1, 3]);
  member.update(5);
  expect(tries(3)).toEqual([1, 2]);
});
