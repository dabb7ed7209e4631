import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeValue, encodeValue, equalValues, LightconeError, type Value } from './index.ts';

const values = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
  ) as fc.Arbitrary<Value>,
})).value;

test('a value survives the codec', () => {
  fc.assert(fc.property(values, (value) => equalValues(decodeValue(encodeValue(value)), value)));
});

test('equal values have equal bytes, whatever the order of their keys', () => {
  expect(encodeValue({ a: 1, b: [2] })).toEqual(encodeValue({ b: [2], a: 1 }));
  fc.assert(fc.property(values, values, (a, b) => equalValues(a, b) === (Buffer.compare(encodeValue(a), encodeValue(b)) === 0)));
});

test('bytes that no encoder wrote are refused with LC_CODEC, never anything else; accepted ones are canonical', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        return Buffer.compare(encodeValue(decodeValue(bytes)), bytes) === 0;
      } catch (error) {
        return error instanceof LightconeError && error.code === 'LC_CODEC';
      }
    }),
    { numRuns: 5000 },
  );
});
