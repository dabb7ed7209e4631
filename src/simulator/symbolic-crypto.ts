/**
 * Signatures without arithmetic: a signature is a name that only this table gives out, and the table knows who signed
 * what. Nobody can make a valid one without the signer's key; copying one is possible, as in life. Deterministic, and
 * equal content by equal signer with the same key has an equal signature (as with Ed25519). An authenticator is such a name
 * too, for all readers, or one made for some of them alone.
 */
import { digest, equalValues, type NodeId, type Proof, type Value, Writer } from '../core/index.ts';
import { SymbolicKeys } from './symbolic-keys.ts';

interface Signed {
  readonly signer: NodeId;
  readonly content: Value;
  readonly proof: Proof;
  /** Of the signer's key. */
  readonly number: number;
  /** Null: for everybody. */
  readonly readers: readonly NodeId[] | null;
}

const same = (one: readonly NodeId[] | null, other: readonly NodeId[] | null): boolean => equalValues(one as Value, other as Value);

export class SymbolicCrypto {
  readonly keys: SymbolicKeys;
  readonly #seed: number;
  readonly #signed = new Map<string, Signed>();
  /** Statements that somebody proved, whatever the proof: names as of signatures. */
  readonly #proved = new Set<string>();
  readonly #writer = new Writer();
  /** By content, which nobody changes: the name of its signature by who was asked for last. What a server holds is looked at again and again. */
  readonly #names = new WeakMap<object, { readonly signer: NodeId; readonly name: string }>();

  /** `graceUs`: how long a key counts after the next one was announced. */
  constructor(seed: number, graceUs = 0) {
    this.#seed = seed;
    this.keys = new SymbolicKeys(graceUs);
  }

  /** `readers`: an authenticator of which only their MACs are right, as a liar may make it; null: of all. */
  sign(signer: NodeId, content: Value, proof: Proof, readers: readonly NodeId[] | null = null): Value {
    const first = this.#name(signer, content, proof, readers);
    const number = this.keys.current(signer);
    let name = number === 0 ? first : `${first}-key${number}`;
    for (let known = this.#signed.get(name); known !== undefined; known = this.#signed.get(name)) {
      const isSame = known.signer === signer && known.proof === proof && known.number === number;
      if (isSame && same(known.readers, readers) && equalValues(known.content, content)) return name;
      name += '+';
    }
    this.#signed.set(name, { signer, content, proof, number, readers });
    this.#proved.add(proof === 'signature' && readers === null ? first : this.#name(signer, content, 'signature', null));
    return name;
  }

  #name(signer: NodeId, content: Value, proof: Proof, readers: readonly NodeId[] | null): string {
    return (proof === 'signature' ? 'sig-' : 'mac-') + this.#digest(signer, content, readers);
  }

  #digest(signer: NodeId, content: Value, readers: readonly NodeId[] | null): string {
    const w = this.#writer;
    w.reset();
    w.uint(this.#seed);
    w.uint(signer);
    w.value(content);
    if (readers !== null) w.value(readers);
    return digest(w.bytes, w.length);
  }

  /** Did `signer` ever prove `content`, in any way? For the judge of forgeries, and for liars that must not repeat the truth. */
  hasProved(signer: NodeId, content: Value): boolean {
    if (content === null || typeof content !== 'object') return this.#proved.has(this.#name(signer, content, 'signature', null));
    let known = this.#names.get(content);
    if (known?.signer !== signer) {
      known = { signer, name: this.#name(signer, content, 'signature', null) };
      this.#names.set(content, known);
    }
    return this.#proved.has(known.name);
  }

  /** The number of the key that made it; -1: no key made it. */
  keyOf(signature: Value): number {
    return typeof signature === 'string' ? (this.#signed.get(signature)?.number ?? -1) : -1;
  }

  /** As `reader` sees it at `nowUs`: an authenticator may be right for one and wrong for another, and so may a key. */
  verify(signer: NodeId, content: Value, signature: Value, proof: Proof, reader: NodeId, nowUs = 0): boolean {
    if (typeof signature !== 'string') return false;
    const known = this.#signed.get(signature);
    if (known === undefined || known.signer !== signer || known.proof !== proof) return false;
    if (known.readers !== null && !known.readers.includes(reader)) return false;
    return equalValues(known.content, content) && this.keys.counts(reader, signer, known.number, nowUs);
  }
}
