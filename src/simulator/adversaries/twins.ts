/**
 * Twins (Bano, Sonnino, Chursin, Perelman, Malkhi 2020): a server runs twice under one identity and one key, and both
 * copies are honest code. A router says who hears which: each other server is on one side at a time, and hears and is
 * heard by the copy of that side only. Double votes, equivocation and amnesia come of it by themselves.
 */
import type { NodeId } from '../../core/index.ts';
import { nodeName } from '../names.ts';
import type { Behaviour } from './behaviour.ts';
import type { Story } from './story.ts';

/** 0: the original, 1: its twin. */
export type Copy = 0 | 1;

interface Pair {
  readonly behaviour: Behaviour;
  readonly story: Story;
}

export interface TwinClock {
  readonly now: number;
  /** The newest epoch of a server. */
  epochOf(id: NodeId): number;
  readonly servers: readonly NodeId[];
}

export class TwinRouter {
  readonly #pairs = new Map<NodeId, Pair>();
  readonly #clock: TwinClock;

  constructor(clock: TwinClock) {
    this.#clock = clock;
  }

  begin(node: NodeId, behaviour: Behaviour, story: Story): void {
    this.#pairs.set(node, { behaviour, story });
  }

  end(node: NodeId): void {
    this.#pairs.delete(node);
  }

  has(node: NodeId): boolean {
    return this.#pairs.has(node);
  }

  /** Does `to` hear what `copy` of `from` says? Clients hear both. */
  heard(from: NodeId, copy: Copy, to: NodeId): boolean {
    const pair = this.#pairs.get(from);
    if (pair === undefined || this.#pairs.has(to) || to > this.#clock.servers.length) return true;
    return this.#side(pair, to) === copy;
  }

  /** Which copies of `to` hear `copy` of `from`: twins talk to the copy on their own side, clients to both. */
  hearers(from: NodeId, copy: Copy, to: NodeId): readonly Copy[] {
    const pair = this.#pairs.get(to);
    if (pair === undefined) return original;
    if (from === to || this.#pairs.has(from)) return copy === 0 ? original : twin;
    if (from > this.#clock.servers.length) return both;
    return this.#side(pair, from) === 0 ? original : twin;
  }

  /** Named receivers are with the twin; else sides change with the other's epoch, or with time where a length is given. */
  #side({ behaviour, story }: Pair, other: NodeId): Copy {
    const { to, ms } = behaviour;
    if (to !== null) return to.includes(nodeName(other, this.#clock.servers.length)) ? 1 : 0;
    return story.side(ms === null ? this.#clock.epochOf(other) : Math.floor(this.#clock.now / (ms * 1000)), other);
  }
}

const original: readonly Copy[] = [0];
const twin: readonly Copy[] = [1];
const both: readonly Copy[] = [0, 1];
