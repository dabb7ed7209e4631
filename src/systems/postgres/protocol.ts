/**
 * PostgreSQL's protocol 3.0, the simple query part (manual, chapter 55): one text of statements, all their answers, and
 * ReadyForQuery. Errors carry SQLSTATE codes; those of a server that shuts down or lost its connection say nothing
 * about a commit that was under way. No TLS; our own clusters trust loopback.
 */
import type { Address } from '../../nemesis/index.ts';
import { Broken, Refused } from '../completion.ts';
import type { Patience } from '../patience.ts';
import { type Parsed, Wire } from '../wire.ts';
import { type Challenge, type Login, OURS, parametersOf, passwordReply } from './login.ts';

const PROTOCOL = 196_608;
const HEADER = 5;
const MAX_MESSAGE = 16 << 20;
const SERVER_PROOF = 12;
/** Connection exceptions, operator intervention but for a cancelled statement, system and internal errors. */
const UNSURE = /^(08|57P|58|XX)/;

export type Row = readonly (string | null)[];
export interface Answer {
  /** Of the last statement that returned any. */
  readonly rows: readonly Row[];
  /** `INSERT 0 1`, of the last statement. */
  readonly tag: string;
  /** SQLSTATEs of warnings: a commit whose wait for a standby was cancelled succeeds with one. */
  readonly warnings: readonly string[];
}

/** A text as a literal; `standard_conforming_strings` is on. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

interface Message {
  readonly type: string;
  readonly body: Buffer;
}

function message(bytes: Buffer, at: number): Parsed<Message> | null {
  if (bytes.length < at + HEADER) return null;
  const length = bytes.readInt32BE(at + 1);
  if (length < 4 || length > MAX_MESSAGE) throw new Broken('NOT_POSTGRES', true);
  if (bytes.length < at + 1 + length) return null;
  return {
    value: { type: String.fromCharCode(bytes[at] as number), body: bytes.subarray(at + HEADER, at + 1 + length) },
    used: at + 1 + length,
  };
}

function fieldsOf(body: Buffer): { readonly [field: string]: string } {
  const fields = body
    .toString('utf8')
    .split('\0')
    .filter((field) => field !== '');
  return Object.fromEntries(fields.map((field) => [field[0] as string, field.slice(1)]));
}

function rowOf(body: Buffer): Row {
  const row: (string | null)[] = [];
  let at = 2;
  for (let left = body.readInt16BE(0); left > 0; left--) {
    const length = body.readInt32BE(at);
    at += 4;
    row.push(length < 0 ? null : body.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return row;
}

/** All answers up to ReadyForQuery; an error among them is returned, because what follows it must be taken off too. */
function answer(bytes: Buffer): Parsed<Answer | Refused> | null {
  let [rows, tag]: [Row[], string] = [[], ''];
  let refused: Refused | null = null;
  let fatal = false;
  const warnings: string[] = [];
  let at = 0;
  for (;;) {
    const next = message(bytes, at);
    // After a fatal error the server hangs up without a further word.
    if (next === null) return refused !== null && fatal ? { value: refused, used: at } : null;
    at = next.used;
    const { type, body } = next.value;
    if (type === 'T') rows = [];
    else if (type === 'D') rows.push(rowOf(body));
    else if (type === 'C') tag = body.toString('utf8', 0, body.length - 1);
    else if (type === 'N') warnings.push(fieldsOf(body).C ?? '');
    else if (type === 'E') {
      const { C: code = 'ERROR', M: text = '', V: severity = '' } = fieldsOf(body);
      fatal = severity === 'FATAL' || severity === 'PANIC';
      refused = new Refused(`SQL_${code}`, !UNSURE.test(code), text);
    } else if (type === 'Z') return { value: refused ?? { rows, tag, warnings }, used: at };
  }
}

/** A challenge, or all that follows it up to ReadyForQuery. */
function welcome(bytes: Buffer): Parsed<Challenge | Answer | Refused> | null {
  const first = message(bytes, 0);
  if (first === null) return null;
  const { type, body } = first.value;
  const kind = type === 'R' ? body.readInt32BE(0) : 0;
  // The server's own proof comes with its consent.
  if (kind !== 0 && kind !== SERVER_PROOF) return { value: { kind, data: body.subarray(4) }, used: first.used };
  return answer(bytes);
}

async function logIn(wire: Wire, start: Buffer, login: Login, patience: Patience): Promise<void> {
  const reply = passwordReply(login);
  for (let question = start; ; ) {
    const said = await wire.ask(question, welcome, patience());
    if (said instanceof Refused) throw said;
    if (!('kind' in said)) return;
    question = reply(said);
  }
}

export class Postgres {
  readonly #wire: Wire;
  readonly #patience: Patience;

  private constructor(wire: Wire, patience: Patience) {
    this.#wire = wire;
    this.#patience = patience;
  }

  /** Throws Refused with `PASSWORD_WANTED`, and what the server says of a wrong one. */
  static async connect(address: Address, patience: Patience, login: Login = OURS): Promise<Postgres> {
    const wire = await Wire.connect(address, patience());
    const connection = new Postgres(wire, patience);
    const parameters = Buffer.from(parametersOf(login));
    const start = Buffer.alloc(8);
    start.writeInt32BE(8 + parameters.length, 0);
    start.writeInt32BE(PROTOCOL, 4);
    try {
      await logIn(wire, Buffer.concat([start, parameters]), login, patience);
    } catch (error) {
      wire.close();
      throw error;
    }
    return connection;
  }

  /** The same connection with another patience. */
  within(patience: Patience): Postgres {
    return new Postgres(this.#wire, patience);
  }

  get isOpen(): boolean {
    return this.#wire.isOpen;
  }

  /** Several statements in one text are one transaction. Throws Refused and Broken. */
  query(text: string): Promise<Answer> {
    const body = Buffer.from(`${text}\0`);
    const head = Buffer.alloc(HEADER);
    head.write('Q');
    head.writeInt32BE(4 + body.length, 1);
    return this.#ask(Buffer.concat([head, body])).then((said) => {
      // A statement that was carried out is named in the answer.
      if (said.tag === '') throw new Broken('NOT_POSTGRES', true);
      return said;
    });
  }

  close(): void {
    this.#wire.write(Buffer.from([0x58, 0, 0, 0, 4]));
    this.#wire.finish();
  }

  async #ask(question: Buffer): Promise<Answer> {
    const said = await this.#wire.ask(question, answer, this.#patience());
    if (!(said instanceof Refused)) return said;
    // Who shuts down says so and hangs up.
    if (!said.definite) this.#wire.close();
    throw said;
  }
}
