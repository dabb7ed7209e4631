/**
 * What is really signed: the canonical bytes of the content behind those of the domain: which protocol, which cluster,
 * which kind of proof, whose, under which key. What was signed for one purpose is worth nothing for another. Both parts
 * are self-delimiting, so no other pair of domain and content has the same bytes.
 */
import { encodeValue, type NodeId, type Proof, type Value, Writer } from '../core/index.ts';

/** Where proofs count. Two clusters, or two protocols between the same nodes, never take each other's. */
export interface Domain {
  readonly protocol: string;
  readonly cluster: string;
}

const VERSION = 1;

export class SignedBytes {
  readonly #domain: Domain;
  readonly #prefixes = new Map<string, Uint8Array>();
  readonly #writer = new Writer(1024);

  constructor(domain: Domain) {
    this.#domain = domain;
  }

  /** A view that is valid until the next call. */
  of(proof: Proof, signer: NodeId, keyNumber: number, content: Value): Uint8Array {
    const w = this.#writer;
    w.reset();
    w.raw(this.#prefix(proof, signer, keyNumber));
    w.value(content);
    return w.bytes.subarray(0, w.length);
  }

  #prefix(proof: Proof, signer: NodeId, keyNumber: number): Uint8Array {
    const name = `${proof} ${signer} ${keyNumber}`;
    let prefix = this.#prefixes.get(name);
    if (prefix === undefined) {
      const { protocol, cluster } = this.#domain;
      prefix = encodeValue(['lightcone', VERSION, protocol, cluster, proof, signer, keyNumber]);
      this.#prefixes.set(name, prefix);
    }
    return prefix;
  }
}

/** The derivation of the key with which `from` proves to `to`, under these numbers of theirs: HKDF's info (RFC 5869). */
export const sessionInfo = (from: NodeId, fromNumber: number, to: NodeId, toNumber: number): Uint8Array =>
  encodeValue(['lightcone', VERSION, 'session', from, fromNumber, to, toNumber]);

/** HKDF's salt. */
export const sessionSalt = ({ protocol, cluster }: Domain): Uint8Array => encodeValue(['lightcone', VERSION, protocol, cluster]);
