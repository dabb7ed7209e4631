/** Messages and records: their codec; a node that is told nonsense keeps its state; a clone does what its original does. */
import { expect, test } from 'vitest';
import { type Input, LightconeError, Random, Reader, type Schema, Writer } from '../../core/index.ts';
import { defaultVoteConfig, messageSchema, recordSchema, type VoteConfig, type VoteMessage, VoteNode, type VoteRecord } from './index.ts';
import { Booth, question, said } from './testing.ts';

const voters = [1, 2, 3, 4];
const config: VoteConfig = { ...defaultVoteConfig, voters, faults: 1 };

function bytesOf<T>(schema: Schema<T>, value: T): Uint8Array {
  const writer = new Writer();
  schema.write(writer, value);
  return writer.take();
}

function through<T>(schema: Schema<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = schema.read(reader);
  reader.done();
  return value;
}

function stateOf(node: VoteNode): string {
  const writer = new Writer();
  node.encode(writer);
  return writer.take().toString();
}

for (const [name, schema] of [
  ['messages', messageSchema],
  ['records', recordSchema],
] as const) {
  test(`${name}: one encoding each; garbage ends as LC_CODEC or decodes to what encodes alike`, () => {
    const random = new Random(7, name);
    let decoded = 0;
    for (let i = 0; i < 1500; i++) {
      const value = schema.sample(random) as never;
      const bytes = bytesOf<never>(schema as Schema<never>, value);
      expect(through<never>(schema as Schema<never>, bytes)).toEqual(value);
      let garbage: Uint8Array = Uint8Array.from({ length: random.below(40) }, () => random.below(256));
      if (random.below(2) === 0) {
        garbage = bytes.slice(0, random.below(3) === 0 ? random.below(bytes.length) : bytes.length);
        if (garbage.length > 0) garbage[random.below(garbage.length)] = random.below(256);
      }
      try {
        const read = through(schema as Schema<unknown>, garbage);
        decoded++;
        expect(bytesOf(schema as Schema<unknown>, read)).toEqual(garbage);
      } catch (error) {
        if (!(error instanceof LightconeError)) throw error;
        expect(error.code).toBe('LC_CODEC');
      }
    }
    expect(decoded).toBeGreaterThan(100);
  });
}

test('well-formed nonsense changes no ballot and decides nothing: 600 messages and their mutations, each dropped and counted', () => {
  const random = new Random(11);
  let counted = 0;
  for (let round = 0; round < 20; round++) {
    const booth = new Booth(config, [...voters, 9]);
    booth.ask(9);
    booth.settle(({ message }) => message.type === 'ask');
    const before = new Map([...booth.nodes].map(([id, node]) => [id, stateOf(node)]));
    for (let i = 0; i < 30; i++) {
      const pending = random.pick(booth.net);
      let message: VoteMessage = random.below(2) === 0 ? messageSchema.sample(random) : messageSchema.mutate(random, pending.message);
      // A question of its own may be asked by anybody, and a true answer may come.
      if (message.type === 'ask' || message.type === 'refuse') message = { ...message, type: 'show', answers: [] } as VoteMessage;
      if (JSON.stringify(message) === JSON.stringify(pending.message)) continue;
      const to = random.pick([...booth.nodes.keys()]);
      const node = booth.node(to);
      const total = (): number => [...node.dropped.values()].reduce((sum, count) => sum + count, 0);
      const was = total();
      booth.bring(random.pick([...voters, 9, 50]), to, message);
      expect(total()).toBe(was + 1);
      counted++;
    }
    for (const [id, node] of booth.nodes) expect(stateOf(node)).toBe(before.get(id));
    expect([booth.replies, booth.indications]).toEqual([[], []]);
  }
  expect(counted).toBeGreaterThan(500);
});

test('a message of a liar that is too long is not worth any work', () => {
  const booth = new Booth(config, [1]);
  const occasion = { question, nonce: 'n', expiryUs: booth.nowUs + 1 };
  const one = { voter: 1, says: 'ready' as const, signature: said(1, occasion, 'ready').signature };
  booth.bring(9, 1, { type: 'show', ...occasion, answers: Array.from({ length: 5000 }, () => one) });
  booth.bring(9, 1, { type: 'ask', ...occasion, question: { ...question, subject: 'x'.repeat(100_000) } });
  expect([...booth.node(1).dropped]).toEqual([['LC_CODEC', 2]]);
});

test('clones do what their originals do, and neither moves the other', () => {
  let compared = 0;
  class Shadowed extends VoteNode {
    override step(input: Input<VoteMessage, VoteRecord>, out: Parameters<VoteNode['step']>[1]): void {
      if (this.constructor !== Shadowed || input.kind === 'start') return super.step(input, out);
      const shadow = Object.setPrototypeOf(this.clone(), VoteNode.prototype) as VoteNode;
      const before = stateOf(this);
      expect(stateOf(shadow)).toBe(before);
      const logs: unknown[][] = [[], []];
      const spy = (log: unknown[], target: object | null): never =>
        new Proxy(out as object, {
          get:
            (_, name) =>
            (...args: unknown[]): unknown => {
              log.push([name, ...args]);
              return target === null ? undefined : (target as Record<string | symbol, (...all: unknown[]) => unknown>)[name]?.(...args);
            },
        }) as never;
      super.step(input, spy(logs[0] as unknown[], out));
      expect(stateOf(shadow), 'the clone did not move').toBe(before);
      shadow.step(input, spy(logs[1] as unknown[], null));
      expect(logs[1]).toEqual(logs[0]);
      expect(stateOf(shadow)).toBe(stateOf(this));
      compared++;
    }
  }
  for (let seed = 1; seed <= 15; seed++) {
    const random = new Random(seed, 'clone');
    const booth = new Booth(config, [...voters, 9, 10], (id, own) => new Shadowed(id, own));
    booth.slowServices = random.below(2) === 0;
    for (let i = 0; i < 60; i++) {
      const kind = random.below(8);
      if (kind === 0) booth.ask(random.pick([9, 10]), `n${random.below(4)}`, { ...question, id: `q${random.below(2)}` });
      else if (kind === 1 && booth.consulted.length > 0) booth.tell(random.pick([true, false, null]));
      else if (kind === 2) booth.pass(random.pick([0, config.retryUs, config.patienceUs]));
      else if (kind === 3) booth.bring(random.pick(voters), random.pick(voters), messageSchema.sample(random));
      else booth.settle((parcel) => parcel === booth.net[0]);
    }
  }
  expect(compared).toBeGreaterThan(700);
});

test('a clone with another state has other bytes', () => {
  const booth = new Booth(config, [...voters, 9]);
  const seen = new Set<string>();
  const note = (): void => {
    for (const node of booth.nodes.values()) seen.add(stateOf(node));
  };
  note();
  booth.ask(9);
  note();
  booth.settle(({ message }) => message.type === 'ask');
  note();
  booth.settle(({ message }) => message.type === 'answer');
  note();
  booth.settle(({ message }) => message.type === 'show');
  note();
  // Nothing yet; answered, voted; asking, having shown. Once it has decided, the asker knows nothing again.
  expect(seen.size).toBe(5);
});
