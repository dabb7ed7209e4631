export {
  type AppState,
  type Block,
  blockId,
  type ChainState,
  commandKey,
  contextOf,
  powerChanges,
  requestContent,
  type SignedCommand,
  type Snapshot,
  snapshotHash,
} from './block.ts';
export { defaultTendermintConfig, type TendermintConfig } from './config.ts';
export { type ConsensusInput, type ConsensusInputName, feed } from './consensus-input.ts';
export { messageSchema, renderMessage, type TendermintMessage, type VoteSet } from './message.ts';
export { tendermintProtocol } from './protocol.ts';
export { recordSchema, type TendermintRecord } from './record.ts';
export { type Proposed, RoundLog } from './round-log.ts';
export { Rounds, type Step } from './rounds.ts';
export { type Output, ScriptedRounds } from './scripted-rounds.ts';
export { conflict, contentOf, type Evidence, offence, type Statement, type StatementType, saysSame, type VoteType } from './statement.ts';
export { epochOf, Tendermint } from './tendermint.ts';
export { type DropCode, type EvidenceIndication, type TendermintEffects, type TendermintIndication, timers } from './tendermint-base.ts';
export {
  changed,
  firstSet,
  hasHonest,
  isQuorum,
  type PowerChange,
  powerOf,
  proposerOf,
  rotated,
  totalPower,
  type Validator,
  type ValidatorSet,
} from './validators.ts';
