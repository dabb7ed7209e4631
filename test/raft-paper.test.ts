import { describe, expect, it } from 'vitest';
import { raftMutants } from '../src/simulator/index.ts';
import { paperRows } from '../tools/raft-paper.ts';

const rows = paperRows();

describe('the claims of the Raft paper, against the zoo', () => {
  it('every claim fails under at least one mutant', () => {
    expect(rows.filter(({ brokenBy }) => brokenBy.length === 0).map(({ paper }) => paper.claim)).toEqual([]);
  });

  it('every mutant breaks at least one claim', () => {
    const broken = new Set(rows.flatMap(({ brokenBy }) => brokenBy));
    expect(raftMutants.filter(({ id }) => !broken.has(id)).map(({ id }) => id)).toEqual([]);
  });

  it('no mutant breaks nearly everything: it overrides one decision, it is not a broken node', () => {
    const stillRight = raftMutants.filter(({ id }) => rows.filter(({ brokenBy }) => brokenBy.includes(id)).length > rows.length - 10);
    expect(stillRight.map(({ id }) => id)).toEqual([]);
  });

  it('ids are unique and kebab-case', () => {
    const ids = raftMutants.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z]+(-[a-z]+)*$/.test(id))).toEqual([]);
  });
});
