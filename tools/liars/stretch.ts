/** Runs one stretch of seeds of a protocol among liars; the program of the processes that main.ts starts. */
import { protocolNamed } from '../../src/cli/index.ts';
import { useNativeHash } from '../../src/crypto/index.ts';
import { drawLiarPlan, LEAST_STEPS, LIAR_STEPS, type Subject, simulate } from '../../src/simulator/index.ts';
import { noSums, type Stretch, type Sums, sumOf } from './record.ts';

export function runStretch(subject: Subject, from: number, to: number, nodes?: number): Stretch {
  let sums: Sums = noSums;
  for (let seed = from; seed <= to; seed++) {
    const { violation, steps, coverage } = simulate(subject, drawLiarPlan(subject, seed, nodes), { maxSteps: LIAR_STEPS });
    const counts = violation !== null || steps >= LEAST_STEPS;
    sums = sumOf(sums, {
      runs: counts ? 1 : 0,
      shorter: counts ? 0 : 1,
      steps: counts ? steps : 0,
      epochsChangedUnderLiars: counts && coverage.has('epoch-changed-under-liar') ? 1 : 0,
      violations: violation === null ? [] : [{ seed, message: violation.message }],
    });
  }
  return { from, to, ...sums };
}

const [protocol, nodes] = process.argv.slice(2);
if (process.send !== undefined && protocol !== undefined) {
  useNativeHash();
  const subject = protocolNamed(protocol).subject();
  process.on('message', ({ from, to }: { readonly from: number; readonly to: number }) => {
    process.send?.(runStretch(subject, from, to, nodes === undefined ? undefined : Number(nodes)));
  });
  process.on('disconnect', () => process.exit(0));
}
