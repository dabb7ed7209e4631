/** Lamport, Shostak, Pease 1982: what oral and signed messages can do and cannot, by all strategies of a traitor. */
import { describe, expect, test } from 'vitest';
import { type NodeId, Random, type Value } from '../../core/index.ts';
import { OralGenerals, type OralMessage, oralMessages } from './oral-generals.ts';
import { SignedGenerals, type SignedMessage, signedContent, signedMessages } from './signed-generals.ts';
import { GameLab, type Treason } from './testing.ts';

const ids = (n: number): readonly NodeId[] => Array.from({ length: n }, (_, i) => i + 1);
const told = (n: number, commander: NodeId, order: number): ReadonlyMap<NodeId, Value> =>
  new Map(ids(n).map((id) => [id, { f: 'attack', commander, ...(id === commander ? { order } : {}) }]));

function oral(
  n: number,
  m: number,
  commander: NodeId,
  order: number,
  traitors: ReadonlyMap<NodeId, Treason<OralMessage>>,
  seed = 1,
): GameLab<OralMessage> {
  const nodes = ids(n).map((id) => new OralGenerals(id, ids(n), { roundUs: 1000, traitors: m }));
  return new GameLab(seed, nodes as never, traitors).play(told(n, commander, order));
}

/** IC1 and IC2 among the loyal. */
function holds(lab: GameLab<never>, commander: NodeId, order: number, traitors: ReadonlySet<NodeId>): boolean {
  const loyal = [...lab.nodes.keys()].filter((id) => !traitors.has(id));
  const decisions = loyal.map((id) => lab.decided.get(id));
  return new Set(decisions).size === 1 && (traitors.has(commander) || decisions[0] === order);
}

/** All strategies of one traitor: by reader and path, attack (1), retreat (0) or silence (2), number `strategy` in base 3. */
function strategyOf(strategy: number): Treason<OralMessage> {
  const chosen = new Map<string, number>();
  let rest = strategy;
  return ({ to, message }) => {
    const key = `${to}/${message.path.join('.')}`;
    if (!chosen.has(key)) {
      chosen.set(key, rest % 3);
      rest = Math.floor(rest / 3);
    }
    const order = chosen.get(key) as number;
    return order === 2 ? [] : [{ ...message, order }];
  };
}

/** Counts the strategies of a traitor that break IC1 or IC2. */
function broken(n: number, m: number, strategies: number): number {
  let count = 0;
  for (const commander of [1, 2])
    for (const order of [0, 1])
      for (let strategy = 0; strategy < strategies; strategy++) {
        const lab = oral(n, m, commander, order, new Map([[1, strategyOf(strategy)]]), strategy + 1);
        if (!holds(lab as never, commander, order, new Set([1]))) count += 1;
      }
  return count;
}

describe('oral messages', () => {
  test('n = 4, m = 1: no strategy of one traitor, commander or lieutenant, breaks IC1 or IC2 (theorem 1)', () => {
    expect(broken(4, 1, 27)).toBe(0);
  });

  test('n = 3, m = 1: some strategies do (the impossibility of section 2)', () => {
    expect(broken(3, 1, 9)).toBeGreaterThan(0);
  });

  test('one relay too few: OM(0) among four is broken by a commander', () => {
    expect(broken(4, 0, 27)).toBeGreaterThan(0);
  });

  test('n = 7, m = 2: two traitors with one plan break nothing, in 250 drawn plans; n = 6 is broken', () => {
    let six = 0;
    for (let seed = 1; seed <= 250; seed++)
      for (const n of [7, 6]) {
        const random = new Random(seed, 'plan', n);
        const commander = 1 + random.below(3);
        // Two values for two halves, or at random: what splits best.
        const halves = random.below(2) === 0;
        const treason: Treason<OralMessage> = ({ to, message }) => [{ ...message, order: halves ? (to > n / 2 ? 1 : 0) : random.below(2) }];
        const lab = oral(
          n,
          2,
          commander,
          1,
          new Map([
            [1, treason],
            [2, treason],
          ]),
          seed,
        );
        const ok = holds(lab as never, commander, 1, new Set([1, 2]));
        if (n === 7) expect([seed, ok]).toEqual([seed, true]);
        else if (!ok) six += 1;
      }
    expect(six).toBeGreaterThan(0);
  });

  test('m + 1 rounds, and (n-1) + (n-1)(n-2) + ... messages', () => {
    for (const [n, m] of [
      [4, 0],
      [4, 1],
      [5, 1],
      [7, 1],
      [7, 2],
      [6, 3],
    ] as const) {
      const lab = oral(n, m, 1, 1, new Map());
      expect(lab.sent).toBe(oralMessages(n, m));
      expect([...lab.decided.values()]).toEqual(ids(n).map(() => 1));
    }
    expect([oralMessages(4, 1), oralMessages(7, 2)]).toEqual([9, 156]);
  });

  test('nonsense is dropped and counted: strangers, paths of others, too long, with doubles, twice the same, for no game', () => {
    const node = new OralGenerals(2, ids(4), { roundUs: 1000, traitors: 1 });
    const lab = new GameLab<OralMessage>(1, [node as never]);
    lab.ask(2, { f: 'attack', commander: 1, game: 'game' });
    const say = (from: NodeId, path: readonly NodeId[], order = 1): void =>
      lab.step(2, { kind: 'message', from, message: { game: 'game', path, order } });
    say(9, [1, 9]);
    for (const path of [[1], [3], [1, 4], [1, 3, 3], [1, 1, 3], [1, 2, 3], [1, 4, 3], [], [1, 9, 3]]) say(3, path);
    say(3, [1, 3], 1);
    say(3, [1, 3], 0);
    expect([...node.dropped].sort()).toEqual([
      ['not-new', 1],
      ['not-sound', 9],
      ['stranger', 1],
    ]);
    expect([...(node.games.get('game')?.said ?? [])]).toEqual([['1.3', 1]]);
    lab.step(2, { kind: 'request', from: 9, request: { id: 3, session: 1, op: { f: 'attack', commander: 77, game: 'x' }, mode: 'write' } });
    expect(node.games.size).toBe(1);
  });
});

function signed(
  n: number,
  m: number,
  commander: NodeId,
  traitors: ReadonlyMap<NodeId, Treason<SignedMessage>>,
  seed = 1,
): GameLab<SignedMessage> {
  const nodes = ids(n).map((id) => new SignedGenerals(id, ids(n), { roundUs: 1000, traitors: m }));
  return new GameLab(seed, nodes as never, traitors).play(told(n, commander, 1));
}

/** A traitor signs what it likes in its own name; what others signed it can only pass on or keep. */
function signedStrategy(id: NodeId, strategy: number): Treason<SignedMessage> {
  let rest = strategy;
  return ({ message }, sign) => {
    const choice = rest % 4;
    rest = Math.floor(rest / 4);
    if (choice === 0) return [];
    const make = (order: number): SignedMessage => ({
      ...message,
      order,
      signatures: [...message.signatures.slice(0, -1), sign(signedContent(message.game, order, message.signers))],
    });
    expect(message.signers.at(-1)).toBe(id);
    return choice === 3 ? [make(0), make(1)] : [make(choice - 1)];
  };
}

describe('signed messages', () => {
  test.each([
    [3, 64],
    [4, 64],
  ])('n = %i, m = 1: no strategy of one traitor breaks IC1 or IC2 (theorem 2), also where oral messages fail', (n, strategies) => {
    for (const commander of [1, 2])
      for (let strategy = 0; strategy < strategies; strategy++) {
        const lab = signed(n, 1, commander, new Map([[1, signedStrategy(1, strategy)]]), strategy + 1);
        expect([commander, strategy, holds(lab as never, commander, 1, new Set([1]))]).toEqual([commander, strategy, true]);
      }
  });

  test('n = 5, m = 3: three traitors of five break nothing, in 200 drawn plans', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = new Random(seed, 'signed');
      const traitors = new Map([1, 2, 3].map((id) => [id, signedStrategy(id, random.below(1_000_000))] as const));
      const commander = 1 + random.below(5);
      const lab = signed(5, 3, commander, traitors, seed);
      expect([seed, holds(lab as never, commander, 1, new Set([1, 2, 3]))]).toEqual([seed, true]);
    }
  });

  test('without relaying, SM(0), a traitorous commander splits three', () => {
    const splits = Array.from({ length: 64 }, (_, strategy) => signed(3, 0, 1, new Map([[1, signedStrategy(1, strategy)]])));
    expect(splits.some((lab) => !holds(lab as never, 1, 1, new Set([1])))).toBe(true);
  });

  test('when all are loyal, at most (n-1) + (n-1)(n-2) messages, and so many when the commander is heard first', () => {
    for (const [n, m] of [
      [3, 1],
      [4, 1],
      [5, 2],
      [4, 0],
    ] as const) {
      const counts = Array.from({ length: 60 }, (_, seed) => {
        const lab = signed(n, m, 1, new Map(), seed);
        expect([...lab.decided.values()]).toEqual(ids(n).map(() => 1));
        return lab.sent;
      });
      expect(Math.max(...counts)).toBe(signedMessages(n, m));
    }
  });

  test('what is not proved is dropped and counted', () => {
    const node = new SignedGenerals(2, ids(3), { roundUs: 1000, traitors: 1 });
    const lab = new GameLab<SignedMessage>(1, [node as never]);
    lab.ask(2, { f: 'attack', commander: 1, game: 'game' });
    const say = (from: NodeId, signers: readonly NodeId[], signatures: readonly Value[]): void =>
      lab.step(2, { kind: 'message', from, message: { game: 'game', order: 1, signers, signatures } });
    say(1, [1], ['forged']);
    say(3, [1, 3], [7, 8]);
    lab.settle();
    for (const signers of [[3], [1, 1], [1, 3, 3], [1, 2, 3], []]) say(3, signers, signers);
    say(1, [1], []);
    expect([...node.dropped].sort()).toEqual([
      ['not-proved', 2],
      ['not-sound', 6],
    ]);
    expect(node.games.get('game')?.orders.size).toBe(0);
  });
});
