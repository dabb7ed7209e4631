/**
 * Byzantine behaviour from outside: an adversary has one node's identity (its links and its signatures) and rewrites
 * what that node sends. Protocol code has no Byzantine branch. Signatures stay unforgeable: a mutated message carries
 * a signature over something else.
 */
import { LightconeError, type NodeId, Random, type Schema } from '../core/index.ts';

export const behaviours = ['silent', 'drop', 'delay', 'duplicate', 'replay', 'mutate', 'equivocate'] as const;
export type Behaviour = (typeof behaviours)[number];

/** What an adversary may do with messages: hand them to the network in its node's name. */
export interface Outlet {
  transmit(kind: number, from: NodeId, to: NodeId, payload: unknown, extraUs: number): void;
}

const MESSAGE = 0;
const REMEMBERED = 32;

export class Adversary {
  readonly #behaviours: readonly Behaviour[];
  readonly #random: Random;
  readonly #schema: Schema<unknown>;
  /** Recent messages, for replay. */
  readonly #past: unknown[] = [];
  /** Equivocation: the message being told in two versions, and the second version. */
  #original: unknown = null;
  #other: unknown = null;

  /** `text`: behaviours joined by `+`; each message meets one of them, or goes out as it is. */
  constructor(text: string, schema: Schema<unknown>, seed: number, node: NodeId) {
    this.#behaviours = parseBehaviours(text);
    this.#schema = schema;
    this.#random = new Random(seed, 'adversary', node);
  }

  rewrite(outlet: Outlet, from: NodeId, to: NodeId, message: unknown): void {
    const random = this.#random;
    const behaviour = random.pick(this.#behaviours);
    const acts = behaviour === 'silent' || behaviour === 'equivocate' || random.below(3) === 0;
    if (this.#past.length < REMEMBERED) this.#past.push(message);
    else this.#past[random.below(REMEMBERED)] = message;
    if (!acts) {
      outlet.transmit(MESSAGE, from, to, message, 0);
      return;
    }
    switch (behaviour) {
      case 'silent':
      case 'drop':
        return;
      case 'delay':
        outlet.transmit(MESSAGE, from, to, message, random.below(500_000));
        return;
      case 'duplicate':
        outlet.transmit(MESSAGE, from, to, message, 0);
        outlet.transmit(MESSAGE, from, to, message, random.below(200_000));
        return;
      case 'replay':
        outlet.transmit(MESSAGE, from, to, message, 0);
        outlet.transmit(MESSAGE, from, to, random.pick(this.#past), random.below(100_000));
        return;
      case 'mutate':
        outlet.transmit(MESSAGE, from, to, this.#schema.mutate(random, message), 0);
        return;
      case 'equivocate':
        outlet.transmit(MESSAGE, from, to, to % 2 === 0 ? message : this.#version(message), 0);
    }
  }

  /** The same lie for all who are lied to about one message. */
  #version(message: unknown): unknown {
    if (this.#original !== message) {
      this.#original = message;
      this.#other = this.#schema.mutate(this.#random, message);
    }
    return this.#other;
  }
}

/** @throws LC_SCENARIO naming a behaviour that does not exist */
export function parseBehaviours(text: string): readonly Behaviour[] {
  return text.split('+').map((name) => {
    const known = behaviours.find((behaviour) => behaviour === name);
    if (known === undefined)
      throw new LightconeError('LC_SCENARIO', `adversary behaviour "${name}" is none of ${behaviours.join(', ')}`, { name });
    return known;
  });
}
