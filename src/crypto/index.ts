export type { AsyncEngine, Engine } from './engine.ts';
export { generateKeyFile, loadNodeKey, saveNodeKey } from './key-file.ts';
export {
  type Announcement,
  acceptAnnouncement,
  acceptAnnouncementAsync,
  announce,
  announceAsync,
  Keyring,
  type KeyringOptions,
} from './keyring.ts';
export { useNativeHash } from './native-hash.ts';
export { generateNodeKey, NodeEngine, nodeKeyOf } from './node-engine.ts';
export { fromHex, hex, KEY_BYTES, NodeKey, type PublicKey } from './node-key.ts';
export { MAC_BYTES, NUMBER_BYTES, SIGNATURE_BYTES } from './proof-format.ts';
export { AsyncProver, type ProofEffects, type ProofInput, Prover } from './prover.ts';
export { digestOf, SessionKey } from './session-key.ts';
export type { Domain } from './signed-bytes.ts';
export { generateWebNodeKey, WebEngine } from './web-engine.ts';
