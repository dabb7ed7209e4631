/**
 * Reliable broadcast (Bracha 1987): with n > 3f and no clock, whatever f liars say, all honest nodes deliver the same value
 * of a sender or none (agreement), all or none of them (totality), the sender's if it is honest (validity), once (integrity).
 * The sender says `init`; who hears it says `echo`; who hears enough echoes, or f + 1 `ready`, says `ready`; 2f + 1 `ready`
 * deliver. Links may lose messages: what somebody may still need is said again. Nothing is kept on disk: who restarts counts
 * among the f for what it had begun.
 */
import type { Effects, Input, Node, NodeId, Protocol, RequestInput, Schema, Value, Writer } from '../../core/index.ts';
import { schema } from '../../core/index.ts';
import { fieldOf, isCount, noRecord } from './game.ts';

export interface BrachaMessage {
  readonly type: 'init' | 'echo' | 'ready';
  readonly sender: NodeId;
  /** The name that the sender's client gave it. */
  readonly number: string;
  readonly value: number;
  /** The speaker needs no more messages of this broadcast. */
  readonly delivered: boolean;
  /** Said before: whoever has delivered says so. */
  readonly again: boolean;
}

export interface BrachaConfig {
  /** Liars that are to be survived. */
  readonly faults: number;
  /** Between two reminders. */
  readonly resendUs: number;
}

/** A node delivers. */
export interface Delivered {
  readonly kind: 'delivered';
  readonly sender: NodeId;
  readonly number: string;
  readonly value: number;
}

export interface Broadcast {
  readonly sender: NodeId;
  /** Whose word was the first: it takes up room of that node's. */
  readonly opener: NodeId;
  readonly number: string;
  /** What this node says of it so far. */
  init: number | null;
  echoed: number | null;
  readied: number | null;
  delivered: number | null;
  /** Who says what: the first word of each. */
  readonly echoes: Map<NodeId, number>;
  readonly readies: Map<NodeId, number>;
  /** Who needs no more of our messages. */
  readonly done: Set<NodeId>;
  /** The sender's client, to be answered at delivery. */
  asker: { readonly from: NodeId; readonly session: number; readonly id: number } | null;
}

type Out = Effects<BrachaMessage, object, Delivered>;
type Refusal = 'stranger' | 'not-sound' | 'not-new' | 'too-many';

const RESEND = 0;
export const brachaTimers: readonly string[] = ['resend'];
/** Broadcasts of one sender that one node may open; broadcasts reminded of at once. */
const MOST_OPEN = 64;
const MOST_RESENT = 8;

export class ReliableBroadcast implements Node<BrachaMessage, object, Delivered> {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  readonly config: BrachaConfig;
  broadcasts = new Map<string, Broadcast>();
  readonly dropped = new Map<Refusal, number>();
  /** Broadcasts that somebody may still need, in the order in which they are said again. */
  #open = new Set<string>();
  /** Those not delivered yet, by who opened them for which sender: nobody takes up another's room. */
  #undelivered = new Map<string, number>();
  #armed = false;

  constructor(id: NodeId, peers: readonly NodeId[], config: BrachaConfig) {
    this.id = id;
    this.peers = peers;
    this.config = config;
  }

  // Decisions.

  /** Decision: only the sender itself says what it sends. */
  isSendersOwn(from: NodeId, sender: NodeId): boolean {
    return from === sender;
  }

  /** Decision: echo the first value that the sender says, and no other. */
  mayEcho({ echoed }: Broadcast): boolean {
    return echoed === null;
  }

  /** Decision: so many echoes, more than half of the honest nodes' whatever the liars do, allow a `ready`. */
  echoQuorum(): number {
    return Math.floor((this.peers.length + this.config.faults) / 2) + 1;
  }

  /** Decision: so many `ready` allow one: at least one of them is honest. */
  readySupport(): number {
    return this.config.faults + 1;
  }

  /** Decision: one `ready` only. */
  mayReady({ readied }: Broadcast): boolean {
    return readied === null;
  }

  /** Decision: so many `ready` deliver: f + 1 honest ones of them will be heard by everybody. */
  deliverQuorum(): number {
    return 2 * this.config.faults + 1;
  }

  /** Decision: deliver once. */
  mayDeliver({ delivered }: Broadcast): boolean {
    return delivered === null;
  }

  /** Decision: of each node the first word of a kind counts. */
  isNew(said: ReadonlyMap<NodeId, number>, from: NodeId): boolean {
    return !said.has(from);
  }

  /** Decision: say it again to who may still need it. */
  resendsTo({ done }: Broadcast, peer: NodeId): boolean {
    return !done.has(peer);
  }

  step(input: Input<BrachaMessage, object>, out: Out): void {
    switch (input.kind) {
      case 'request':
        this.#asked(input, out);
        break;
      case 'message':
        this.#heard(input.from, input.message, out);
        break;
      case 'timer':
        this.#armed = false;
        this.#remind(out);
        break;
      case 'clock':
        this.#armed = false;
        break;
      default:
        return;
    }
    this.#arm(input.now, out);
  }

  #asked({ from, request }: RequestInput, out: Out): void {
    const { id, session, op } = request;
    const [value, number] = [fieldOf(op, 'value'), fieldOf(op, 'game')];
    if (fieldOf(op, 'f') !== 'broadcast' || !isCount(value) || typeof number !== 'string')
      return out.reply(from, { id, session, outcome: 'fail', code: 'LC_HISTORY_OPERATION' });
    // Words of liars may have come before the first word.
    const broadcast = this.broadcasts.get(keyOf(this.id, number)) ?? this.#begin(this.id, number, this.id);
    if (broadcast.init !== null) return;
    broadcast.init = value;
    broadcast.asker = { from, session, id };
    this.#say(broadcast, 'init', value, out);
    this.#echo(broadcast, value, out);
  }

  #begin(sender: NodeId, number: string, opener: NodeId): Broadcast {
    const broadcast: Broadcast = {
      sender,
      opener,
      number,
      init: null,
      echoed: null,
      readied: null,
      delivered: null,
      echoes: new Map(),
      readies: new Map(),
      done: new Set(),
      asker: null,
    };
    this.broadcasts.set(keyOf(sender, number), broadcast);
    this.#count(broadcast, 1);
    if (this.#isOpen(broadcast)) this.#open.add(keyOf(sender, number));
    return broadcast;
  }

  #count({ opener, sender }: Broadcast, by: number): void {
    const room = keyOf(opener, `${sender}`);
    this.#undelivered.set(room, (this.#undelivered.get(room) ?? 0) + by);
  }

  #heard(from: NodeId, message: BrachaMessage, out: Out): void {
    const { type, sender, number, value, again } = message;
    if (!this.peers.includes(from) || from === this.id || !this.peers.includes(sender)) return this.#drop('stranger');
    if (type === 'init' && !this.isSendersOwn(from, sender)) return this.#drop('not-sound');
    const broadcast = this.broadcasts.get(keyOf(sender, number)) ?? this.#room(from, sender, number);
    if (broadcast === null) return this.#drop('too-many');
    if (message.delivered && !broadcast.done.has(from)) {
      broadcast.done.add(from);
      if (!this.#isOpen(broadcast)) this.#open.delete(keyOf(sender, number));
    }
    if (type === 'init') {
      if (value !== broadcast.echoed && this.mayEcho(broadcast)) this.#echo(broadcast, value, out);
    } else {
      const said = type === 'echo' ? broadcast.echoes : broadcast.readies;
      if (this.isNew(said, from)) said.set(from, value);
      else this.#drop('not-new');
    }
    this.#proceed(broadcast, out);
    // It was said again because we may not have heard it: we have.
    if (again && broadcast.delivered !== null) out.send(from, this.#word(broadcast, 'ready', broadcast.delivered), 0);
  }

  /** Room for another broadcast of this sender; null when `from` has opened too many. */
  #room(from: NodeId, sender: NodeId, number: string): Broadcast | null {
    return (this.#undelivered.get(keyOf(from, `${sender}`)) ?? 0) < MOST_OPEN ? this.#begin(sender, number, from) : null;
  }

  #echo(broadcast: Broadcast, value: number, out: Out): void {
    broadcast.echoed = value;
    broadcast.echoes.set(this.id, value);
    this.#say(broadcast, 'echo', value, out);
    this.#proceed(broadcast, out);
  }

  #proceed(broadcast: Broadcast, out: Out): void {
    const ready = mostSaid(broadcast.echoes, this.echoQuorum()) ?? mostSaid(broadcast.readies, this.readySupport());
    if (ready !== null && ready !== broadcast.readied && this.mayReady(broadcast)) {
      broadcast.readied = ready;
      broadcast.readies.set(this.id, ready);
      this.#say(broadcast, 'ready', ready, out);
    }
    const value = mostSaid(broadcast.readies, this.deliverQuorum());
    if (value !== null && this.mayDeliver(broadcast)) this.#deliver(broadcast, value, out);
  }

  #deliver(broadcast: Broadcast, value: number, out: Out): void {
    const { sender, number, asker } = broadcast;
    if (broadcast.delivered === null) this.#count(broadcast, -1);
    broadcast.delivered = value;
    out.indicate({ kind: 'delivered', sender, number, value });
    if (asker !== null) out.reply(asker.from, { id: asker.id, session: asker.session, outcome: 'ok', value });
    broadcast.asker = null;
  }

  #word({ sender, number, delivered }: Broadcast, type: BrachaMessage['type'], value: number, again = false): BrachaMessage {
    return { type, sender, number, value, delivered: delivered !== null, again };
  }

  #say(broadcast: Broadcast, type: BrachaMessage['type'], value: number, out: Out): void {
    for (const peer of this.peers) if (peer !== this.id) out.send(peer, this.#word(broadcast, type, value), 0);
  }

  #isOpen(broadcast: Broadcast): boolean {
    return this.peers.some((peer) => peer !== this.id && this.resendsTo(broadcast, peer));
  }

  #remind(out: Out): void {
    for (const key of [...this.#open].slice(0, MOST_RESENT)) {
      const broadcast = this.broadcasts.get(key) as Broadcast;
      for (const peer of this.peers) {
        if (peer === this.id || !this.resendsTo(broadcast, peer)) continue;
        const { init, echoed, readied } = broadcast;
        if (init !== null) out.send(peer, this.#word(broadcast, 'init', init, true), 0);
        if (echoed !== null) out.send(peer, this.#word(broadcast, 'echo', echoed, true), 0);
        if (readied !== null) out.send(peer, this.#word(broadcast, 'ready', readied, true), 0);
      }
      // The next time others come first: a peer that is away for good must not keep them waiting.
      this.#open.delete(key);
      this.#open.add(key);
    }
  }

  #arm(now: number, out: Out): void {
    if (this.#armed || this.#open.size === 0) return;
    this.#armed = true;
    out.timer(RESEND, now + this.config.resendUs);
  }

  #drop(reason: Refusal): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1);
  }

  clone(): ReliableBroadcast {
    type Made = new (id: NodeId, peers: readonly NodeId[], config: BrachaConfig) => ReliableBroadcast;
    const copy = new (this.constructor as Made)(this.id, this.peers, this.config);
    for (const [key, each] of this.broadcasts)
      copy.broadcasts.set(key, { ...each, echoes: new Map(each.echoes), readies: new Map(each.readies), done: new Set(each.done) });
    for (const [reason, count] of this.dropped) copy.dropped.set(reason, count);
    copy.#open = new Set(this.#open);
    copy.#undelivered = new Map(this.#undelivered);
    copy.#armed = this.#armed;
    return copy;
  }

  encode(w: Writer): void {
    w.bool(this.#armed);
    w.uint(this.#open.size);
    for (const key of this.#open) w.text(key);
    w.uint(this.broadcasts.size);
    for (const key of [...this.broadcasts.keys()].sort()) {
      const { sender, opener, number, init, echoed, readied, delivered, echoes, readies, done, asker } = this.broadcasts.get(
        key,
      ) as Broadcast;
      w.uint(sender);
      w.uint(opener);
      w.text(number);
      for (const said of [init, echoed, readied, delivered]) w.int(said ?? -1);
      for (const words of [echoes, readies]) {
        w.uint(words.size);
        for (const from of [...words.keys()].sort((a, b) => a - b)) {
          w.uint(from);
          w.uint(words.get(from) as number);
        }
      }
      w.value([...done].sort((a, b) => a - b) as Value);
      w.bool(asker !== null);
    }
  }
}

const keyOf = (sender: NodeId, number: string): string => `${sender}/${number}`;

/** The value that at least `quorum` say, or null. */
function mostSaid(said: ReadonlyMap<NodeId, number>, quorum: number): number | null {
  const counts = new Map<number, number>();
  for (const value of said.values()) {
    const count = (counts.get(value) ?? 0) + 1;
    if (count >= quorum) return value;
    counts.set(value, count);
  }
  return null;
}

const { uint, text, bool, struct, oneOf } = schema;
export const brachaSchema: Schema<BrachaMessage> = struct<BrachaMessage>({
  type: oneOf('init', 'echo', 'ready'),
  sender: uint,
  number: text,
  value: uint,
  delivered: bool,
  again: bool,
});

export const brachaProtocol: Protocol<BrachaConfig, BrachaMessage, object, Delivered> = {
  name: 'bracha',
  create: (id, peers, config) => new ReliableBroadcast(id, peers, config),
  message: brachaSchema,
  record: noRecord,
  timers: brachaTimers,
};
