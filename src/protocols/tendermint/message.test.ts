import { expect, test } from 'vitest';
import { LightconeError, Random, Reader, type Schema, Writer } from '../../core/index.ts';
import { messageSchema, renderMessage } from './message.ts';
import { recordSchema } from './record.ts';

function bytesOf(schema: Schema<unknown>, value: unknown): Uint8Array {
  const writer = new Writer();
  schema.write(writer, value);
  return writer.take();
}

function through(schema: Schema<unknown>, bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = schema.read(reader);
  reader.done();
  return value;
}

for (const [name, typed] of [
  ['messages', messageSchema],
  ['records', recordSchema],
] as const) {
  const schema = typed as Schema<unknown>;
  test(`${name} survive their codec, have one encoding each, and mutate to neighbours that encode`, () => {
    const random = new Random(7, name);
    let changed = 0;
    for (let i = 0; i < 800; i++) {
      const value = schema.sample(random);
      const bytes = bytesOf(schema, value);
      expect(through(schema, bytes)).toEqual(value);
      const mutated = schema.mutate(random, value);
      expect(through(schema, bytesOf(schema, mutated))).toEqual(mutated);
      if (!Buffer.from(bytesOf(schema, mutated)).equals(bytes)) changed++;
    }
    expect(changed).toBeGreaterThan(300);
  });

  test(`${name}: random and damaged bytes throw LC_CODEC or decode to what encodes alike`, () => {
    const random = new Random(8, name);
    let decoded = 0;
    for (let i = 0; i < 6_000; i++) {
      let bytes: Uint8Array = Uint8Array.from({ length: random.below(60) }, () => random.below(256));
      if (random.below(2) === 0) {
        bytes = bytesOf(schema, schema.sample(random));
        const at = random.below(bytes.length);
        if (random.below(3) === 0) bytes = bytes.slice(0, at);
        else bytes[at] = random.below(256);
      }
      try {
        const value = through(schema, bytes);
        decoded++;
        expect(bytesOf(schema, value)).toEqual(bytes);
      } catch (error) {
        if (!(error instanceof LightconeError)) throw error;
        expect(error.code).toBe('LC_CODEC');
      }
    }
    expect(decoded).toBeGreaterThan(50);
  });
}

test('messages are rendered with what they say', () => {
  const statement = { type: 'prevote', height: 3, round: 0, value: null, validRound: -1, signer: 2, signature: 's' } as const;
  expect(renderMessage({ type: 'vote', statement })).toBe('prevote h3 r0 nil of n2');
});
