/** Whatever comes in from anybody: it is dropped and counted, and changes nothing, unless it passes every check. */
import { expect, test } from 'vitest';
import { type Effects, Random, type Value, Writer } from '../../core/index.ts';
import { type Block, blockId, contextOf } from './block.ts';
import { defaultTendermintConfig } from './config.ts';
import { messageSchema, type ProposalMessage, type TendermintMessage } from './message.ts';
import type { Statement } from './statement.ts';
import { Tendermint } from './tendermint.ts';
import type { DropCode, TendermintEffects } from './tendermint-base.ts';
import { blockOf, certificateOf, Group, stated } from './testing.ts';

const peers = [1, 2, 3, 4];

/** A host that grants nothing: what is asked of it is noted. */
class Host {
  readonly sent: [number, TendermintMessage][] = [];
  readonly verifies: [number, number, Value, Value][] = [];
  readonly signs: number[] = [];
  readonly persists: number[] = [];
  readonly out = new Proxy(
    {},
    {
      get: (_target, name) => (this as unknown as Record<string | symbol, unknown>)[name] ?? ((): number => 0),
    },
  ) as unknown as TendermintEffects & Effects<never, never, never>;
  send = (to: number, message: TendermintMessage): void => void this.sent.push([to, message]);
  verify = (token: number, signer: number, content: Value, signature: Value): void =>
    void this.verifies.push([token, signer, content, signature]);
  sign = (token: number): void => void this.signs.push(token);
  persist = (token: number): void => void this.persists.push(token);
}

function made(): { readonly node: Tendermint; readonly host: Host; receive(from: number, message: TendermintMessage): void } {
  const host = new Host();
  const node = new Tendermint(4, peers, { ...defaultTendermintConfig, emptyBlocks: true });
  node.step({ kind: 'start', now: 0, records: [] }, host.out);
  return { node, host, receive: (from, message) => node.step({ kind: 'message', now: 0, from, message }, host.out) };
}

function bytesOf(node: Tendermint): string {
  const w = new Writer();
  node.encode(w);
  return w.take().toString();
}

const vote = (changes: Partial<Statement> = {}): TendermintMessage => ({
  type: 'vote',
  statement: { type: 'prevote', height: 1, round: 0, value: null, validRound: -1, signer: 2, signature: 'x', ...changes },
});

function proposal(node: Tendermint, changes: Partial<Statement> = {}, block: Partial<Block> = {}): TendermintMessage {
  const full: Block = { height: 1, context: contextOf(node.chain), author: 1, commands: [], evidence: [], ...block };
  const statement: Statement = {
    type: 'proposal',
    height: 1,
    round: 0,
    value: blockId(full),
    validRound: -1,
    signer: 1,
    signature: 'x',
    ...changes,
  };
  return { type: 'proposal', statement, block: full };
}

const hash = 'a'.repeat(64);

test.each<[DropCode, number, (node: Tendermint) => TendermintMessage]>([
  ['stranger', 9, () => vote()],
  ['stranger', 4, () => vote()],
  ['stranger', 2, () => vote({ signer: 9 })],
  ['other-height', 2, () => vote({ height: 0 })],
  ['other-height', 2, () => vote({ height: 3 })],
  ['malformed', 2, () => vote({ value: 'short' })],
  ['malformed', 2, () => vote({ validRound: 0 })],
  ['malformed', 2, () => vote({ type: 'proposal' })],
  ['malformed', 2, () => vote({ type: 'proposal', signer: 1, value: hash })],
  ['malformed', 2, (node) => ({ ...(proposal(node) as ProposalMessage), statement: statement({ value: hash }) })],
  ['duplicate', 2, () => vote({ signer: 4 })],
  ['malformed', 1, (node) => proposal(node, { value: null })],
  ['malformed', 1, (node) => proposal(node, { value: hash })],
  ['malformed', 1, (node) => proposal(node, { validRound: 0 })],
  ['not-proposer', 2, (node) => proposal(node, { signer: 2 })],
  ['far-round', 1, (node) => proposal(node, { round: 40 })],
  ['oversized', 1, (node) => proposal(node, {}, { commands: Array.from({ length: 300 }, (_, id) => command(id, 9)) })],
  ['malformed', 1, (node) => proposal(node, {}, { commands: [command(1, 2)] })],
  ['oversized', 2, (node) => decided(node, new Array(10_001).fill(1))],
  ['bad-certificate', 2, (node) => decided(node, [])],
  ['bad-certificate', 2, (node) => decided(node, [1, 1, 1])],
  ['bad-certificate', 2, (node) => decided(node, [1, 2])],
  ['bad-certificate', 2, (node) => decided(node, [7, 8, 9])],
  ['bad-evidence', 2, () => ({ type: 'evidence', evidence: { first: statement(), second: statement() } })],
  ['bad-evidence', 2, () => ({ type: 'evidence', evidence: { first: statement(), second: statement({ signer: 3, value: hash }) } })],
  [
    'bad-evidence',
    2,
    () => ({ type: 'evidence', evidence: { first: statement({ height: 7 }), second: statement({ height: 7, value: hash }) } }),
  ],
  ['malformed', 2, () => ({ type: 'commands', commands: [command(1, 3)] })],
  ['oversized', 2, () => ({ type: 'commands', commands: Array.from({ length: 100 }, (_, id) => command(id, 9)) })],
])('%s from n%i', (code, from, message) => {
  const { node, host, receive } = made();
  const before = bytesOf(node);
  receive(from, message(node));
  expect([...node.drops]).toEqual([[code, 1]]);
  expect(bytesOf(node)).toBe(before);
  expect(host.sent.length + host.verifies.length).toBe(0);
});

const statement = (changes: Partial<Statement> = {}): Statement => (vote(changes) as { readonly statement: Statement }).statement;
const command = (id: number, client: number) => ({ session: 1, id, op: null, admin: false, client, signature: 'x' });

function decided(node: Tendermint, signers: readonly number[]): TendermintMessage {
  const { block } = proposal(node) as { readonly block: Block };
  return { type: 'decided', block, certificate: signers.map((signer) => statement({ type: 'precommit', value: blockId(block), signer })) };
}

test('what looks right waits for its signatures; a bad one undoes it, a good one makes it count', () => {
  const { node, host, receive } = made();
  const before = bytesOf(node);
  receive(3, vote());
  expect(host.verifies.map(([, signer, content, signature]) => [signer, content, signature])).toEqual([
    [2, { type: 'prevote', height: 1, round: 0, value: null, validRound: -1 }, 'x'],
  ]);
  const answer = (valid: boolean): void =>
    node.step({ kind: 'verified', now: 0, token: (host.verifies.at(-1) as [number, ...unknown[]])[0], valid }, host.out);
  answer(false);
  expect([...node.drops]).toEqual([['bad-signature', 1]]);
  expect(bytesOf(node)).toBe(before);
  receive(3, vote());
  answer(true);
  expect(node.log(0)?.prevotes).toHaveLength(1);
  receive(2, vote());
  expect(node.drops.get('duplicate')).toBe(1);
});

test('two votes of one validator are evidence, told to all; a third value takes no room', () => {
  const { node, host, receive } = made();
  const say = (value: string | null): void => {
    receive(3, vote({ value, signature: String(value) }));
    const [token] = host.verifies.at(-1) as [number, ...unknown[]];
    node.step({ kind: 'verified', now: 0, token, valid: true }, host.out);
  };
  say(null);
  say(hash);
  say('b'.repeat(64));
  expect(host.sent.filter(([, { type }]) => type === 'evidence')).toHaveLength(3);
  expect(node.log(0)?.prevotes).toHaveLength(1);
  expect([...node.pendingEvidence.values()].map(({ first }) => first.signer)).toEqual([2]);
});

test('rounds that are near have room, whatever a validator says of those far ahead; and what it says of one round it may say in full', () => {
  const { node, host, receive } = made();
  const say = (says: Partial<Statement>): void => {
    receive(2, vote(says));
    const [token] = host.verifies.at(-1) as [number, ...unknown[]];
    node.step({ kind: 'verified', now: 0, token, valid: true }, host.out);
  };
  for (const round of [10, 20, 0, 1]) say({ round });
  say({ round: 10, type: 'precommit' });
  expect(node.rounds()).toEqual([0, 1, 10, 20]);
  expect([node.log(10)?.prevotes.length, node.log(10)?.precommits.length]).toEqual([1, 1]);
});

test('a second vote of somebody is kept once more than a third says the same: it may be what is decided', () => {
  const { node, host, receive } = made();
  const say = (signer: number, value: string | null): void => {
    receive(signer, vote({ signer, value }));
    const [token] = host.verifies.at(-1) as [number, ...unknown[]];
    node.step({ kind: 'verified', now: 0, token, valid: true }, host.out);
  };
  say(2, null);
  say(1, hash);
  say(2, hash);
  expect(node.log(0)?.votesFor('prevote', hash)).toHaveLength(1);
  say(3, hash);
  say(2, hash);
  expect(node.log(0)?.votesFor('prevote', hash)).toHaveLength(3);
});

test('of a proposer that proposes twice the first proposal stays, and it is convicted', () => {
  const { node, host, receive } = made();
  const propose = (author: number): void => {
    receive(1, proposal(node, {}, { author }));
    for (const [token] of host.verifies.splice(0)) node.step({ kind: 'verified', now: 0, token, valid: true }, host.out);
  };
  propose(1);
  propose(2);
  propose(3);
  expect(node.log(0)?.proposals.map(({ block }) => block.author)).toEqual([1]);
  expect([...node.pendingEvidence.values()].map(({ first }) => [first.signer, first.type])).toEqual([[1, 'proposal']]);
});

test('so many signatures are being checked for one sender, and no more; the others need not wait for it', () => {
  const { node, host, receive } = made();
  for (let round = 0; round < 1003; round++) receive(2, vote({ round }));
  expect([host.verifies.length, node.checksOf(2), node.drops.get('overloaded')]).toEqual([1000, 1000, 3]);
  receive(3, vote({ signer: 3 }));
  expect([host.verifies.length, node.checksOf(3)]).toEqual([1001, 1]);
  for (const [token] of host.verifies.splice(0)) node.step({ kind: 'verified', now: 0, token, valid: token % 2 === 0 }, host.out);
  expect([node.checks.size, node.checksOf(2), node.checksOf(3)]).toEqual([0, 0, 0]);
  // A bad signature ends the check of all that came with it.
  receive(1, proposal(node, { round: 1, signer: node.proposer(1) }, { commands: [command(1, 9), command(2, 9)] }));
  expect(node.checksOf(1)).toBe(3);
  expect(node.clone().checksOf(1)).toBe(3);
  node.step({ kind: 'verified', now: 0, token: (host.verifies[0] as [number, ...unknown[]])[0], valid: false }, host.out);
  expect([node.checks.size, node.checksOf(1)]).toEqual([0, 0]);
});

test('a proposal that is known is not checked again', () => {
  const { node, host, receive } = made();
  const said = proposal(node);
  receive(1, said);
  for (const [token] of host.verifies.splice(0)) node.step({ kind: 'verified', now: 0, token, valid: true }, host.out);
  receive(2, said);
  expect([node.drops.get('duplicate'), host.verifies.length]).toEqual([1, 0]);
});

test('what is said of the next height waits for it; of the one after that, and of too much, nothing is kept', () => {
  const group = new Group(4);
  group.passes = () => false;
  const block = blockOf(group.node(4));
  for (let round = 0; round < 20; round++) group.hears(4, 2, { type: 'vote', statement: stated(2, { height: 2, round }) });
  group.hears(4, 3, { type: 'vote', statement: stated(3, { height: 2 }) });
  group.hears(4, 3, { type: 'vote', statement: stated(3, { height: 3 }) });
  expect([group.node(4).early.length, Object.fromEntries(group.node(4).drops)]).toEqual([17, { overloaded: 4, 'other-height': 1 }]);
  group.hears(4, 1, { type: 'decided', block, certificate: certificateOf(block, [1, 2, 3]) });
  group.run(1000);
  expect([
    group.node(4).height,
    group.node(4).early.length,
    group
      .node(4)
      .log(0)
      ?.prevotes.map(({ signer }) => signer),
  ]).toEqual([2, 0, [2, 3]]);
});

test('votes of later rounds: room for few rounds of each validator, the newest ones', () => {
  const { node, host, receive } = made();
  for (const round of [10, 20, 30, 40, 15]) {
    receive(2, vote({ round }));
    const [token] = host.verifies.at(-1) as [number, ...unknown[]];
    node.step({ kind: 'verified', now: 0, token, valid: true }, host.out);
  }
  expect(node.rounds()).toEqual([30, 40]);
});

test('random messages and their mutants, from peers and strangers, under either verdict, break nothing and fill nothing', () => {
  const random = new Random(11, 'nonsense');
  let accepted = 0;
  for (let trial = 0; trial < 12; trial++) {
    const { node, host, receive } = made();
    for (let i = 0; i < 150; i++) {
      const base = random.pick([
        () => messageSchema.sample(random),
        () => messageSchema.mutate(random, vote({ signer: random.between(1, 4), value: random.pick([null, hash]) })),
        () => messageSchema.mutate(random, proposal(node)),
        () => messageSchema.mutate(random, decided(node, [1, 2, 3])),
      ])();
      receive(random.between(1, 6), base);
      while (host.verifies.length > 0 && random.below(4) > 0) {
        const [token] = host.verifies.shift() as [number, ...unknown[]];
        const valid = random.below(2) === 0;
        if (valid) accepted++;
        node.step({ kind: 'verified', now: 0, token, valid }, host.out);
      }
      expect(node.early.length).toBeLessThanOrEqual(16 * peers.length);
      for (const from of peers) expect(node.checksOf(from)).toBeLessThanOrEqual(1000);
    }
    expect([...node.drops.values()].reduce((a, b) => a + b, 0)).toBeGreaterThan(30);
    expect(bytesOf(node.clone())).toBe(bytesOf(node));
  }
  expect(accepted).toBeGreaterThan(20);
});
