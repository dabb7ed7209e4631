import { expect, test } from 'vitest';
import { LightconeError, Random, Reader, type Schema, Writer } from '../../core/index.ts';
import { messageSchema, messageTypes, renderMessage } from './message.ts';
import { recordSchema } from './record.ts';
import { synodMessageSchema, synodRecordSchema } from './synod-message.ts';

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

const all = [
  ['messages', messageSchema],
  ['records', recordSchema],
  ['messages of single-decree Paxos', synodMessageSchema],
  ['records of single-decree Paxos', synodRecordSchema],
] as unknown as readonly (readonly [string, Schema<unknown>])[];

test.each(all)('%s survive their codec, and have one encoding each', (name, schema) => {
  const random = new Random(7, name);
  for (let i = 0; i < 800; i++) {
    const value = i % 2 === 0 ? schema.sample(random) : schema.mutate(random, schema.sample(random));
    const bytes = bytesOf(schema, value);
    const copy = through(schema, bytes);
    expect(copy).toEqual(value);
    expect(bytesOf(schema, copy)).toEqual(bytes);
  }
});

test.each(all)('%s: random and damaged bytes throw LC_CODEC or decode to what encodes alike', (name, schema) => {
  const random = new Random(8, name);
  let decoded = 0;
  let refused = 0;
  for (let i = 0; i < 3_000; i++) {
    let bytes: Uint8Array = Uint8Array.from({ length: random.below(40) }, () => random.below(256));
    if (random.below(2) === 0) {
      bytes = bytesOf(schema, schema.sample(random));
      if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
    }
    try {
      expect(bytesOf(schema, through(schema, bytes))).toEqual(bytes);
      decoded++;
    } catch (error) {
      expect(error).toBeInstanceOf(LightconeError);
      expect((error as LightconeError).code).toBe('LC_CODEC');
      refused++;
    }
  }
  expect(Math.min(decoded, refused)).toBeGreaterThan(100);
});

test('messages are told in one line, with their ballot as round and node', () => {
  const message = {
    ...messageSchema.sample(new Random(1, 'told')),
    type: messageTypes.accept,
    era: 1,
    ballot: 3002,
    slot: 4,
    commit: 3,
    mark: 0,
    round: 0,
    entries: [{ slot: 4, ballot: 3002, kind: 0 as const, session: 1, id: 2, op: 'x', size: 3 }],
    snapshot: null,
  };
  expect(renderMessage(message)).toBe('accept 3.2 from 4 commit 3 [4@3.2:"x"]');
});
