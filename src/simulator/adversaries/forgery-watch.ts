/**
 * No honest server believes a forgery: what it holds as proved by another was proved by that one, liar or not. Looked at
 * every few steps, and only in runs in which somebody forges: it reads all that a server holds.
 */
import { InvariantViolation, type NodeId, type Value } from '../../core/index.ts';
import type { AnyNode, LyingSpeech } from '../subject.ts';
import type { SymbolicCrypto } from '../symbolic-crypto.ts';

const EVERY_STEPS = 16;

export class ForgeryWatch {
  readonly #holds: ((node: AnyNode) => Iterable<{ readonly signer: NodeId; readonly content: Value }>) | null;
  readonly #crypto: SymbolicCrypto;
  #steps = 0;

  constructor(speech: LyingSpeech | undefined, crypto: SymbolicCrypto) {
    this.#holds = speech?.holds ?? null;
    this.#crypto = crypto;
  }

  stepped(id: NodeId, node: AnyNode): void {
    if (this.#holds !== null && ++this.#steps % EVERY_STEPS === 0) this.check(id, node);
  }

  check(id: NodeId, node: AnyNode): void {
    for (const { signer, content } of this.#holds?.(node) ?? []) {
      if (signer !== id && !this.#crypto.hasProved(signer, content))
        throw new InvariantViolation('unforgeable', `n${id} holds ${JSON.stringify(content)} as said by n${signer}, who never said it`);
    }
  }
}
