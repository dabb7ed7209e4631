/** Garbage bytes end as LC_CODEC; well-formed nonsense changes nothing and is counted. */
import { expect, test } from 'vitest';
import { LightconeError, Random, Reader, type Schema, Writer } from '../../core/index.ts';
import { CardElection, cardSchema } from './card-election.ts';
import { claimSchema, HighestCard } from './highest-card.ts';
import { OralGenerals, oralSchema } from './oral-generals.ts';
import { brachaSchema, ReliableBroadcast } from './reliable-broadcast.ts';
import { SignedGenerals, signedSchema } from './signed-generals.ts';

const schemas = { oral: oralSchema, signed: signedSchema, claim: claimSchema, card: cardSchema, bracha: brachaSchema } as unknown as {
  readonly [name: string]: Schema<unknown>;
};

test.each(Object.entries(schemas))(
  '%s: messages survive their codec; damaged bytes throw LC_CODEC or decode to what encodes alike',
  (name, schema) => {
    const random = new Random(3, name);
    const write = (value: unknown): Uint8Array => {
      const w = new Writer();
      schema.write(w, value);
      return w.take();
    };
    let refused = 0;
    for (let i = 0; i < 700; i++) {
      const bytes = write(schema.sample(random));
      const damaged =
        i % 3 === 0
          ? bytes
          : i % 3 === 1
            ? bytes.slice(0, random.below(bytes.length))
            : bytes.map((byte) => (random.below(4) === 0 ? random.below(256) : byte));
      try {
        const reader = new Reader(damaged);
        const value = schema.read(reader);
        reader.done();
        expect(write(value)).toEqual(damaged);
      } catch (error) {
        if (!(error instanceof LightconeError)) throw error;
        expect(error.code).toBe('LC_CODEC');
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(150);
  },
);

const peers = [1, 2, 3, 4];
const config = { roundUs: 1000, traitors: 1, deck: 5, faults: 1, resendUs: 1000 };
const players = {
  oral: () => new OralGenerals(2, peers, config),
  signed: () => new SignedGenerals(2, peers, config),
  claim: () => new HighestCard(2, peers, config),
  card: () => new CardElection(2, peers, config),
  bracha: () => new ReliableBroadcast(2, peers, config),
} as unknown as { readonly [name: string]: () => Player };

interface Player {
  step(input: object, out: object): void;
  clone(): Player;
  encode(w: Writer): void;
  readonly dropped: ReadonlyMap<string, number>;
}

const bytesOf = (node: Player): string => {
  const w = new Writer();
  node.encode(w);
  return w.take().toString();
};

function recording(log: unknown[], random: Random): object {
  return new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...args: unknown[]) =>
          name === 'choose' ? random.below(args[0] as number) : log.push([name, ...args]),
    },
  );
}

const opening = {
  oral: { f: 'attack', commander: 1 },
  signed: { f: 'attack', commander: 1 },
  claim: { f: 'deal', cards: [[2, 7]] },
  card: { f: 'elect' },
  bracha: { f: 'broadcast', value: 1 },
} as const;

test.each(Object.keys(players))(
  '%s: a clone does what its original does, and moves alone; memory stays bounded under a flood of nonsense',
  (name) => {
    const random = new Random(4, name);
    let node = (players[name] as () => Player)();
    const schema = schemas[name] as Schema<unknown>;
    let largest = 0;
    for (let i = 0; i < 700; i++) {
      const kind = random.below(12);
      const message = schema.sample(random) as object;
      const game = { game: random.pick(['a', 'b', 'c']), number: random.pick(['a', 'b']) };
      const known =
        'game' in message
          ? { ...message, game: random.below(3) === 0 ? (message as { game: string }).game : game.game }
          : { ...message, number: game.number, sender: random.pick(peers) };
      const input =
        kind === 0
          ? {
              kind: 'request',
              from: 9,
              request: {
                id: i,
                session: 1,
                mode: 'write',
                op: { ...opening[name as keyof typeof opening], game: random.pick(['a', 'b', 'c', `${i}`]) },
              },
            }
          : kind === 1
            ? { kind: 'timer', timer: 0 }
            : kind === 2
              ? { kind: 'verified', token: random.below(40), valid: random.below(2) === 0 }
              : kind === 3
                ? { kind: 'signed', token: random.below(40), signature: 'x' }
                : { kind: 'message', from: random.pick([1, 3, 4, 7]), message: known };
      const now = i * 10;
      const copy = node.clone();
      const before = bytesOf(node);
      expect(bytesOf(copy)).toBe(before);
      const [mine, its]: [unknown[], unknown[]] = [[], []];
      const seed = random.u32();
      node.step({ now, ...input }, recording(mine, new Random(seed)));
      expect(bytesOf(copy)).toBe(before);
      copy.step({ now, ...input }, recording(its, new Random(seed)));
      expect(its).toEqual(mine);
      expect(bytesOf(copy)).toBe(bytesOf(node));
      if (random.below(20) === 0) node = copy;
      largest = Math.max(largest, before.length);
    }
    expect([...node.dropped.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(100);
    expect(largest).toBeLessThan(1_000_000);
  },
);
