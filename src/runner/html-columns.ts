/** Columns of integers as zigzag varints: small distances become single bytes, which gzip then makes smaller still. */
import type { ColumnCoding } from './html-payload.ts';

/** Appends whole numbers of any sign up to 2^52. */
export class VarintWriter {
  #bytes = new Uint8Array(1 << 12);
  #length = 0;

  write(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow();
    // Zigzag by arithmetic: shifts would cut numbers at 32 bits.
    let rest = value >= 0 ? value * 2 : -value * 2 - 1;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** The page's `decodeColumn` is the other half. */
export function encodeColumn(values: ArrayLike<number>, coding: ColumnCoding): Uint8Array {
  const writer = new VarintWriter();
  let last = coding === 'recent' ? -1 : 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (coding === 'plain') writer.write(value);
    else if (coding === 'delta') {
      writer.write(value - last);
      last = value;
    } else {
      // 0 is none; distances keep clear of it by one step up.
      const distance = last + 1 - value;
      writer.write(value < 0 ? 0 : distance >= 0 ? distance + 1 : distance);
      if (value > last) last = value;
    }
  }
  return writer.bytes();
}
