/** Everything on its way between nodes: puts messages on links, in bytes where the plan says so, and counts some of them. */
import type { NodeId } from '../core/index.ts';
import type { Liar } from './adversaries/liar.ts';
import type { Copy, TwinRouter } from './adversaries/twins.ts';
import type { ByteWire } from './byte-wire.ts';
import { MESSAGE, REQUEST } from './event-kinds.ts';
import type { EventQueue } from './event-queue.ts';
import type { Network } from './network.ts';
import type { Observer, Payload } from './observer.ts';
import type { Plan } from './plan.ts';
import type { Invariants, Subject } from './subject.ts';

const payloadNames: readonly Payload[] = ['message', 'request', 'reply'];

export class Post {
  /** Who rewrites what a node sends, by id - 1. */
  readonly liars: (Liar | null)[];
  /** Messages sent in names that are not their senders'. */
  forgeries = 0;
  /** Whose links an adversary slows down, and by how much; 0: nobody's. */
  targeted: NodeId = 0;
  targetedUs = 0;
  /** Messages of the watched types under way. */
  watchedInFlight = 0;
  /** Who hears which copy, where servers run twice. */
  twins: TwinRouter | null = null;
  /** Which copy of its identity is sending. */
  #copy: Copy = 0;
  readonly #subject: Subject;
  readonly #encoded: boolean;
  readonly #bulkUs: number;
  readonly #queue: EventQueue;
  readonly #network: Network;
  readonly #wire: ByteWire;
  readonly #observer: Observer | null;
  readonly #invariants: Invariants;
  readonly #watches: ((message: unknown) => boolean) | null;
  #count = 0;

  constructor(
    subject: Subject,
    plan: Plan,
    queue: EventQueue,
    network: Network,
    wire: ByteWire,
    observer: Observer | null,
    invariants: Invariants,
  ) {
    this.#invariants = invariants;
    this.#subject = subject;
    this.#encoded = plan.encoded;
    this.#bulkUs = plan.bulkUs ?? 0;
    this.#queue = queue;
    this.#network = network;
    this.#wire = wire;
    this.#observer = observer;
    this.#watches = subject.watches ?? null;
    this.liars = new Array<Liar | null>(network.size).fill(null);
  }

  /** A node sends something; what a liar sends takes the way of its adversary. `place`: a node, or a server's twin. */
  depart(kind: number, place: number, to: NodeId, payload: unknown): void {
    const { size } = this.#network;
    this.#copy = place > size ? 1 : 0;
    const from = place > size ? place - size : place;
    const liar = this.liars[from - 1] as Liar | null;
    if (liar !== null && kind !== REQUEST) liar.rewrite(this, kind, to, payload);
    else {
      if (kind === MESSAGE && !this.#invariants.lies(from)) this.#invariants.sent(from, to, payload);
      this.transmit(kind, from, to, payload, 0);
    }
  }

  /** A liar says something in the name of `as`. */
  forge(as: NodeId, to: NodeId, payload: unknown): void {
    this.forgeries++;
    this.transmit(MESSAGE, as, to, payload, 0);
  }

  /** Put something on a link; `extraUs` is an adversary's delay. */
  transmit(kind: number, from: NodeId, to: NodeId, original: unknown, extraUs: number): void {
    if (this.twins !== null && !this.twins.heard(from, this.#copy, to)) return;
    const id = ++this.#count;
    const payload = this.#encoded && kind === MESSAGE ? this.#wire.through(this.#subject.message, original) : original;
    if (this.#observer !== null) this.#observer.sent(from, to, payloadNames[kind] as Payload, payload, id);
    const { now } = this.#queue;
    if (from === to) {
      this.#enqueue(now, kind, from, to, id, payload);
      return;
    }
    const link = this.#network.link(from, to);
    const lateUs = this.targeted !== 0 && (from === this.targeted || to === this.targeted) ? extraUs + this.targetedUs : extraUs;
    const at = this.#network.send(link, now);
    if (at >= 0) this.#enqueue(at + lateUs, kind, from, to, id, payload);
    else if (this.#observer !== null) this.#observer.dropped(from, to, payloadNames[kind] as Payload, payload, id);
    const copyAt = this.#network.copyAt(link, now);
    if (copyAt >= 0) this.#enqueue(copyAt + lateUs, kind, from, to, id, payload);
  }

  #enqueue(at: number, kind: number, from: NodeId, to: NodeId, id: number, payload: unknown): void {
    if (this.twins === null || !this.twins.has(to)) this.#enqueueAt(at, kind, from, to, id, payload);
    else
      for (const copy of this.twins.hearers(from, this.#copy, to))
        this.#enqueueAt(at, kind, from, copy === 0 ? to : to + this.#network.size, id, payload);
  }

  #enqueueAt(at: number, kind: number, from: NodeId, place: number, id: number, payload: unknown): void {
    if (this.#watches !== null && kind === MESSAGE && this.#watches(payload)) {
      this.watchedInFlight++;
      // A negative id marks it for when it arrives.
      this.#queue.add(at + this.#bulkUs, kind, place - 1, from, -id, payload);
    } else this.#queue.add(at, kind, place - 1, from, id, payload);
  }

  /** Something came out of the queue; `alive`: somebody takes it. */
  arrive(kind: number, from: NodeId, to: NodeId, mark: number, payload: unknown, alive: boolean): void {
    if (mark < 0) this.watchedInFlight--;
    if (kind === MESSAGE) this.liars[to - 1]?.hears(from, payload);
    if (this.#observer === null) return;
    const id = Math.abs(mark);
    const name = payloadNames[kind] as Payload;
    if (alive) this.#observer.delivered(from, to, name, payload, id);
    else this.#observer.dropped(from, to, name, payload, id);
  }
}
