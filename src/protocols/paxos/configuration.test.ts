import { describe, expect, test } from 'vitest';
import { Random } from '../../core/index.ts';
import { makeBallot, nodeOf, roundOf } from './ballot.ts';
import { defaultPaxosConfig, type PaxosConfig } from './config.ts';
import { firstConfiguration, parseReconfiguration, quorumProblem, quorumsFor, quorumValue } from './configuration.ts';
import { Paxos } from './paxos.ts';

const subsets = (n: number, size: number): number[][] => {
  const found: number[][] = [];
  for (let mask = 0; mask < 1 << n; mask++) {
    const members = Array.from({ length: n }, (_, i) => i).filter((i) => (mask & (1 << i)) !== 0);
    if (members.length === size) found.push(members);
  }
  return found;
};

describe('flexible quorums (Howard et al. 2016)', () => {
  test('sizes are accepted if and only if every quorum of phase 1 meets every quorum of phase 2', () => {
    for (let n = 1; n <= 5; n++) {
      const members = Array.from({ length: n }, (_, i) => i + 1);
      for (let phase1 = 1; phase1 <= n; phase1++) {
        for (let phase2 = 1; phase2 <= n; phase2++) {
          const meet = subsets(n, phase1).every((one) => subsets(n, phase2).every((two) => one.some((id) => two.includes(id))));
          expect(quorumProblem({ members, phase1, phase2 }) === null, `${phase1} and ${phase2} of ${n}`).toBe(meet);
        }
      }
    }
  });

  test('what cannot be a configuration is refused with LC_USAGE and the offending numbers', () => {
    const config = (phase1: number, phase2: number, members = [1, 2, 3]): PaxosConfig => ({
      ...defaultPaxosConfig,
      initial: { era: 1, members, phase1, phase2, floor: 0 },
    });
    const make = (of: PaxosConfig) => () => new Paxos(1, [1, 2, 3], of);
    expect(make(config(1, 2))).toThrow('quorums of 1 and 2 among 3 members: they must meet, so together they are more than 3');
    expect(make(config(4, 2))).toThrow('a phase-1 quorum of 4 among 3 members');
    expect(make(config(2, 2, [1, 1, 2]))).toThrow('members 1, 1, 2');
    for (const id of [0, -1, 0.5]) expect(make(config(2, 2, [id, 2, 3]))).toThrow(`member ${id}`);
    expect(make({ ...defaultPaxosConfig, heartbeatUs: 400_000 })).toThrow('an election time-out of 300000 us');
    expect(make({ ...defaultPaxosConfig, maxInflightMessages: 0 })).toThrow('0 messages in flight');
    expect(() => firstConfiguration([])).toThrow('no members');
    expect(() => makeBallot(1, 1000)).toThrow('ids are 1 to 999');
    expect(make(config(3, 1))).not.toThrow();
  });

  test('of one quorum the other follows: the smallest that meets it', () => {
    expect(quorumsFor([1, 2, 3, 4, 5])).toMatchObject({ phase1: 3, phase2: 3 });
    expect(quorumsFor([1, 2, 3, 4, 5], undefined, 2)).toMatchObject({ phase1: 4, phase2: 2 });
    expect(quorumsFor([1, 2, 3, 4, 5], 5)).toMatchObject({ phase1: 5, phase2: 1 });
    expect(parseReconfiguration({ members: [3, 1] })).toEqual({ members: [1, 3], phase1: 2, phase2: 2 });
    expect(parseReconfiguration({ members: 'n1' })).toBeNull();
    expect(parseReconfiguration({ members: [1], phase1: 'x' })).toBeNull();
  });
});

test('the value of a quorum is the largest that so many reach, as counting finds it', () => {
  const random = new Random(3, 'quorum');
  for (let i = 0; i < 500; i++) {
    const n = random.between(1, 7);
    const values = Array.from({ length: n }, () => random.below(6));
    const size = random.between(1, n);
    const counted = Math.max(0, ...values.filter((value) => values.filter((other) => other >= value).length >= size));
    expect(quorumValue([...values], n, size)).toBe(counted);
  }
});

test('ballots are ordered by round, then by node, and name both', () => {
  expect(makeBallot(2, 1)).toBeGreaterThan(makeBallot(1, 999));
  expect([roundOf(makeBallot(7, 3)), nodeOf(makeBallot(7, 3))]).toEqual([7, 3]);
});
