import { describe, expect, test } from 'vitest';
import { hunt } from '../hunt.ts';
import { voteQuarry } from './quarry.ts';
import { voteMutants } from './vote-mutants.ts';

const harmful = voteMutants.filter(({ harmless }) => harmless === undefined).map(({ id, expected, node }) => [id, expected, node] as const);

/** The vote itself survives the whole budget in hunt.campaign.ts. */
describe('one portfolio, one budget, no setting of a mutant of its own', { timeout: 300_000 }, () => {
  test.each(harmful)('%s is found, by %s', (_id, expected, node) => {
    const { caught } = hunt(voteQuarry({ node }));
    expect(caught).not.toBeNull();
    // Lies and faults may trip it elsewhere first; what is named is what ought to notice.
    if (caught?.by === 'seeds')
      expect(caught.failure.result.violation?.invariant).toMatch(new RegExp(`^(${expected.replaceAll(', ', '|')})$`));
  });
});
