import { createHash, hash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { contentHash, hashBytes, useSha256 } from './content-hash.ts';

const native = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

afterEach(() => useSha256((bytes) => createHash('sha256').update(bytes).digest('hex')));

test('is SHA-256, whoever computes it, of as many bytes as asked', () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 300, 5000]) {
    const bytes = Uint8Array.from({ length: length + 3 }, (_, i) => (i * 7 + length) % 256);
    const portable = hashBytes(bytes, length);
    useSha256(native);
    expect([hashBytes(bytes, length), portable]).toEqual([portable, native(bytes.subarray(0, length))]);
  }
  expect(contentHash({ a: [1, 'x'] })).toBe(contentHash({ a: [1, 'x'] }));
  expect(contentHash({ a: [1, 'x'] })).not.toBe(contentHash({ a: [1, 'y'] }));
});

test('another function is refused, and changes nothing', () => {
  const before = contentHash('x');
  expect(() => useSha256(() => 'ab')).toThrow(/LC_USAGE|gives another digest/);
  expect(contentHash('x')).toBe(before);
});
