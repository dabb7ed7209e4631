import { expect, test } from 'vitest';
import { LightconeError, Random, Reader, type Schema, Writer } from '../../core/index.ts';
import { entryKinds, makeEntry, messageNames, messageSchema, messageTypes, renderMessage, valueBytes } from './message.ts';
import { recordSchema } from './record.ts';

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
  ['messages', messageSchema],
  ['records', recordSchema],
] as const) {
  test(`${name} survive their codec, and have one encoding each`, () => {
    const random = new Random(7, name);
    for (let i = 0; i < 1500; i++) {
      const value = schema.sample(random) as never;
      const bytes = bytesOf<never>(schema as Schema<never>, value);
      const copy = through<never>(schema as Schema<never>, bytes);
      expect(copy).toEqual(value);
      expect(bytesOf<never>(schema as Schema<never>, copy)).toEqual(bytes);
    }
  });

  test(`${name}: random and damaged bytes throw LC_CODEC or decode to what encodes alike`, () => {
    const random = new Random(8, name);
    let decoded = 0;
    for (let i = 0; i < 8_000; i++) {
      let bytes: Uint8Array = Uint8Array.from({ length: random.below(40) }, () => random.below(256));
      if (random.below(2) === 0) {
        bytes = bytesOf(schema as Schema<unknown>, schema.sample(random));
        const at = random.below(bytes.length);
        if (random.below(3) === 0) bytes = bytes.slice(0, at);
        else bytes[at] = random.below(256);
      }
      try {
        const value = through(schema as Schema<unknown>, bytes);
        decoded++;
        expect(bytesOf(schema as Schema<unknown>, value)).toEqual(bytes);
      } catch (error) {
        if (!(error instanceof LightconeError)) throw error;
        expect(error.code).toBe('LC_CODEC');
      }
    }
    expect(decoded).toBeGreaterThan(100);
  });

  test(`${name}: a mutation is a neighbour that still encodes`, () => {
    const random = new Random(9, name);
    let changed = 0;
    for (let i = 0; i < 500; i++) {
      const value = schema.sample(random);
      const mutated = schema.mutate(random, value as never);
      const bytes = bytesOf(schema as Schema<unknown>, mutated);
      expect(through(schema as Schema<unknown>, bytes)).toEqual(mutated);
      if (schema.render(mutated as never) !== schema.render(value as never)) changed++;
    }
    expect(changed).toBeGreaterThan(200);
  });
}

test('messages are rendered with what they carry', () => {
  const base = messageSchema.sample(new Random(1));
  const message = {
    ...base,
    type: messageTypes.app,
    term: 3,
    index: 7,
    logTerm: 2,
    commit: 6,
    reject: false,
    hint: 0,
    context: 0,
    entries: [makeEntry(3, entryKinds.normal, 1, 1, 'x', 1)],
    snapshot: null,
  };
  expect(renderMessage(message)).toBe('app t3 log 2/7 commit 6 [3:"x"]');
  expect(messageNames).toHaveLength(Object.keys(messageTypes).length);
});

test('the size of a value is about that of its encoding', () => {
  for (const value of ['abc', 5, null, true, new Uint8Array(256), [1, 'x'], { f: 'write', key: 1, value: 'y' }]) {
    const writer = new Writer();
    writer.value(value);
    expect(Math.abs(valueBytes(value) - writer.length)).toBeLessThan(24);
  }
});
