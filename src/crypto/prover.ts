/**
 * Answers the `sign` and `verify` effects of a step machine with an engine: what a host puts into its `out`. Answers are
 * inputs, and a node takes one input at a time (duty 2 of a host): those that are there at once wait in a queue that
 * the host empties after each step; those that come later are handed over when they come.
 */
import type { Effects, NodeId, Proof, SignedInput, Token, Value, VerifiedInput } from '../core/index.ts';
import type { AsyncEngine, Engine } from './engine.ts';

export type ProofInput = SignedInput | VerifiedInput;
export type ProofEffects = Pick<Effects<never, never, never>, 'sign' | 'verify'>;

/** With an engine that answers at once. */
export class Prover implements ProofEffects {
  readonly #engine: Engine;
  readonly #now: () => number;
  readonly #answers: ProofInput[] = [];
  #next = 0;

  /** `now`: the node's local clock, microseconds. */
  constructor(engine: Engine, now: () => number) {
    this.#engine = engine;
    this.#now = now;
  }

  sign(token: Token, content: Value, proof: Proof): void {
    this.#answers.push({ kind: 'signed', now: this.#now(), token, signature: this.#engine.sign(content, proof) });
  }

  verify(token: Token, signer: NodeId, content: Value, signature: Value, proof: Proof): void {
    const valid = this.#engine.verify(signer, content, signature, proof);
    this.#answers.push({ kind: 'verified', now: this.#now(), token, valid });
  }

  /** The next input to step the node with; null when none waits. */
  take(): ProofInput | null {
    const answer = this.#answers[this.#next];
    if (answer === undefined) {
      this.#answers.length = 0;
      this.#next = 0;
      return null;
    }
    this.#next++;
    return answer;
  }
}

/** With an engine that answers later. Answers for a node that is gone (`close`) are dropped. */
export class AsyncProver implements ProofEffects {
  readonly #engine: AsyncEngine;
  readonly #now: () => number;
  readonly #answer: (input: ProofInput) => void;
  readonly #failed: (error: unknown) => void;
  /** Effects that have no answer yet. */
  pending = 0;
  #closed = false;

  /** `answer` steps the node, and is never called within a step; `failed` hears of a platform that cannot sign. */
  constructor(engine: AsyncEngine, now: () => number, answer: (input: ProofInput) => void, failed: (error: unknown) => void) {
    this.#engine = engine;
    this.#now = now;
    this.#answer = answer;
    this.#failed = failed;
  }

  sign(token: Token, content: Value, proof: Proof): void {
    this.#later(this.#engine.sign(content, proof), (signature) => ({ kind: 'signed', now: this.#now(), token, signature }));
  }

  verify(token: Token, signer: NodeId, content: Value, signature: Value, proof: Proof): void {
    this.#later(this.#engine.verify(signer, content, signature, proof), (valid) => ({ kind: 'verified', now: this.#now(), token, valid }));
  }

  #later<T>(work: Promise<T>, input: (result: T) => ProofInput): void {
    this.pending++;
    work
      .then((result) => {
        this.pending--;
        if (!this.#closed) this.#answer(input(result));
      })
      .catch((error: unknown) => {
        if (!this.#closed) this.#failed(error);
      });
  }

  close(): void {
    this.#closed = true;
  }
}
