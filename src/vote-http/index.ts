export { generateKeyFile, generateNodeKey, loadNodeKey, type NodeKey, saveNodeKey } from '../crypto/index.ts';
export type { Strategy } from '../protocols/vote/index.ts';
export { type DecideOptions, type Decision, decideTogether } from './decide-together.ts';
export { publicKeyText, type VoterAddress } from './electorate.ts';
export { liarsIn, type SignedDecision, type Verification, type VerifyOptions, verifyDecision } from './signed-decision.ts';
export { type RunningVoter, serveVoter, type VoterOptions } from './voter-server.ts';
