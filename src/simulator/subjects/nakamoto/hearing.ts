/** Who has been hearing whom, and since when without a long silence. */
import type { NodeId } from '../../../core/index.ts';

interface Ear {
  since: number;
  last: number;
}

export class Hearing {
  readonly #gapUs: number;
  readonly #ears = new Map<number, Ear>();

  constructor(gapUs: number) {
    this.#gapUs = gapUs;
  }

  #key = (id: NodeId, from: NodeId): number => id * 1024 + from;

  heard(id: NodeId, from: NodeId, nowUs: number): void {
    const ear = this.#ears.get(this.#key(id, from));
    if (ear === undefined) this.#ears.set(this.#key(id, from), { since: nowUs, last: nowUs });
    else {
      if (nowUs - ear.last > this.#gapUs) ear.since = nowUs;
      ear.last = nowUs;
    }
  }

  /** `id` starts anew. */
  forget(id: NodeId): void {
    for (const key of this.#ears.keys()) if (Math.floor(key / 1024) === id || key % 1024 === id) this.#ears.delete(key);
  }

  #hears(id: NodeId, from: NodeId, nowUs: number, longUs: number): boolean {
    const ear = this.#ears.get(this.#key(id, from));
    return ear !== undefined && nowUs - ear.last <= this.#gapUs && nowUs - ear.since >= longUs;
  }

  /** Both have heard each other for `longUs` until now. */
  both(one: NodeId, other: NodeId, nowUs: number, longUs: number): boolean {
    return this.#hears(one, other, nowUs, longUs) && this.#hears(other, one, nowUs, longUs);
  }
}
