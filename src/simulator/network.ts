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

export class Network {
  readonly size: number;
  /** By link `from * size + to`, both counted from 0. */
  readonly minUs: Int32Array;
  readonly spanUs: Int32Array;
  readonly tailUs: Int32Array;
  /** Shares as bounds on 32 uniform bits. */
  readonly tail: Float64Array;
  readonly loss: Float64Array;
  readonly duplicate: Float64Array;
  readonly reorder: Float64Array;
  /** 1: nothing gets through. */
  readonly cut: Uint8Array;
  readonly #keys: Int32Array;
  /** Messages sent so far. */
  readonly #sent: Int32Array;
  /** When the newest queued message arrives. */
  readonly #lastAt: Float64Array;
  #draw = 0;

  constructor(size: number, seed: number) {
    const links = size * size;
    this.size = size;
    this.minUs = new Int32Array(links);
    this.spanUs = new Int32Array(links);
    this.tailUs = new Int32Array(links);
    this.tail = new Float64Array(links);
    this.loss = new Float64Array(links);
    this.duplicate = new Float64Array(links);
    this.reorder = new Float64Array(links);
    this.cut = new Uint8Array(links);
    this.#keys = new Int32Array(links);
    this.#sent = new Int32Array(links);
    this.#lastAt = new Float64Array(links);
    const key = mix32(seed % 4294967296) ^ mix32(Math.floor(seed / 4294967296) + 0x51ed);
    // By names, not by place: a link keeps its luck in a smaller world.
    for (let from = 0; from < size; from++)
      for (let to = 0; to < size; to++) this.#keys[from * size + to] = mix32(key ^ mix32(from * 4096 + to + 1));
  }

  link(from: NodeId, to: NodeId): number {
    return (from - 1) * this.size + to - 1;
  }

  configure(link: number, plan: LinkPlan): void {
    this.minUs[link] = plan.minUs;
    this.spanUs[link] = plan.maxUs - plan.minUs + 1;
    this.tailUs[link] = plan.tailUs;
    this.tail[link] = plan.tailPpm * BITS_A_PPM;
    this.loss[link] = plan.lossPpm * BITS_A_PPM;
    this.duplicate[link] = plan.duplicatePpm * BITS_A_PPM;
    this.reorder[link] = plan.reorderPpm * BITS_A_PPM;
  }

  /** Send one message at `now`: when it arrives, or -1 when it is lost. Then `copyAt` may be asked once. */
  send(link: number, now: number): number {
    const n = this.#sent[link] as number;
    this.#sent[link] = n + 1;
    if (this.cut[link] !== 0) {
      this.#draw = 0;
      return -1;
    }
    const draw = mix32((this.#keys[link] as number) ^ Math.imul(n + 1, 0x9e3779b1));
    this.#draw = draw | 0;
    if (draw < (this.loss[link] as number)) return -1;
    return this.#arrival(link, now, mix32(draw ^ 0x68e31da4));
  }

  /** When a second copy of the message sent last arrives, or -1. A copy never keeps the order. */
  copyAt(link: number, now: number): number {
    const duplicate = this.duplicate[link] as number;
    if (duplicate === 0 || this.#draw === 0) return -1;
    const draw = mix32(this.#draw ^ 0x1b56c4e9);
    if (draw >= duplicate) return -1;
    return now + this.#delay(link, mix32(draw ^ 0x7feb352d));
  }

  #delay(link: number, draw: number): number {
    // 24 random bits times the span, without leaving the integers for long.
    const delay = (this.minUs[link] as number) + ((((draw >>> 8) * (this.spanUs[link] as number)) / 16777216) | 0);
    const tail = this.tail[link] as number;
    if (tail === 0) return delay;
    const second = mix32(draw ^ 0x2c1b3c6d);
    return second < tail ? delay + (mix32(second) % ((this.tailUs[link] as number) + 1)) : delay;
  }

  #arrival(link: number, now: number, draw: number): number {
    const at = now + this.#delay(link, draw);
    const reorder = this.reorder[link] as number;
    if (reorder !== 0 && mix32(draw ^ 0x297a2d39) < reorder) return at;
    const last = this.#lastAt[link] as number;
    const queued = at > last ? at : last;
    this.#lastAt[link] = queued;
    return queued;
  }
}
