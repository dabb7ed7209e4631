/**
 * Signatures without arithmetic: a signature is a name that only this table gives out, and the table knows who signed
 * what. Nobody can make a valid one without the signer's key; copying one is possible, as in life. Deterministic, and
 * equal content by equal signer has an equal signature (as with Ed25519).
 */
import { digest, encodeValue, equalValues, type NodeId, type Value, Writer } from '../core/index.ts';

interface Signed {
  readonly signer: NodeId;
  readonly content: Value;
}

export class SymbolicCrypto {
  readonly #seed: number;
  readonly #signed = new Map<string, Signed>();
  readonly #writer = new Writer();

  constructor(seed: number) {
    this.#seed = seed;
  }

  sign(signer: NodeId, content: Value): Value {
    this.#writer.reset();
    this.#writer.uint(this.#seed);
    this.#writer.uint(signer);
    this.#writer.raw(encodeValue(content));
    let name = `sig-${digest(this.#writer.bytes, this.#writer.length)}`;
    for (let known = this.#signed.get(name); known !== undefined; known = this.#signed.get(name)) {
      if (known.signer === signer && equalValues(known.content, content)) return name;
      name += '+';
    }
    this.#signed.set(name, { signer, content });
    return name;
  }

  verify(signer: NodeId, content: Value, signature: Value): boolean {
    if (typeof signature !== 'string') return false;
    const known = this.#signed.get(signature);
    return known !== undefined && known.signer === signer && equalValues(known.content, content);
  }
}
