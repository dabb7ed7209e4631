/** The random storms of raft-faults.test.ts, many more of them: `npm run test:campaign`. */
import { expect, test } from 'vitest';
import { FaultRun } from './fault-run.ts';

const SEEDS = Number(process.env.RAFT_SEEDS ?? 20_000);
const FIRST = Number(process.env.RAFT_SEED ?? 100_000);

test(`invariants hold in ${SEEDS} random storms, and calm brings agreement`, { timeout: 3_600_000 }, () => {
  let stalls = 0;
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const run = new FaultRun(seed);
    try {
      run.storm();
      if (!run.calm()) stalls++;
    } catch (error) {
      throw new Error(`seed ${seed} (RAFT_SEED=${seed} RAFT_SEEDS=1 npx vitest run src/protocols/raft/raft-faults.test)`, { cause: error });
    }
  }
  expect(stalls).toBeLessThan(SEEDS / 50);
});
