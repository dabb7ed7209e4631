/** Redis' protocol (RESP 2), as far as our commands need it. An error is an answer: the command was not carried out. */
import type { Address } from '../../nemesis/index.ts';
import { Broken, Refused } from '../completion.ts';
import type { Patience } from '../patience.ts';
import { type Parsed, Wire } from '../wire.ts';

export type Reply = string | number | null | readonly Reply[];

const MAX_DEPTH = 8;
const MAX_LINE = 1 << 16;

function encode(words: readonly (string | number)[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

/** Lengths and counts of at least -1 (none), and plain numbers. Throws Broken. */
function integer(text: string, least = Number.NEGATIVE_INFINITY): number {
  const number = Number(text);
  if (!/^-?\d+$/.test(text) || number < least) throw new Broken('NOT_RESP', true);
  return number;
}

/** An error inside a list stays text; only an answer that is one is thrown, by the caller. */
function parse(bytes: Buffer, at = 0, depth = 0): Parsed<Reply | Refused> | null {
  const end = bytes.indexOf('\r\n', at);
  if (end < 0) {
    // Only a line is waited for, and none is that long.
    if (bytes.length - at > MAX_LINE) throw new Broken('NOT_RESP', true);
    return null;
  }
  const text = bytes.toString('utf8', at + 1, end);
  const next = end + 2;
  switch (bytes[at]) {
    case 0x2b: // +
      return { value: text, used: next };
    case 0x2d: // -
      return { value: new Refused(text.split(' ', 1)[0] ?? 'ERR', true, text), used: next };
    case 0x3a: // :
      return { value: integer(text), used: next };
    case 0x24: {
      const length = integer(text, -1);
      if (length < 0) return { value: null, used: next };
      if (bytes.length < next + length + 2) return null;
      return { value: bytes.toString('utf8', next, next + length), used: next + length + 2 };
    }
    case 0x2a: {
      if (depth > MAX_DEPTH) throw new Broken('ANSWER_TOO_DEEP', true);
      const items: Reply[] = [];
      let used = next;
      for (let left = integer(text, -1); left > 0; left--) {
        const item = parse(bytes, used, depth + 1);
        if (item === null) return null;
        items.push(item.value instanceof Refused ? item.value.message : item.value);
        used = item.used;
      }
      return { value: items, used };
    }
    default:
      throw new Broken('NOT_RESP', true);
  }
}

export interface Login {
  readonly user?: string;
  readonly password?: string;
}

export class Redis {
  readonly #wire: Wire;
  readonly #patience: Patience;

  private constructor(wire: Wire, patience: Patience) {
    this.#wire = wire;
    this.#patience = patience;
  }

  static async connect(address: Address, patience: Patience, { user, password }: Login = {}): Promise<Redis> {
    const redis = new Redis(await Wire.connect(address, patience()), patience);
    if (password === undefined) return redis;
    try {
      await redis.command('AUTH', ...(user === undefined ? [] : [user]), password);
      return redis;
    } catch (error) {
      redis.close();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#wire.isOpen;
  }

  /** Throws Refused for an error reply, Broken where none came. */
  async command(...words: readonly (string | number)[]): Promise<Reply> {
    const reply = await this.#wire.ask(encode(words), (bytes) => (bytes.length === 0 ? null : parse(bytes)), this.#patience());
    if (reply instanceof Refused) throw reply;
    return reply;
  }

  close(): void {
    this.#wire.close();
  }
}

/** `INFO` and `SENTINEL MASTER` as fields: the first is lines, the second a flat list. */
export function fieldsOf(reply: Reply): { readonly [name: string]: string } {
  if (typeof reply === 'string') {
    const pairs = reply.split('\r\n').map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)];
    });
    return Object.fromEntries(pairs);
  }
  const list = Array.isArray(reply) ? reply : [];
  return Object.fromEntries(Array.from({ length: list.length >> 1 }, (_, i) => [String(list[2 * i]), String(list[2 * i + 1])]));
}
