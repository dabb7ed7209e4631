/**
 * For tests of compositions: a module that does anything a module may do, effects written down, and a host around one
 * node with a disk, messages held back and slow work.
 */
import { type Effects, hash32, type Input, type Node, type Protocol, Random, schema, type Value, Writer } from './index.ts';

export interface ProbeConfig {
  readonly salt: number;
  readonly ports: readonly string[];
  /** Share of inputs, in percent, that make the module talk to its neighbours. */
  readonly chatty: number;
}

/** What a module did, as its host saw it. */
export type Effect = readonly [name: string, ...args: unknown[]];

const timers = ['first', 'second'];
const plain = (value: unknown): Value => JSON.parse(JSON.stringify(value ?? null)) as Value;

/** A module whose state is a digest of everything it ever heard, and which does anything a module may do. */
export class Probe implements Node<number, number, number> {
  readonly config: ProbeConfig;
  #digest: number;
  #token = 0;
  #lastRecord = 0;

  constructor(id: number, config: ProbeConfig) {
    this.config = config;
    this.#digest = config.salt * 31 + id;
  }

  step(input: Input<number, number>, out: Effects<number, number, number>): void {
    const w = new Writer();
    w.uint(this.#digest);
    w.value(plain(input));
    this.#digest = hash32(w.bytes, 0, w.length, 7);
    const random = new Random(this.#digest);
    for (let left = random.below(4); left > 0; left--) this.#act(random, out);
    if (random.below(100) < this.config.chatty) this.#talk(random, out);
  }

  #next(): number {
    this.#token += 1;
    return this.#token;
  }

  #act(random: Random, out: Effects<number, number, number>): void {
    const content = random.below(1000);
    switch (random.below(9)) {
      case 0:
        return out.send(1 + random.below(3), content, random.below(2) === 0 ? 0 : this.#lastRecord);
      case 1:
      case 2:
        this.#token += random.below(3);
        this.#lastRecord = this.#next();
        return out.persist(this.#lastRecord, content);
      case 3:
        this.#lastRecord = this.#next();
        return random.below(3) === 0 ? out.checkpoint(this.#lastRecord, content) : out.persist(this.#lastRecord, content);
      case 4:
        return out.timer(random.below(2), random.below(100));
      case 5:
        return out.load(this.#next(), content);
      case 6:
        return out.sign(this.#next(), content, 'signature');
      case 7:
        return out.verify(this.#next(), 2, content, null, 'signature');
      default:
        return out.belief('decision', out.choose(5), content);
    }
  }

  #talk(random: Random, out: Effects<number, number, number>): void {
    const id = random.below(50);
    const kind = random.below(3);
    if (kind === 0) return out.indicate(id);
    if (kind === 1) return out.reply(0, { id, session: 0, outcome: 'ok' });
    if (this.config.ports.length > 0) out.request(random.pick(this.config.ports), { id, session: this.config.salt, op: id, mode: 'write' });
  }

  clone(): Probe {
    const copy = new Probe(0, this.config);
    copy.#digest = this.#digest;
    copy.#token = this.#token;
    copy.#lastRecord = this.#lastRecord;
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.#digest);
    w.uint(this.#token);
    w.uint(this.#lastRecord);
  }
}

export const probe: Protocol<ProbeConfig, number, number, number> = {
  name: 'probe',
  create: (id, _peers, config) => new Probe(id, config),
  message: schema.uint,
  record: schema.uint,
  timers,
};

/** Any effects, written down; choices come from a stream that logs may share. */
export class Log implements Effects<unknown, unknown, unknown> {
  entries: Effect[] = [];
  readonly #choices: Random;
  constructor(choices: Random) {
    this.#choices = choices;
  }
  take(): Effect[] {
    const { entries } = this;
    this.entries = [];
    return entries;
  }
  send = (...args: unknown[]): void => void this.entries.push(['send', ...args]);
  persist = (...args: unknown[]): void => void this.entries.push(['persist', ...args]);
  checkpoint = (...args: unknown[]): void => void this.entries.push(['checkpoint', ...args]);
  load = (...args: unknown[]): void => void this.entries.push(['load', ...args]);
  sign = (...args: unknown[]): void => void this.entries.push(['sign', ...args]);
  verify = (...args: unknown[]): void => void this.entries.push(['verify', ...args]);
  timer = (...args: unknown[]): void => void this.entries.push(['timer', ...args]);
  request = (...args: unknown[]): void => void this.entries.push(['request', ...args]);
  reply = (...args: unknown[]): void => void this.entries.push(['reply', ...args]);
  indicate = (...args: unknown[]): void => void this.entries.push(['indicate', ...args]);
  belief = (...args: unknown[]): void => void this.entries.push(['belief', ...args]);
  choose = (n: number): number => this.#choices.below(n);
}

interface Written {
  readonly token: number;
  readonly record: unknown;
  readonly checkpoint: boolean;
}

/** A disk, a held-back network and slow work around one node: used for a composition and for a module alone. */
export class Host {
  node: Node<unknown, unknown, unknown>;
  readonly log: Log;
  journal: Written[] = [];
  durable = 0;
  held: { readonly after: number; readonly effect: Effect }[] = [];
  /** Everything that left the node, in order. */
  released: Effect[] = [];
  slow: { readonly kind: 'loaded' | 'signed' | 'verified'; readonly token: number }[] = [];

  constructor(node: Node<unknown, unknown, unknown>, choices: Random) {
    this.node = node;
    this.log = new Log(choices);
  }

  /** Steps the node; effects that are neither records, sends nor slow work are returned. */
  step(input: Input<unknown, unknown>): Effect[] {
    this.node.step(input, this.log);
    const rest: Effect[] = [];
    for (const effect of this.log.take()) {
      const [name, token] = effect as [string, number];
      if (name === 'persist' || name === 'checkpoint') this.journal.push({ token, record: effect[2], checkpoint: name === 'checkpoint' });
      else if (name === 'send') this.held.push({ after: effect[3] as number, effect: effect.slice(0, 3) as unknown as Effect });
      else if (name === 'load' || name === 'sign' || name === 'verify') {
        this.slow.push({ kind: name === 'load' ? 'loaded' : name === 'sign' ? 'signed' : 'verified', token });
        rest.push([name, ...effect.slice(2)]);
      } else rest.push(effect);
    }
    this.release();
    return rest;
  }

  release(): void {
    const durableToken = this.journal[this.durable - 1]?.token ?? 0;
    const stay: typeof this.held = [];
    for (const send of this.held) {
      if (send.after <= durableToken) this.released.push(send.effect);
      else stay.push(send);
    }
    this.held = stay;
  }

  /** The oldest record that is not durable becomes so. */
  sync(): Input<unknown, unknown> {
    const { token } = this.journal[this.durable] as Written;
    this.durable += 1;
    return { kind: 'persisted', now: 0, token };
  }

  /** A new life with the first `kept` records of the journal; what it reads from the disk. */
  restart(node: Node<unknown, unknown, unknown>, kept: number): Input<unknown, unknown> {
    let survived = this.journal.slice(0, kept);
    const last = survived.findLastIndex(({ checkpoint }) => checkpoint);
    if (last > 0) survived = survived.slice(last);
    this.node = node;
    // Tokens of an earlier life mean nothing in this one.
    this.journal = survived.map(({ record, checkpoint }) => ({ token: 0, record, checkpoint }));
    this.durable = this.journal.length;
    this.held = [];
    this.slow = [];
    return { kind: 'start', now: 0, records: this.journal.map(({ record }) => record) };
  }

  complete(at: number): Input<unknown, unknown> {
    const [{ kind, token }] = this.slow.splice(at, 1) as [Host['slow'][0]];
    if (kind === 'loaded') return { kind, now: 0, token, value: token };
    return kind === 'signed' ? { kind, now: 0, token, signature: null } : { kind, now: 0, token, valid: true };
  }
}
