import { expect, test } from 'vitest';
import { digest, hash32, Random, RollingHash } from './index.ts';

test('a stream is the same on every engine and for ever: a seed in an old report still replays', () => {
  const random = new Random(42, 'network', 3);
  expect(Array.from({ length: 4 }, () => random.u32())).toMatchSnapshot();
});

test('streams with other seeds or labels are unlike; a clone goes on alike', () => {
  const draw = (random: Random): string => Array.from({ length: 8 }, () => random.below(1000)).join();
  const streams = [
    new Random(1),
    new Random(2),
    new Random(1, 'a'),
    new Random(1, 'b'),
    new Random(1, 0),
    new Random(1, 1),
    new Random(2 ** 40 + 1),
  ];
  expect(new Set(streams.map(draw)).size).toBe(streams.length);
  const [stream] = streams as [Random];
  expect(draw(stream.clone())).toBe(draw(stream));
});

test('below(n) is uniform: chi-square over 16 cells stays below the 1 in a million limit', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const random = new Random(seed);
    const counts = new Array<number>(16).fill(0);
    for (let i = 0; i < 160_000; i++) {
      const cell = random.below(16);
      counts[cell] = (counts[cell] as number) + 1;
    }
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(52);
  }
});

test('murmur3 of known vectors', () => {
  const of = (text: string, seed: number): number => hash32(new TextEncoder().encode(text), 0, text.length, seed);
  expect(of('', 0)).toBe(0);
  expect(of('', 1)).toBe(0x514e28b7);
  expect(of('test', 0)).toBe(0xba6bd213);
  expect(of('Hello, world!', 0)).toBe(0xc0363e43);
  expect(of('The quick brown fox jumps over the lazy dog', 0)).toBe(0x2e4ff723);
});

test('a digest sees a single flipped bit, a rolling hash sees order', () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => i);
  const seen = new Set([digest(bytes)]);
  for (let bit = 0; bit < 512; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    seen.add(digest(flipped));
  }
  expect(seen.size).toBe(513);
  const roll = (...words: number[]): string => {
    const hash = new RollingHash();
    for (const word of words) hash.word(word);
    return String(hash);
  };
  expect(roll(1, 2)).not.toBe(roll(2, 1));
  expect(roll(0)).not.toBe(roll(0, 0));
});
