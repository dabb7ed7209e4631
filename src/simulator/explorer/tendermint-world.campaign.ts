import { expect, test } from 'vitest';
import { defaultTendermintConfig } from '../../protocols/tendermint/index.ts';
import { tendermintMutantNamed } from '../zoo/tendermint/tendermint-mutants.ts';
import { explore, HearsayModel, TendermintRounds } from './index.ts';

const NEVER = Number.POSITIVE_INFINITY;
const config = { ...defaultTendermintConfig, emptyBlocks: true, gossipUs: NEVER, commitUs: NEVER };

test.each([
  [1, 396_288],
  [2, 151_071],
])(
  'one height, two rounds, n%i Byzantine: every state is seen, and in all of them agreement holds',
  { timeout: 900_000 },
  (liar, states) => {
    const found = explore(new HearsayModel(new TendermintRounds({ validators: 4, liar, rounds: 2 }, config)));
    console.log(`tendermint, 2 rounds, n${liar} Byzantine: ${found.unique} states, ${found.generated} generated, depth ${found.depth}`);
    expect([found.verdict, found.truncated, found.unique]).toEqual(['pass', null, states]);
  },
);

test.each(['unlocks-without-a-polka', 'prevotes-against-its-lock'])('%s breaks agreement in a short story', { timeout: 300_000 }, (id) => {
  const node = tendermintMutantNamed(id)?.node;
  const { violations } = explore(new HearsayModel(new TendermintRounds({ validators: 4, liar: 2, rounds: 2 }, config, node)));
  expect(violations[0]?.property).toBe('agreement');
  expect(violations[0]?.path.length).toBeLessThanOrEqual(14);
});
