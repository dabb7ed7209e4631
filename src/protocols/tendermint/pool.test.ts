/** What waits to be agreed on, and which blocks of others are acceptable. */
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../core/index.ts';
import { type Block, blockId } from './block.ts';
import type { TendermintConfig } from './config.ts';
import type { Evidence } from './statement.ts';
import { blockOf, commandOf, Group, stated } from './testing.ts';

const [one, other] = ['ab'.repeat(32), 'cd'.repeat(32)];
const doubleVote = (signer: NodeId, says: object = {}): Evidence => ({
  first: stated(signer, { value: one, ...says }),
  second: stated(signer, { value: other, ...says }),
});

describe('blocks of others', () => {
  /** What node 4 prevotes for a proposal of the first proposer with this block. */
  function prevote(parts: (group: Group) => Partial<Block>, config: Partial<TendermintConfig> = {}): string | null | undefined {
    const group = new Group(4, config);
    group.passes = () => false;
    const proposer = group.node(4).proposer(0);
    const block = blockOf(group.node(4), parts(group));
    const statement = stated(proposer, { type: 'proposal', value: blockId(block) });
    group.hears(4, proposer, { type: 'proposal', statement, block });
    const cast = group.sent.find(({ from, message }) => from === 4 && message.type === 'vote')?.message;
    if (cast?.type !== 'vote') return undefined;
    return cast.statement.value === blockId(block) ? 'for it' : cast.statement.value;
  }

  test('one that extends the chain, asks nothing twice and convicts the guilty is voted for', () => {
    expect(prevote(() => ({}))).toBe('for it');
    expect(prevote(() => ({ commands: [commandOf(9, 1, 'x'), commandOf(9, 2, 'x')], evidence: [doubleVote(2), doubleVote(3)] }))).toBe(
      'for it',
    );
  });

  test.each<[string, Partial<Block>]>([
    ['of another height', { height: 2 }],
    ['of another history', { context: one }],
    ['with a command twice', { commands: [commandOf(9, 1, 'x'), commandOf(9, 1, 'x')] }],
    ['with an offence twice', { evidence: [doubleVote(2), doubleVote(2)] }],
    [
      'with an offence in two ways',
      { evidence: [doubleVote(2), { first: stated(2, { value: null }), second: stated(2, { value: one }) }] },
    ],
    ['with an offence of a height to come', { evidence: [doubleVote(2, { height: 5 })] }],
    ['with an offence of somebody who is no node', { evidence: [doubleVote(77)] }],
  ])('against one %s', (_name, parts) => {
    expect(prevote(() => parts)).toBeNull();
  });

  test('one that is too large is not even looked at', () => {
    const commands = [1, 2, 3].map((id) => commandOf(9, id, 'x'));
    expect(prevote(() => ({ commands }), { maxBlockCommands: 2 })).toBeUndefined();
    expect(prevote(() => ({ evidence: [doubleVote(2), doubleVote(3)] }), { maxBlockEvidence: 1 })).toBeUndefined();
  });

  test('one with a command that its client did not sign, or a statement that its signer did not, neither', () => {
    const invented = { ...commandOf(9, 1, 'x'), signature: 'invented' };
    const { first, second } = doubleVote(2);
    expect(prevote(() => ({ commands: [invented] }))).toBeUndefined();
    expect(prevote(() => ({ evidence: [{ first, second: { ...second, signature: 'invented' } }] }))).toBeUndefined();
  });
});

describe('commands that wait', () => {
  const config = { maxPool: 2 };

  test('there is room for so many, whoever brings them; the client of one too many is told', () => {
    const group = new Group(4, config);
    group.passes = () => false;
    group.hears(4, 2, { type: 'commands', commands: [1, 2, 3].map((id) => commandOf(9, id, id)) });
    expect(group.node(4).pool.size).toBe(2);
    group.ask(4, commandOf(9, 4, 4));
    expect(group.replies.at(-1)?.reply).toMatchObject({ outcome: 'fail', code: 'LC_OVERLOADED' });
  });

  test('what waits is not replaced by what bears its name', () => {
    const group = new Group(4);
    group.passes = () => false;
    group.ask(4, commandOf(9, 1, 'first'));
    group.hears(4, 2, { type: 'commands', commands: [commandOf(9, 1, 'second')] });
    expect([...group.node(4).pool.values()].map(({ op }) => op)).toEqual(['first']);
  });

  test('what was decided is not taken again, except outside sessions: there no answer is kept', () => {
    const group = new Group(4);
    const outside = { ...commandOf(9, 1, 'x'), session: 0 };
    const again = (): unknown[] => {
      group.ask(1, commandOf(9, 2, 'y'));
      group.ask(1, commandOf(9, 1, 'x'));
      group.run(2_000_000);
      return group.told.flatMap(({ node, indication }) => (node === 2 && indication.kind === 'apply' ? indication.commands : []));
    };
    expect(again()).toHaveLength(2);
    expect(again()).toHaveLength(2);
    expect(outside.session).toBe(0);
  });

  test('commands that clients did not sign, or that nodes ask, are none', () => {
    const group = new Group(4);
    group.passes = () => false;
    group.ask(1, { ...commandOf(9, 1, 'x'), signature: 'invented' });
    expect(Object.fromEntries(group.node(1).drops)).toEqual({ 'bad-signature': 1 });
    group.ask(1, commandOf(2, 1, 'x'));
    expect(group.replies.at(-1)?.reply).toMatchObject({ outcome: 'fail', code: 'LC_USAGE' });
    expect(group.node(1).pool.size).toBe(0);
  });
});

describe('offences', () => {
  test('are punished once, by all, and only those who committed them', () => {
    const group = new Group(4);
    for (let i = 1; i <= 2; i++) {
      group.hears(1, 2, { type: 'evidence', evidence: doubleVote(3) });
      group.ask(1, commandOf(9, i, i));
      group.run(2_000_000);
    }
    for (const id of [1, 2, 3, 4]) {
      const guilty = group.told.flatMap(({ node, indication }) =>
        node === id && indication.kind === 'evidence' ? [indication.guilty] : [],
      );
      expect(guilty).toEqual([3]);
    }
    expect(group.node(1).drops.get('bad-evidence')).toBe(1);
  });

  test('are forgiven after a while', () => {
    const group = new Group(4, { evidenceAge: 2 });
    for (let i = 1; i <= 4; i++) {
      group.ask(1, commandOf(9, i, i));
      group.run(1_000_000);
    }
    expect(group.node(1).height).toBe(5);
    group.hears(1, 2, { type: 'evidence', evidence: doubleVote(3, { height: 2 }) });
    expect(Object.fromEntries(group.node(1).drops)).toMatchObject({ 'bad-evidence': 1 });
    group.hears(1, 2, { type: 'evidence', evidence: doubleVote(3, { height: 3 }) });
    expect(group.node(1).pendingEvidence.size + group.node(1).chain.convicted.length).toBe(1);
  });
});
