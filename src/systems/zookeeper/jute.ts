/** ZooKeeper's encoding (jute): big-endian numbers, texts and bytes with their length, lists with their count. */
import { Broken } from '../completion.ts';

const MAX_ITEMS = 5_000_000;

export class JuteWriter {
  readonly #parts: Buffer[] = [];

  int(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    this.#parts.push(bytes);
    return this;
  }

  long(value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    this.#parts.push(bytes);
    return this;
  }

  flag(value: boolean): this {
    this.#parts.push(Buffer.from([value ? 1 : 0]));
    return this;
  }

  bytes(value: Buffer): this {
    this.int(value.length);
    this.#parts.push(value);
    return this;
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value, 'utf8'));
  }

  /** With the length in front, as every packet has. */
  packet(): Buffer {
    const body = Buffer.concat(this.#parts);
    const head = Buffer.alloc(4);
    head.writeInt32BE(body.length);
    return Buffer.concat([head, body]);
  }
}

export class JuteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  long(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  bytes(): Buffer {
    const length = this.int();
    if (length <= 0) return Buffer.alloc(0);
    const from = this.#take(length);
    return this.#bytes.subarray(from, from + length);
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  texts(): string[] {
    const count = this.int();
    if (count > MAX_ITEMS) throw new Broken('NOT_ZOOKEEPER', true);
    return Array.from({ length: Math.max(0, count) }, () => this.text());
  }

  #take(length: number): number {
    const from = this.#at;
    if (from + length > this.#bytes.length) throw new Broken('NOT_ZOOKEEPER', true);
    this.#at = from + length;
    return from;
  }
}
