/**
 * What one directed link does to bytes: shared by all connections and datagrams that go its way. It says when a piece
 * may arrive; who carries the pieces (a pipe, a datagram front) asks it and is told when the condition changes.
 */
import type { Random } from '../core/index.ts';
import type { LinkCondition } from './contract.ts';

/** First wait of a TCP that has lost a piece (Linux: 200 ms at least), doubled with each further loss of it. */
const FIRST_STALL_MS = 200;
/** So many losses of one piece in a row, and the connection is reset. */
const LOSSES_UNTIL_RESET = 5;

export interface Carrier {
  /** The link's condition is another one now. */
  conditionChanged(): void;
}

/** When a piece arrives, in the worker's milliseconds; `lost`: the connection does not survive it. */
export interface Passage {
  readonly at: number;
  readonly lost: boolean;
}

/** Whom bandwidth holds back for less was not held back. */
const HELD_MS = 1;
const PPM = 1_000_000;

export class LinkGate {
  readonly carriers = new Set<Carrier>();
  /** Bytes that were let through. */
  bytes = 0;
  /** How often the present condition met something: lost it, held it back for bandwidth, told an end late, forgot a connection. */
  met = 0;
  /** Nothing arrives. */
  cut = false;
  /** Nothing at all happens to what goes this way. */
  clear = true;
  /** While true, connections of an earlier generation are silent. */
  halfOpen = false;
  /** How often connections were left half open: those made before are of an earlier generation. */
  generation = 0;
  readonly #random: Random;
  #condition: LinkCondition = {};
  /** When the last piece has left, where bandwidth is limited. */
  #busyUntil = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  set(condition: LinkCondition): void {
    const { cut = false, delayMs, lossRate = 0, bytesPerSecond, halfOpen = false, closeDelayMs } = condition;
    this.#condition = condition;
    this.met = 0;
    this.cut = cut || lossRate >= 1;
    this.clear = !this.cut && [delayMs, bytesPerSecond, closeDelayMs].every((limit) => limit === undefined) && lossRate <= 0;
    if (halfOpen && !this.halfOpen) this.generation++;
    this.halfOpen = halfOpen;
    this.#busyUntil = 0;
    for (const carrier of [...this.carriers]) carrier.conditionChanged();
  }

  /** How much later than bytes the end of a connection is told, milliseconds. */
  get closeDelayMs(): number {
    return this.#condition.closeDelayMs ?? 0;
  }

  /** At most so many bytes go as one piece: a slow link hands over little at a time. */
  get pieceBytes(): number {
    const { bytesPerSecond } = this.#condition;
    return bytesPerSecond === undefined ? 65_536 : Math.max(512, Math.min(65_536, Math.floor(bytesPerSecond / 50)));
  }

  /** A piece of a stream: in order, so never before `notBefore`. */
  stream(now: number, bytes: number, notBefore: number): Passage {
    const { lossRate = 0 } = this.#condition;
    let stall = 0;
    for (let losses = 0; lossRate > 0 && this.#random.chance(Math.round(lossRate * PPM)); losses++) {
      if (losses === LOSSES_UNTIL_RESET) return { at: now, lost: true };
      this.met++;
      stall += FIRST_STALL_MS << losses;
    }
    return { at: Math.max(notBefore, this.#sent(now, bytes) + this.#delay() + stall), lost: false };
  }

  /** A datagram: lost for good, or some time later; it may overtake others. */
  datagram(now: number, bytes: number): Passage {
    const { lossRate = 0 } = this.#condition;
    if (this.cut || this.#random.chance(Math.round(lossRate * PPM))) {
      this.met++;
      return { at: now, lost: true };
    }
    return { at: this.#sent(now, bytes) + this.#delay(), lost: false };
  }

  #sent(now: number, bytes: number): number {
    const { bytesPerSecond } = this.#condition;
    if (bytesPerSecond === undefined) return now;
    this.#busyUntil = Math.max(now, this.#busyUntil) + (bytes * 1000) / bytesPerSecond;
    if (this.#busyUntil > now + HELD_MS) this.met++;
    return this.#busyUntil;
  }

  #delay(): number {
    const { delayMs } = this.#condition;
    if (delayMs === undefined) return 0;
    const spread = Math.max(0, delayMs.max - delayMs.min);
    return delayMs.min + (spread * this.#random.below(PPM)) / PPM;
  }
}
