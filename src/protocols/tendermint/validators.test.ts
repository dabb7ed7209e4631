/** CometBFT's proposer selection: the properties of its specification (spec/consensus/proposer-selection). */
import { expect, test } from 'vitest';
import { Random } from '../../core/index.ts';
import { changed, firstSet, hasHonest, isQuorum, powerOf, proposerOf, rotated, totalPower, type ValidatorSet } from './validators.ts';

const drawn = (random: Random): ValidatorSet =>
  firstSet(Array.from({ length: random.between(1, 7) }, (_, i) => ({ id: i + 1, power: random.between(1, random.pick([1, 3, 100])) })));

const spread = ({ members }: ValidatorSet): number =>
  Math.max(...members.map(({ priority }) => priority)) - Math.min(...members.map(({ priority }) => priority));

test('the run of the specification: powers 1 and 3 propose in the order p2 p1 p2 p2', () => {
  let set = firstSet([
    { id: 1, power: 1 },
    { id: 2, power: 3 },
  ]);
  const proposers: number[] = [];
  for (let turn = 0; turn < 8; turn++) {
    proposers.push(set.proposer);
    set = rotated(set, 1);
  }
  expect(proposers).toEqual([2, 1, 2, 2, 2, 1, 2, 2]);
});

test('over as many turns as there is power everybody proposes as often as its power', () => {
  const random = new Random(1, 'fairness');
  for (let trial = 0; trial < 300; trial++) {
    let set = drawn(random);
    const total = totalPower(set);
    const times = new Map<number, number>();
    for (let turn = 0; turn < total; turn++) {
      times.set(set.proposer, (times.get(set.proposer) ?? 0) + 1);
      set = rotated(set, 1);
    }
    for (const { id, power } of set.members) expect([id, times.get(id)]).toEqual([id, power]);
  }
});

test('priorities stay centred and within two totals of each other, through all changes of power', () => {
  const random = new Random(2, 'priorities');
  for (let trial = 0; trial < 200; trial++) {
    let set = drawn(random);
    for (let i = 0; i < 40; i++) {
      const changes = [{ id: random.between(1, 8), power: random.pick([0, 1, 5, 1000]) }];
      set = rotated(changed(set, changes) ?? set, random.between(1, 3));
      const total = totalPower(set);
      const sum = set.members.reduce((all, { priority }) => all + priority, 0);
      expect(Math.abs(sum)).toBeLessThan(set.members.length);
      expect(spread(set)).toBeLessThanOrEqual(2 * total + total);
      expect(powerOf(set, set.proposer)).toBeGreaterThan(0);
    }
  }
});

test('who joins starts last: leaving and joining again buys no turn', () => {
  const set = firstSet([1, 2, 3, 4].map((id) => ({ id, power: 10 })));
  const joined = changed(set, [{ id: 5, power: 10 }]) as ValidatorSet;
  const last = Math.min(...joined.members.map(({ priority }) => priority));
  expect(joined.members.find(({ id }) => id === 5)?.priority).toBe(last);
  let next = joined;
  const first: number[] = [];
  for (let turn = 0; turn < 4; turn++) {
    next = rotated(next, 1);
    first.push(next.proposer);
  }
  expect(first).not.toContain(5);
});

test('the proposer of a round is the one that many turns later, and all compute it alike', () => {
  const random = new Random(3, 'rounds');
  for (let trial = 0; trial < 100; trial++) {
    const set = drawn(random);
    let step = set;
    for (let round = 0; round < 12; round++) {
      expect(proposerOf(set, round)).toBe(step.proposer);
      step = rotated(step, 1);
    }
  }
});

test('changes that leave nobody, name somebody twice or are too powerful are refused', () => {
  const set = firstSet([{ id: 1, power: 1 }]);
  expect(changed(set, [{ id: 1, power: 0 }])).toBeNull();
  expect(
    changed(set, [
      { id: 2, power: 1 },
      { id: 2, power: 2 },
    ]),
  ).toBeNull();
  expect(changed(set, [{ id: 2, power: 2_000_000_000_000 }])).toBeNull();
  expect(changed(set, [{ id: 0, power: 2 }])).toBeNull();
});

test('any two quorums share more than a third: at least one honest validator (brute force over all subsets)', () => {
  const random = new Random(4, 'quorums');
  for (let trial = 0; trial < 60; trial++) {
    const { members } = drawn(random);
    const total = members.reduce((sum, { power }) => sum + power, 0);
    const powerIn = (subset: number): number => members.reduce((sum, { power }, i) => sum + ((subset >> i) & 1) * power, 0);
    const subsets = Array.from({ length: 1 << members.length }, (_, subset) => subset);
    const quorums = subsets.filter((subset) => isQuorum(powerIn(subset), total));
    expect(quorums).toContain(subsets.length - 1);
    for (const a of quorums) for (const b of quorums) expect(hasHonest(powerIn(a & b), total)).toBe(true);
  }
});
