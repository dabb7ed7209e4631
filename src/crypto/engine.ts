/**
 * What stands behind the `sign` and `verify` effects of a node: one engine a node, of one of two kinds. Both give the
 * same proofs, so that nodes on different engines understand each other. The conformance suite is in testing.ts.
 */
import type { NodeId, Proof, Value } from '../core/index.ts';

/** Answers at once (node:crypto; the symbolic table of the simulator). */
export interface Engine {
  readonly id: NodeId;
  /** `signature`: Ed25519, 4 + 64 bytes. `authenticator`: 4 bytes and 16 for each other node, ascending. The first 4 number the key. */
  sign(content: Value, proof: Proof): Value;
  /** Never throws: whatever is malformed, unknown or of another kind is not valid. */
  verify(signer: NodeId, content: Value, signature: Value, proof: Proof): boolean;
}

/** Answers later (WebCrypto); in any order. */
export interface AsyncEngine {
  readonly id: NodeId;
  sign(content: Value, proof: Proof): Promise<Value>;
  /** Never rejects. */
  verify(signer: NodeId, content: Value, signature: Value, proof: Proof): Promise<boolean>;
}
