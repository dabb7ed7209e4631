import { expect, test } from 'vitest';
import { exploreProtocol, raftWorld } from './index.ts';

test.each([3, 5])('long explorations of Raft with %i nodes find nothing', { timeout: 1_800_000 }, (count) => {
  for (let seed = 1; seed <= 2; seed++) {
    const options = { ...raftWorld(count, undefined, { preVote: seed % 2 === 0, checkQuorum: seed % 3 === 0 }), seed };
    const { violation } = exploreProtocol({ ...options, states: 200_000, walks: 1_000 });
    expect(violation, `seed ${seed}`).toBeNull();
  }
});
