/** What travels and what is kept: every schema against its own bytes, garbage, and well-formed nonsense. */
import { expect, test } from 'vitest';
import { LightconeError, Random, Reader, type Schema, Writer } from '../../core/index.ts';
import { messageSchema, type PbftMessage } from './message.ts';
import { recordSchema } from './record.ts';
import { Lab } from './testing.ts';

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

for (const [name, schema] of [
  ['messages', messageSchema as Schema<unknown>],
  ['records', recordSchema as Schema<unknown>],
] as const) {
  test(`${name} survive their codec, and have one encoding each`, () => {
    const random = new Random(7, name);
    for (let i = 0; i < 800; i++) {
      const value = schema.sample(random);
      const bytes = bytesOf(schema, value);
      const copy = through(schema, bytes);
      expect(copy).toEqual(value);
      expect(bytesOf(schema, copy)).toEqual(bytes);
      const mutated = schema.mutate(random, value);
      expect(through(schema, bytesOf(schema, mutated))).toEqual(mutated);
    }
  });

  test(`${name}: random and damaged bytes throw LC_CODEC or decode to what encodes alike`, () => {
    const random = new Random(8, name);
    let refused = 0;
    for (let i = 0; i < 4_000; i++) {
      let bytes: Uint8Array = Uint8Array.from({ length: random.below(40) }, () => random.below(256));
      if (random.below(2) === 0) {
        bytes = bytesOf(schema, schema.sample(random));
        const at = random.below(bytes.length);
        if (random.below(3) === 0) bytes = bytes.slice(0, at);
        else bytes[at] = random.below(256);
      }
      try {
        expect(bytesOf(schema, through(schema, bytes))).toEqual(bytes);
      } catch (error) {
        if (!(error instanceof LightconeError)) throw error;
        expect(error.code).toBe('LC_CODEC');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
}

test('well-formed nonsense of one liar, thousands of messages of it, changes nothing that counts and stops nobody', () => {
  for (let seed = 1; seed <= 4; seed++) {
    const random = new Random(seed, 'nonsense');
    const lab = new Lab(4, { checkpointEvery: 2, window: 4 });
    const client = lab.client();
    let sent: PbftMessage[] = [];
    for (let i = 0; i < 12; i++) {
      lab.ask(client, i, 'write', i + 1);
      for (let k = 0; k < 400; k++) {
        const message =
          random.below(2) === 0 || sent.length === 0 ? messageSchema.sample(random) : messageSchema.mutate(random, random.pick(sent));
        lab.deliver(4, 1 + random.below(3), message);
      }
      lab.run(300_000);
      sent = lab.sent.slice(-200).map(({ message }) => message);
    }
    expect(
      lab.replies.map(({ reply }) => reply.value),
      `seed ${seed}`,
    ).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    for (const id of [1, 2, 3]) expect([...lab.replica(id).dropped.values()].reduce((a, b) => a + b, 0)).toBeGreaterThan(600);
  }
});
