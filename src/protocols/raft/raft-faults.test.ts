/** Random faults against the invariants, then a quiet network: everybody must agree on everything that was acknowledged. */
import { expect, test } from 'vitest';
import { FaultRun } from './fault-run.ts';

const SEEDS = Number(process.env.RAFT_SEEDS ?? 120);
const FIRST = Number(process.env.RAFT_SEED ?? 1);

test(`invariants hold in ${SEEDS} random storms, and calm brings agreement`, () => {
  let commits = 0;
  let stalls = 0;
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const run = new FaultRun(seed);
    try {
      run.storm();
      if (!run.calm()) stalls++;
    } catch (error) {
      throw new Error(`seed ${seed} (RAFT_SEED=${seed} RAFT_SEEDS=1 npx vitest run src/protocols/raft/raft-faults)`, { cause: error });
    }
    commits += run.world.invariants.committed;
  }
  expect(commits).toBeGreaterThan(SEEDS * 20);
  expect(stalls).toBeLessThanOrEqual(Math.ceil(SEEDS / 50));
});
