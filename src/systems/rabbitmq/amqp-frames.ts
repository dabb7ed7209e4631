/** AMQP's frames and the fields of its methods (specification 0-9-1, sections 2.3.5 and 4.2). */
import { Broken } from '../completion.ts';

const KIND = { 1: 'method', 2: 'header', 3: 'body', 8: 'heartbeat' } as const;
const END = 0xce;
const HEADER = 7;
const MAX_FRAME = 16 << 20;
const BASIC = 60;
/** In the flags of a content header: delivery mode is there. */
const WITH_DELIVERY_MODE = 0x1000;

const id = (group: number, number: number): number => group * 65_536 + number;
export const METHOD = {
  start: id(10, 10),
  startOk: id(10, 11),
  tune: id(10, 30),
  tuneOk: id(10, 31),
  open: id(10, 40),
  openOk: id(10, 41),
  connectionClose: id(10, 50),
  channelOpen: id(20, 10),
  channelOpenOk: id(20, 11),
  channelClose: id(20, 40),
  queueDeclare: id(50, 10),
  queueDeclareOk: id(50, 11),
  publish: id(60, 40),
  returned: id(60, 50),
  get: id(60, 70),
  getOk: id(60, 71),
  getEmpty: id(60, 72),
  ack: id(60, 80),
  nack: id(60, 120),
  confirmSelect: id(85, 10),
  confirmSelectOk: id(85, 11),
} as const;

export interface Frame {
  readonly kind: (typeof KIND)[keyof typeof KIND];
  readonly channel: number;
  /** 0 where it is no method. */
  readonly method: number;
  /** Of a method: its arguments. */
  readonly payload: Buffer;
  /** Where the next one begins. */
  readonly end: number;
}

/** The whole frames at the beginning of `bytes`. Throws Broken where they are none. */
export function* frames(bytes: Buffer): Generator<Frame> {
  for (let at = 0; bytes.length >= at + HEADER; ) {
    const kind = KIND[bytes[at] as keyof typeof KIND];
    const size = bytes.readUInt32BE(at + 3);
    if (kind === undefined || size > MAX_FRAME) throw new Broken('NOT_AMQP', true);
    const end = at + HEADER + size + 1;
    if (bytes.length < end) return;
    if (bytes[end - 1] !== END || (kind === 'method' && size < 4)) throw new Broken('NOT_AMQP', true);
    const isMethod = kind === 'method';
    const payload = bytes.subarray(at + HEADER + (isMethod ? 4 : 0), end - 1);
    yield { kind, channel: bytes.readUInt16BE(at + 1), method: isMethod ? bytes.readUInt32BE(at + HEADER) : 0, payload, end };
    at = end;
  }
}

function frame(kind: number, channel: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEADER);
  head[0] = kind;
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([END])]);
}

/** Header and body of a message. */
export function contentFrames(channel: number, deliveryMode: number, body: Buffer): Buffer {
  const header = Buffer.alloc(15);
  header.writeUInt16BE(BASIC, 0);
  header.writeBigUInt64BE(BigInt(body.length), 4);
  header.writeUInt16BE(WITH_DELIVERY_MODE, 12);
  header[14] = deliveryMode;
  return Buffer.concat([frame(2, channel, header), ...(body.length === 0 ? [] : [frame(3, channel, body)])]);
}

export class MethodWriter {
  readonly #pieces: Buffer[] = [];

  constructor(method: number) {
    this.long(method);
  }

  octet(value: number): this {
    return this.#add(Buffer.from([value]));
  }

  short(value: number): this {
    const piece = Buffer.alloc(2);
    piece.writeUInt16BE(value);
    return this.#add(piece);
  }

  long(value: number): this {
    const piece = Buffer.alloc(4);
    piece.writeUInt32BE(value);
    return this.#add(piece);
  }

  /** At most 255 bytes. */
  text(value: string): this {
    const bytes = Buffer.from(value, 'utf8');
    return this.octet(bytes.length).#add(bytes);
  }

  bytes(value: Buffer): this {
    return this.long(value.length).#add(value);
  }

  /** Of texts. */
  table(fields: { readonly [name: string]: string } = {}): this {
    const pieces = Object.entries(fields).flatMap(([name, value]) => {
      const [key, text] = [Buffer.from(name), Buffer.from(value)];
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      return [Buffer.from([key.length]), key, Buffer.from('S'), length, text];
    });
    return this.bytes(Buffer.concat(pieces));
  }

  frame(channel: number): Buffer {
    return frame(1, channel, Buffer.concat(this.#pieces));
  }

  #add(piece: Buffer): this {
    this.#pieces.push(piece);
    return this;
  }
}

/** Throws Broken where a method ends too early. */
export class MethodReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  short(): number {
    return this.#take(2).readUInt16BE();
  }

  long(): number {
    return this.#take(4).readUInt32BE();
  }

  text(): string {
    return this.#take(this.#take(1).readUInt8()).toString('utf8');
  }

  #take(length: number): Buffer {
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new Broken('NOT_AMQP', true);
    return this.#bytes.subarray(from, this.#at);
  }
}
