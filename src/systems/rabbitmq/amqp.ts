/**
 * AMQP 0-9-1, as far as queues need it: one connection with one channel, publishing with publisher confirms, taking
 * single messages. A confirm is the broker's word that it has the message; a refusal to confirm (nack) is no word that it
 * has not. Frames and methods follow the protocol's specification (sections 2.3, 4.2) and RabbitMQ's extension for confirms.
 */
import type { Address } from '../../nemesis/index.ts';
import { Broken, Refused } from '../completion.ts';
import type { Patience } from '../patience.ts';
import { type Parsed, Wire } from '../wire.ts';
import { contentFrames, type Frame, frames, METHOD, MethodReader, MethodWriter } from './amqp-frames.ts';

const CHANNEL = 1;
/** Persistent. */
const DELIVERY_MODE = 2;
const MANDATORY = 1;
const NO_ACK = 1;
const DURABLE = 2;
/** Codes that say that what was asked was refused: access, no such thing, locked, precondition, not allowed. */
const DEFINITE = new Set([403, 404, 405, 406, 530]);

type Expect<T> = (frame: Frame) => { readonly value: T } | null;

/** The first frame that `expect` takes; others are passed over, but for the broker's closing words. */
function until<T>(expect: Expect<T>): (bytes: Buffer) => Parsed<T> | null {
  return (bytes) => {
    for (const frame of frames(bytes)) {
      refuseClosed(frame);
      const found = expect(frame);
      if (found !== null) return { value: found.value, used: frame.end };
    }
    return null;
  };
}

function refuseClosed({ method, payload }: Frame): void {
  if (method !== METHOD.connectionClose && method !== METHOD.channelClose) return;
  const reader = new MethodReader(payload);
  const code = reader.short();
  throw new Refused(`AMQP_${code}`, DEFINITE.has(code), reader.text());
}

const method =
  (wanted: number): Expect<MethodReader> =>
  ({ method: got, payload }) =>
    got === wanted ? { value: new MethodReader(payload) } : null;

export class Amqp {
  readonly #wire: Wire;
  readonly #patience: Patience;

  private constructor(wire: Wire, patience: Patience) {
    this.#wire = wire;
    this.#patience = patience;
  }

  static async connect(address: Address, patience: Patience): Promise<Amqp> {
    const wire = await Wire.connect(address, patience());
    const hello = Buffer.from('AMQP\0\0\x09\x01', 'latin1');
    const ask = <T>(question: Buffer, expect: Expect<T>): Promise<T> => wire.ask(question, until(expect), patience());
    await ask(hello, method(METHOD.start));
    const login = new MethodWriter(METHOD.startOk).table().text('PLAIN').bytes(Buffer.from('\0guest\0guest')).text('en_US');
    const tune = await ask(login.frame(0), method(METHOD.tune));
    const [channels, frameBytes] = [tune.short(), tune.long()];
    // Heartbeats are off: a time-out of the client's own ends what is silent.
    const tuned = new MethodWriter(METHOD.tuneOk).short(channels).long(frameBytes).short(0).frame(0);
    const open = new MethodWriter(METHOD.open).text('/').text('').octet(0).frame(0);
    await ask(Buffer.concat([tuned, open]), method(METHOD.openOk));
    await ask(new MethodWriter(METHOD.channelOpen).text('').frame(CHANNEL), method(METHOD.channelOpenOk));
    await ask(new MethodWriter(METHOD.confirmSelect).octet(0).frame(CHANNEL), method(METHOD.confirmSelectOk));
    return new Amqp(wire, patience);
  }

  get isOpen(): boolean {
    return this.#wire.isOpen;
  }

  close(): void {
    this.#wire.close();
  }

  /** With `x-` arguments; nothing happens where it is there already. */
  async declare(queue: string, options: { readonly [name: string]: string } = {}): Promise<void> {
    const writer = new MethodWriter(METHOD.queueDeclare).short(0).text(queue).octet(DURABLE).table(options);
    await this.#ask(writer.frame(CHANNEL), method(METHOD.queueDeclareOk));
  }

  /** Resolves when the broker has confirmed it. Refused with NACK: it may have it or not; with UNROUTABLE: no queue took it. */
  async publish(queue: string, body: string): Promise<void> {
    const writer = new MethodWriter(METHOD.publish).short(0).text('').text(queue).octet(MANDATORY);
    const message = Buffer.concat([writer.frame(CHANNEL), contentFrames(CHANNEL, DELIVERY_MODE, Buffer.from(body))]);
    let returned = false;
    const confirmed = await this.#ask(message, ({ method: got }) => {
      if (got === METHOD.returned) returned = true;
      return got === METHOD.ack || got === METHOD.nack ? { value: got === METHOD.ack } : null;
    });
    if (returned) throw new Refused('UNROUTABLE', true);
    if (!confirmed) throw new Refused('NACK', false);
  }

  /** The next message, which is the client's from then on; null where the queue is empty. */
  async take(queue: string): Promise<string | null> {
    const writer = new MethodWriter(METHOD.get).short(0).text(queue).octet(NO_ACK);
    const pieces: Buffer[] = [];
    let size: number | null = null;
    return await this.#ask(writer.frame(CHANNEL), ({ kind, method: got, payload }) => {
      // The parser begins anew when more has come.
      if (got === METHOD.getEmpty) return { value: null };
      if (got === METHOD.getOk) {
        pieces.length = 0;
        size = null;
      } else if (kind === 'header') size = Number(payload.readBigUInt64BE(4));
      else if (kind === 'body') pieces.push(payload);
      const there = pieces.reduce((sum, piece) => sum + piece.length, 0);
      return size !== null && there >= size ? { value: Buffer.concat(pieces).toString('utf8') } : null;
    });
  }

  async #ask<T>(question: Buffer, expect: Expect<T>): Promise<T> {
    if (!this.isOpen) throw new Broken('CONNECTION_LOST', false);
    return await this.#wire.ask(question, until(expect), this.#patience());
  }
}
