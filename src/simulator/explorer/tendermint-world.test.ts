import { describe, expect, test } from 'vitest';
import { defaultTendermintConfig } from '../../protocols/tendermint/index.ts';
import { tendermintMutantNamed } from '../zoo/tendermint/tendermint-mutants.ts';
import { explore, exploreProtocol, HearsayModel, LiarNode, TendermintRounds, tendermintWorld } from './index.ts';

const NEVER = Number.POSITIVE_INFINITY;
const config = { ...defaultTendermintConfig, emptyBlocks: true, gossipUs: NEVER, commitUs: NEVER };
const rounds = (liar: number, count: number, mutant?: string) =>
  new HearsayModel(
    new TendermintRounds(
      { validators: 4, liar, rounds: count },
      config,
      mutant === undefined ? undefined : tendermintMutantNamed(mutant)?.node,
    ),
  );

describe('the rounds of Tendermint, four validators, one of them Byzantine', () => {
  test('one round is seen in full: 299 states with a Byzantine proposer, agreement in all, a decision in some', () => {
    const found = explore(rounds(1, 1));
    expect([found.verdict, found.unique, found.witnesses.map(({ property }) => property)]).toEqual(['pass', 299, ['somebody decides']]);
  });

  test('quorums of f+1 break agreement in one round, in a short story', () => {
    const { violations } = explore(rounds(1, 1, 'quorum-f-plus-1'));
    expect(violations[0]?.property).toBe('agreement');
    expect(violations[0]?.path.length).toBeLessThanOrEqual(14);
  });
});

describe('the nodes with their disks and messages', () => {
  test('a Byzantine node is what it may say: in flight from the start, signed by itself', () => {
    const said = [2, 3].map((to) => ({ to, content: 'x', proof: 'signature' as const, message: (signature: unknown) => [to, signature] }));
    const sent: unknown[] = [];
    const signed: unknown[] = [];
    const out = { sign: (...args: unknown[]) => signed.push(args), send: (...args: unknown[]) => sent.push(args) };
    const liar = new LiarNode(said);
    liar.step({ kind: 'start', now: 0, records: [] }, out as never);
    expect(signed).toEqual([
      [1, 'x', 'signature'],
      [2, 'x', 'signature'],
    ]);
    liar.step({ kind: 'signed', now: 0, token: 2, signature: 's' }, out as never);
    expect(sent).toEqual([[3, [3, 's'], 0]]);
  });

  test('nothing is broken in what is seen of them, which is not all, and is called unknown', { timeout: 60_000 }, () => {
    const { verdict, parts, violation } = exploreProtocol({ ...tendermintWorld(4), seed: 1, states: 3000, walks: 5 });
    expect([verdict, violation]).toEqual(['unknown', null]);
    expect(parts.map(({ truncated }) => truncated)).toContain('states');
  });
});
