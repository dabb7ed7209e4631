import { describe, expect, test } from 'vitest';
import { KeyValue, Replica } from '../../replication/index.ts';
import { Raft } from '../raft.ts';
import { themes } from './cases.ts';
import { type Implementation, Lab } from './lab.ts';

const real: Implementation = {
  raft: Raft,
  replica: (ordering, snapshotEvery) => new Replica(ordering, new KeyValue(), { snapshotEvery, maxSessions: 10, maxWaitingReads: 10 }),
};

for (const { name, cases } of themes) {
  describe(name, () => {
    for (const { section, claim, run } of cases) test(`${claim} (${section})`, () => run(new Lab(real)));
  });
}

test('the table has sixty claims or more, no two alike', () => {
  const titles = themes.flatMap(({ cases }) => cases.map(({ section, claim }) => `${claim} (${section})`));
  expect(titles.length).toBeGreaterThanOrEqual(60);
  expect(new Set(titles).size).toBe(titles.length);
});
