/**
 * Seeded randomness, integers only: `Math.log` and `Math.sin` are not bit-equal across engines, integers are.
 * sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, period at least 2^32. Not for secrets.
 */

/** 32 well-mixed bits from a text (murmur3's finaliser over a multiply-xor pass). */
export function hashText(text: string, seed = 0): number {
  let h = seed ^ 0x9e3779b9;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x85ebca6b) ^ (h >>> 13);
  return mix32(h);
}

/** Bijective mixing of 32 bits (murmur3 fmix32). */
export function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Streams of one seed with different labels are independent: `new Random(seed, 'disk', 3)`. */
  constructor(seed: number, ...labels: readonly (string | number)[]) {
    this.#a = mix32(seed % 4294967296);
    this.#b = mix32(Math.floor(seed / 4294967296) ^ 0x6a09e667);
    this.#c = 0x243f6a88;
    for (const label of labels) this.#c = typeof label === 'number' ? mix32(this.#c ^ mix32(label + 1)) : hashText(label, this.#c);
    this.#d = 1;
    for (let i = 0; i < 12; i++) this.u32();
  }

  /** 32 uniform bits as a number in [0, 2^32). */
  u32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return t >>> 0;
  }

  /** A uniform integer in [0, n), 1 <= n <= 2^32. Its bias, at most n / 2^32, is below what a test here can see. */
  below(n: number): number {
    return Math.floor((this.u32() / 4294967296) * n);
  }

  /** A uniform integer in [min, max]. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** True `ppm` times in a million. */
  chance(ppm: number): boolean {
    return ppm > 0 && this.below(1_000_000) < ppm;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** In place, Fisher-Yates. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const item = items[i] as T;
      items[i] = items[j] as T;
      items[j] = item;
    }
    return items;
  }

  clone(): Random {
    const copy = new Random(0);
    copy.#a = this.#a;
    copy.#b = this.#b;
    copy.#c = this.#c;
    copy.#d = this.#d;
    return copy;
  }
}
