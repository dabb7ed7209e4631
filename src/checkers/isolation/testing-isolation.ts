/** For tests: isolation against its definitions on many small random histories, verdict by verdict. */
import { Random } from '../../core/index.ts';
import { unlimitedBudget } from '../budget.ts';
import type { CheckResult } from '../checker.ts';
import { type TestOperation, viewOf } from '../testing.ts';
import { type Counts, noCounts } from '../testing-comparison.ts';
import { checkIsolation } from './isolation.ts';
import { type IsolationLevel, isolationLevels } from './levels.ts';
import { holdsAt } from './testing-definitions.ts';
import { transactionSample } from './testing-transactions.ts';
import type { TransactionModel } from './transactions.ts';

export type IsolationUnderTest = (operations: readonly TestOperation[], model: TransactionModel, level: IsolationLevel) => CheckResult;

export const realIsolation: IsolationUnderTest = (operations, model, level) =>
  checkIsolation(viewOf(operations, { header: { model } }), { level, budget: unlimitedBudget });

/** Below it reads show anything that anybody ever wrote: there is nothing to define an order by. */
const judged = isolationLevels.filter((level) => level !== 'read-uncommitted');

/** Compares `count` histories, each at serializable or strict-serializable and at one more level; throws with the seed at the first disagreement. */
export function compareIsolation(
  model: TransactionModel,
  firstSeed: number,
  count: number,
  check: IsolationUnderTest = realIsolation,
): Counts {
  const counts: Counts = { ...noCounts(), undecided: 0, judgements: 0 };
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const random = new Random(seed, 'levels');
    const { operations, kind } = transactionSample(seed, model === 'list-append', counts);
    const strong: IsolationLevel = random.pick(['serializable', 'strict-serializable']);
    let decided = true;
    for (const level of [strong, random.pick(judged)]) {
      const result = check(operations, model, level);
      const expected = holdsAt(level, operations, model === 'list-append');
      const fail = (why: string): never => {
        const lines = operations.map((operation) => JSON.stringify(operation)).join('\n');
        throw new Error(`${model} at ${level}, seed ${seed} (${kind}): ${why}\n${lines}\n${JSON.stringify(result, null, 1)}`);
      };
      counts.judgements = (counts.judgements as number) + 1;
      if (kind === 'legal' && !expected) fail('the definition rejects a history that is legal by construction');
      if (result.verdict === 'unknown' || result.verdict === 'skip') decided = false;
      else if ((result.verdict === 'pass') !== expected) fail(`by definition ${expected}, the checker says ${result.verdict}`);
      if (result.verdict !== 'violation') continue;
      counts.violations++;
      if (result.counterexample === null || result.counterexample.story.length === 0) fail('a violation without counterexample');
      counts.counterexamples++;
    }
    if (!decided) counts.undecided = (counts.undecided as number) + 1;
  }
  return counts;
}
