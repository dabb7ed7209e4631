/**
 * What the explorer explores: states that are short vectors of 32-bit words, actions that are integers. Abstract
 * specifications and real worlds of nodes (world-model.ts) are both models. After Stateright's `Model`.
 */

/** Enabled actions of one state, reused from state to state. */
export class ActionList {
  codes = new Int32Array(64);
  length = 0;

  push(action: number): void {
    if (this.length === this.codes.length) {
      const grown = new Int32Array(this.length * 2);
      grown.set(this.codes);
      this.codes = grown;
    }
    this.codes[this.length++] = action;
  }
}

/** Next states of one action, reused. A model writes into `words` at the offset that `copy` returned. */
export class Successors {
  readonly width: number;
  words: Int32Array;
  count = 0;

  constructor(width: number) {
    this.width = width;
    this.words = new Int32Array(width * 16);
  }

  /** Adds a next state that starts as a copy of `state`; the offset of its first word in `words` until the next `copy`. */
  copy(state: Int32Array): number {
    const { width } = this;
    const at = this.count * width;
    if (at + width > this.words.length) {
      const grown = new Int32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    const { words } = this;
    for (let i = 0; i < width; i++) words[at + i] = state[i] as number;
    this.count += 1;
    return at;
  }
}

/**
 * `always`: holds in every reachable state. `sometimes`: holds in at least one. `terminal`: holds in every state
 * without next states (for a predicate that stays true once true, that is `eventually` on all runs that end; runs
 * that go round for ever are not judged).
 */
export interface Property {
  readonly name: string;
  readonly kind: 'always' | 'sometimes' | 'terminal';
  holds(state: Int32Array): boolean;
}

export interface Model {
  readonly name: string;
  /** Words a state. */
  readonly width: number;
  readonly properties: readonly Property[];
  init(out: Successors): void;
  /** Adds the code of every enabled action. */
  actions(state: Int32Array, out: ActionList): void;
  /** Adds every state that `action` may lead to: none (it was not possible after all), one, or one for each choice. */
  next(state: Int32Array, action: number, out: Successors): void;
  /** The action told to people. */
  label(state: Int32Array, action: number): string;
  /** The state told to people. */
  render(state: Int32Array): string;
  /** Who acts (a node, a link), for priority-based random exploration; without it every action is its own actor. */
  actor?(state: Int32Array, action: number): number;
  /**
   * Replaces a state, in place, by the one representative of its orbit under a symmetry of the model: exact reduction
   * needs that permuting commutes with `next`, and that properties do not tell members of an orbit apart.
   */
  canonicalise?(state: Int32Array): void;
}
