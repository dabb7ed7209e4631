import { expect, test } from 'vitest';
import { defaultTendermintConfig } from '../../protocols/tendermint/index.ts';
import { explore, TendermintRounds } from './index.ts';

const NEVER = Number.POSITIVE_INFINITY;
const config = { ...defaultTendermintConfig, emptyBlocks: true, gossipUs: NEVER, commitUs: NEVER };

test('one height, two rounds, a Byzantine proposer of the first: every state is seen, and in all of them agreement holds', {
  timeout: 900_000,
}, () => {
  const found = explore(new TendermintRounds({ validators: 4, liar: 1, rounds: 2 }, config));
  console.log(`tendermint, 2 rounds: ${found.unique} states, ${found.generated} generated, depth ${found.depth}`);
  expect([found.verdict, found.truncated, found.unique]).toEqual(['pass', null, 396_288]);
});
