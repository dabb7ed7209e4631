/** SHA-256 against the examples of FIPS 180-4 and against another implementation. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { expect, test } from 'vitest';
import { Random } from './random.ts';
import { sha256Hex } from './sha256.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test('the examples of FIPS 180-4', () => {
  expect(sha256Hex(bytesOf('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(sha256Hex(bytesOf(''))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(sha256Hex(bytesOf('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'))).toBe(
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  );
});

test('every length up to five blocks, and some long ones, as another implementation has it', () => {
  const random = new Random(1, 'sha256');
  for (const length of [...Array.from({ length: 321 }, (_, i) => i), 1000, 65_535, 1_000_000]) {
    const bytes = Uint8Array.from({ length }, () => random.below(256));
    expect(sha256Hex(bytes), `${length} bytes`).toBe(bytesToHex(sha256(bytes)));
    const longer = new Uint8Array(length + 7);
    longer.set(bytes);
    expect(sha256Hex(longer, length)).toBe(sha256Hex(bytes));
  }
});
