/**
 * NATS' text protocol, as far as requests need it: subscribe to an inbox once, publish with it as reply, take what
 * arrives. A status of 503 means that nobody listens on the subject, so that nothing was done. JetStream is requests
 * with JSON answers on top.
 */
import type { Address } from '../../nemesis/index.ts';
import { Broken, Refused } from '../completion.ts';
import { jsonAnswer } from '../json-answer.ts';
import type { Patience } from '../patience.ts';
import { type Parsed, Wire } from '../wire.ts';

const MAX_LINE = 1 << 20;
const MAX_PAYLOAD = 16 << 20;
const OPTIONS = { verbose: false, pedantic: false, headers: true, no_responders: true, lang: 'lightcone', version: '0', protocol: 1 };

export interface Message {
  readonly subject: string;
  readonly reply: string;
  /** `503` and its like; empty for a message. */
  readonly status: string;
  readonly payload: string;
}

export interface Login {
  readonly user?: string;
  readonly password?: string;
}

let connections = 0;

/** The next frame: a message, a word of the server, or null while it is not all there. */
function frame(bytes: Buffer, at: number): Parsed<Message | string> | null {
  const end = bytes.indexOf('\r\n', at);
  if (end < 0) {
    if (bytes.length - at > MAX_LINE) throw new Broken('NOT_NATS', true);
    return null;
  }
  const line = bytes.toString('utf8', at, end);
  const words = line.split(/\s+/);
  if (words[0] !== 'MSG' && words[0] !== 'HMSG') return { value: line, used: end + 2 };
  const withHeader = words[0] === 'HMSG';
  const sizes = withHeader ? 2 : 1;
  const total = Number(words.at(-1));
  if (!(total >= 0 && total <= MAX_PAYLOAD)) throw new Broken('NOT_NATS', true);
  const used = end + 2 + total + 2;
  if (bytes.length < used) return null;
  const headerLength = withHeader ? Number(words.at(-2)) : 0;
  const header = bytes.toString('utf8', end + 2, end + 2 + headerLength);
  const payload = bytes.toString('utf8', end + 2 + headerLength, end + 2 + total);
  const reply = words.length - sizes === 4 ? (words[3] as string) : '';
  return { value: { subject: words[1] as string, reply, status: /^NATS\/1\.0 (\d{3})/.exec(header)?.[1] ?? '', payload }, used };
}

export class Nats {
  readonly #wire: Wire;
  readonly #patience: Patience;
  readonly #inbox: string;
  #requests = 0;

  /** What the server said of itself when it was met. */
  readonly info: { readonly [field: string]: unknown };

  private constructor(wire: Wire, patience: Patience, inbox: string, info: { readonly [field: string]: unknown }) {
    this.info = info;
    this.#wire = wire;
    this.#patience = patience;
    this.#inbox = inbox;
  }

  static async connect(address: Address, patience: Patience, login: Login = {}): Promise<Nats> {
    const wire = await Wire.connect(address, patience());
    const inbox = `_INBOX.${process.pid}.${++connections}`;
    const { user, password: pass } = login;
    const hello = `CONNECT ${JSON.stringify({ ...OPTIONS, user, pass })}\r\nSUB ${inbox}.* 1\r\nPING\r\n`;
    let info: { readonly [field: string]: unknown } = {};
    const greeted = (said: Message | string): boolean => {
      if (typeof said === 'string' && said.startsWith('INFO {')) info = jsonAnswer(said.slice(5)) as typeof info;
      return said === 'PONG';
    };
    try {
      await wire.ask(hello, (bytes) => until(bytes, greeted), patience());
    } catch (error) {
      wire.close();
      throw error;
    }
    return new Nats(wire, patience, inbox, info);
  }

  get isOpen(): boolean {
    return this.#wire.isOpen;
  }

  /** The first answer. Throws Refused where nobody listens, Broken where nobody answers. */
  async request(subject: string, payload: string, headers: { readonly [name: string]: string } = {}): Promise<Message> {
    const [message] = await this.collect(subject, payload, () => true, headers);
    if (message?.status === '503') throw new Refused('NO_RESPONDERS', true);
    return message as Message;
  }

  /** All answers up to the one that `isLast`. */
  async collect(
    subject: string,
    payload: string,
    isLast: (message: Message) => boolean,
    headers: { readonly [name: string]: string } = {},
  ): Promise<readonly Message[]> {
    const reply = `${this.#inbox}.${++this.#requests}`;
    const answers = (bytes: Buffer): Parsed<readonly Message[]> | null => {
      const got: Message[] = [];
      const last = until(bytes, (said) => {
        if (said === 'PING') this.#wire.write('PONG\r\n');
        if (typeof said === 'string') return false;
        // Messages of a stream keep their own subject: the inbox is ours alone, and one question is open at a time.
        if (said.subject.startsWith(this.#inbox) && said.subject !== reply) return false;
        got.push(said);
        return isLast(said);
      });
      return last === null ? null : { value: got, used: last.used };
    };
    return await this.#wire.ask(publication(subject, reply, payload, headers), answers, this.#patience());
  }

  close(): void {
    this.#wire.close();
  }
}

/** Frames up to the first that fits; an error of the server is thrown. */
function until(bytes: Buffer, fits: (said: Message | string) => boolean): Parsed<null> | null {
  for (let at = 0; ; ) {
    const next = frame(bytes, at);
    if (next === null) return null;
    at = next.used;
    if (typeof next.value === 'string' && next.value.startsWith('-ERR')) throw new Broken('SERVER_ERROR', true);
    if (fits(next.value)) return { value: null, used: at };
  }
}

function publication(subject: string, reply: string, payload: string, headers: { readonly [name: string]: string }): string {
  const size = Buffer.byteLength(payload);
  const names = Object.entries(headers);
  if (names.length === 0) return `PUB ${subject} ${reply} ${size}\r\n${payload}\r\n`;
  const head = `NATS/1.0\r\n${names.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return `HPUB ${subject} ${reply} ${Buffer.byteLength(head)} ${Buffer.byteLength(head) + size}\r\n${head}${payload}\r\n`;
}
