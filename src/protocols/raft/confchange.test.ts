import { expect, test } from 'vitest';
import { Random } from '../../core/index.ts';
import {
  type Configuration,
  changeConfiguration,
  emptyConfiguration,
  isJoint,
  isMember,
  type MemberChange,
  membersOf,
  votersOf,
} from './confchange.ts';

const start: Configuration = { ...emptyConfiguration, voters: [1, 2, 3] };
const change = (before: Configuration, transition: 'auto' | 'implicit' | 'explicit', ...changes: MemberChange[]) =>
  changeConfiguration(before, { transition, changes });
const disjoint = (a: readonly number[], b: readonly number[]): boolean => !a.some((id) => b.includes(id));
const majorities = (ids: readonly number[]): number[][] =>
  ids.reduce<number[][]>((all, id) => all.concat(all.map((set) => [...set, id])), [[]]).filter((set) => set.length * 2 > ids.length);

/** A quorum of either configuration meets every quorum of the other. */
function overlap(a: Configuration, b: Configuration): boolean {
  const quorums = (c: Configuration): number[][] =>
    majorities(c.voters).flatMap((set) => (isJoint(c) ? majorities(c.outgoing).map((other) => [...set, ...other]) : [set]));
  return quorums(a).every((one) => quorums(b).every((other) => !disjoint(one, other)));
}

test('quorums before and after any accepted change overlap, and roles exclude each other (20,000 random walks)', () => {
  const random = new Random(21);
  const types = ['add-voter', 'add-learner', 'add-witness', 'remove', 'update'] as const;
  let accepted = 0;
  for (let walk = 0; walk < 2_000; walk++) {
    let now: Configuration = start;
    for (let step = 0; step < 10; step++) {
      const changes = Array.from({ length: random.below(4) }, () => ({ type: random.pick(types), node: 1 + random.below(6) }));
      const after = changeConfiguration(now, { transition: random.pick(['auto', 'implicit', 'explicit']), changes });
      if ('refused' in after) continue;
      accepted++;
      expect(overlap(now, after), JSON.stringify([now, changes, after])).toBe(true);
      expect(disjoint(after.learners, votersOf(after))).toBe(true);
      expect(after.learnersNext.every((id) => after.outgoing.includes(id) && !after.learners.includes(id))).toBe(true);
      expect(isJoint(after) || (after.learnersNext.length === 0 && !after.autoLeave)).toBe(true);
      expect(after.voters.some((id) => !after.witnesses.includes(id))).toBe(true);
      expect(membersOf(after).every((id) => isMember(after, id))).toBe(true);
      now = after;
    }
  }
  expect(accepted).toBeGreaterThan(4_000);
});

test('more than one change goes through a joint configuration, which an empty change leaves', () => {
  const joint = change(start, 'auto', { type: 'add-voter', node: 4 }, { type: 'remove', node: 1 });
  expect(joint).toMatchObject({ voters: [2, 3, 4], outgoing: [1, 2, 3], autoLeave: true });
  expect(change(joint as Configuration, 'auto')).toMatchObject({ voters: [2, 3, 4], outgoing: [], autoLeave: false });
});

test('a voter that becomes a learner waits until the outgoing half is gone', () => {
  const joint = change(start, 'explicit', { type: 'add-learner', node: 3 }) as Configuration;
  expect(joint).toMatchObject({ voters: [1, 2], outgoing: [1, 2, 3], learners: [], learnersNext: [3], autoLeave: false });
  expect(change(joint, 'auto')).toMatchObject({ voters: [1, 2], learners: [3], learnersNext: [] });
});

test('a witness is one for life, and witnesses alone are no group', () => {
  const group = change(start, 'auto', { type: 'add-witness', node: 4 }) as Configuration;
  expect(group).toMatchObject({ voters: [1, 2, 3, 4], witnesses: [4] });
  const gone = change(group, 'auto', { type: 'remove', node: 4 }) as Configuration;
  expect(change(gone, 'auto', { type: 'add-voter', node: 4 })).toEqual({ refused: '4 is a witness for life: use another node' });
  expect(change(gone, 'auto', { type: 'add-witness', node: 4 })).toMatchObject({ voters: [1, 2, 3, 4] });
  expect(change(start, 'auto', { type: 'add-witness', node: 3 })).toHaveProperty('refused');
  const pair: Configuration = { ...emptyConfiguration, voters: [1, 4], witnesses: [4] };
  expect(change(pair, 'auto', { type: 'remove', node: 1 })).toHaveProperty('refused');
});
