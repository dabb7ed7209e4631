/**
 * Links between nodes: delay, loss, duplication, order, cuts. What happens to the n-th message of a link depends on
 * (seed, link, n) alone, so that taking one fault out of a schedule leaves the luck of other messages as it was.
 */
import { mix32, type NodeId } from '../core/index.ts';

/** All integers; shares in parts per million. */
export interface LinkPlan {
  readonly minUs: number;
  readonly maxUs: number;
  /** Share of messages that take up to `tailUs` longer. */
  readonly tailPpm: number;
  readonly tailUs: number;
  readonly lossPpm: number;
  readonly duplicatePpm: number;
  /** Share of messages that skip the queue of their link; the others arrive in order. */
  readonly reorderPpm: number;
}

const BITS_A_PPM = 4294.967296;

/** Columns of a link's row of integers and of its row of doubles: one link, one or two cache lines. */
const ROW_BITS = 3;
const KEY = 0;
const SENT = 1;
const CUT = 2;
const MIN_US = 3;
const SPAN_US = 4;
const TAIL_US = 5;
/** Shares, as bounds on 32 uniform bits. */
const LOSS = 0;
const DUPLICATE = 1;
const REORDER = 2;
const TAIL = 3;
/** When the newest queued message arrives. */
const LAST_AT = 4;

export class Network {
  readonly size: number;
  readonly #integers: Int32Array;
  readonly #doubles: Float64Array;
  #draw = 0;

  constructor(size: number, seed: number) {
    this.size = size;
    this.#integers = new Int32Array((size * size) << ROW_BITS);
    this.#doubles = new Float64Array((size * size) << ROW_BITS);
    const key = mix32(seed % 4294967296) ^ mix32(Math.floor(seed / 4294967296) + 0x51ed);
    // By names, not by place: a link keeps its luck in a smaller world.
    for (let from = 0; from < size; from++)
      for (let to = 0; to < size; to++) this.#integers[((from * size + to) << ROW_BITS) + KEY] = mix32(key ^ mix32(from * 4096 + to + 1));
  }

  /** The number of a link. */
  link(from: NodeId, to: NodeId): number {
    return (from - 1) * this.size + to - 1;
  }

  configure(link: number, plan: LinkPlan): void {
    const at = link << ROW_BITS;
    this.#integers[at + MIN_US] = plan.minUs;
    this.#integers[at + SPAN_US] = plan.maxUs - plan.minUs + 1;
    this.#integers[at + TAIL_US] = plan.tailUs;
    this.#doubles[at + LOSS] = plan.lossPpm * BITS_A_PPM;
    this.#doubles[at + DUPLICATE] = plan.duplicatePpm * BITS_A_PPM;
    this.#doubles[at + REORDER] = plan.reorderPpm * BITS_A_PPM;
    this.#doubles[at + TAIL] = plan.tailPpm * BITS_A_PPM;
  }

  /** Nothing gets through, or whatever the plan lets through. */
  cut(link: number, isCut: boolean): void {
    this.#integers[(link << ROW_BITS) + CUT] = isCut ? 1 : 0;
  }

  /** Send one message at `now`: when it arrives, or -1 when it is lost. Then `copyAt` may be asked once. */
  send(link: number, now: number): number {
    const at = link << ROW_BITS;
    const integers = this.#integers;
    const n = (integers[at + SENT] as number) + 1;
    integers[at + SENT] = n;
    if (integers[at + CUT] !== 0) {
      this.#draw = 0;
      return -1;
    }
    const draw = mix32((integers[at + KEY] as number) ^ Math.imul(n, 0x9e3779b1));
    this.#draw = draw | 0;
    if (draw < (this.#doubles[at + LOSS] as number)) return -1;
    return this.#arrival(at, now, mix32(draw ^ 0x68e31da4));
  }

  /** When a second copy of the message sent last arrives, or -1. A copy never keeps the order. */
  copyAt(link: number, now: number): number {
    const at = link << ROW_BITS;
    const duplicate = this.#doubles[at + DUPLICATE] as number;
    if (duplicate === 0 || this.#draw === 0) return -1;
    const draw = mix32(this.#draw ^ 0x1b56c4e9);
    return draw < duplicate ? now + this.#delay(at, mix32(draw ^ 0x7feb352d)) : -1;
  }

  #delay(at: number, draw: number): number {
    const integers = this.#integers;
    // 24 random bits times the span, without leaving the integers for long.
    const delay = (integers[at + MIN_US] as number) + ((((draw >>> 8) * (integers[at + SPAN_US] as number)) / 16777216) | 0);
    const tail = this.#doubles[at + TAIL] as number;
    if (tail === 0) return delay;
    const second = mix32(draw ^ 0x2c1b3c6d);
    return second < tail ? delay + (mix32(second) % ((integers[at + TAIL_US] as number) + 1)) : delay;
  }

  #arrival(at: number, now: number, draw: number): number {
    const arrival = now + this.#delay(at, draw);
    const reorder = this.#doubles[at + REORDER] as number;
    if (reorder !== 0 && mix32(draw ^ 0x297a2d39) < reorder) return arrival;
    const last = this.#doubles[at + LAST_AT] as number;
    if (arrival <= last) return last;
    this.#doubles[at + LAST_AT] = arrival;
    return arrival;
  }
}
