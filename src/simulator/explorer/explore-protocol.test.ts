import { describe, expect, test } from 'vitest';
import { mutantNamed } from '../zoo/raft/raft-mutants.ts';
import { exploreProtocol, raftWorld } from './index.ts';

describe('exploring Raft', () => {
  test('Raft passes within bounds whose every run is seen, and the parts say which; beyond them it is only hunted', () => {
    const result = exploreProtocol({ ...raftWorld(3), seed: 7, walks: 50 });
    const covered = result.parts.filter(({ role }) => role === 'cover');
    expect([result.verdict, result.violation]).toEqual(['pass', null]);
    expect(covered.map(({ verdict, truncated, unique }) => [verdict, truncated, unique])).toEqual([
      ['pass', null, 412_335],
      ['pass', null, 594_777],
      ['pass', null, 685_153],
    ]);
    expect(covered[0]?.world).toBe(
      '3 nodes, at most 1 timer that fires, 1 crash, 1 lost message, 1 request; messages in any order, instant disks',
    );
    expect(result.parts.filter(({ role }) => role === 'hunt').every(({ verdict }) => verdict === 'unknown')).toBe(true);
  });

  test('what was cut short is never called a pass', () => {
    const result = exploreProtocol({
      ...raftWorld(3, undefined, { preVote: true, checkQuorum: true }),
      seed: 7,
      states: 60_000,
      walks: 50,
    });
    expect([result.verdict, result.violation]).toEqual(['unknown', null]);
    expect(result.parts.map(({ strategy }) => strategy)).toEqual([
      ...Array.from({ length: 5 }, () => 'breadth-first'),
      'priorities',
      'random',
      'priorities',
      'random',
    ]);
    expect(exploreProtocol({ ...raftWorld(3), seed: 7, coverage: [], states: 1000, walks: 10 }).verdict).toBe('unknown');
  });

  test.each([
    ['double-vote', 'election-safety', 7],
    ['vote-not-persisted', 'election-safety', 8],
    ['term-forgotten-on-restart', 'election-safety', 8],
    ['election-quorum-off-by-one', 'election-safety', 3],
    ['commit-quorum-off-by-one', 'state-machine-safety', 9],
  ])('%s breaks %s, and breadth-first finds a shortest story of %i lines', (id, property, length) => {
    const { violation, parts } = exploreProtocol({ ...raftWorld(3, mutantNamed(id)?.raft), seed: 1 });
    expect(violation?.property).toBe(property);
    expect(parts.at(-1)?.strategy).toBe('breadth-first');
    expect(violation?.path.length).toBe(length);
  });

  test.each(['no-up-to-date-check', 'no-truncation'])('%s needs a longer story, and random walks find one', (id) => {
    const result = exploreProtocol({ ...raftWorld(3, mutantNamed(id)?.raft), seed: 1, states: 20_000 });
    expect(result.violation?.property).toBe('state-machine-safety');
    expect(result.parts.at(-1)?.strategy).toMatch(/random|priorities/);
  });

  test('the story of a vote that was not persisted is told step by step', () => {
    const { violation } = exploreProtocol({ ...raftWorld(3, mutantNamed('vote-not-persisted')?.raft), seed: 1 });
    expect(violation?.path.map(({ action }) => action)).toEqual([
      'init',
      'n1: timer election',
      expect.stringMatching(/^n1 -> n2: vote t1/),
      expect.stringMatching(/^n2 -> n1: voteResp t1/),
      'n2: crashes and restarts',
      'n3: timer election',
      expect.stringMatching(/^n3 -> n2: vote t1/),
      expect.stringMatching(/^n2 -> n3: voteResp t1/),
    ]);
    expect(violation?.path.at(-1)?.state).toMatch(/takes n3 for leader in epoch 1, which n1 leads/);
  });

  test('an expired budget ends the portfolio early, as unknown', () => {
    let asked = 0;
    const result = exploreProtocol({ ...raftWorld(3), seed: 1, expired: () => ++asked > 5 });
    expect(result.verdict).toBe('unknown');
    expect(result.parts.length).toBeLessThan(9);
  });
});
