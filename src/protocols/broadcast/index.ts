export { CardElection, type CardShown, cardElectionProtocol, cardSchema, type ElectionConfig, type ElectionGame } from './card-election.ts';
export { type Deal, GameClient, type GameClientConfig, gameClientTimers } from './client.ts';
export { type Decided, type GameConfig, type GameMessage, GameNode, type GameOut, gameTimers, noRecord } from './game.ts';
export { type CardClaim, claimSchema, HighestCard, highestCardProtocol, NO_CARD, witnessesOf } from './highest-card.ts';
export {
  type OralConfig,
  type OralGame,
  OralGenerals,
  type OralMessage,
  oralMessages,
  oralProtocol,
  oralSchema,
  RETREAT,
} from './oral-generals.ts';
export {
  type BrachaConfig,
  type BrachaMessage,
  type Broadcast,
  brachaProtocol,
  brachaSchema,
  brachaTimers,
  type Delivered,
  ReliableBroadcast,
} from './reliable-broadcast.ts';
export {
  type SignedConfig,
  type SignedGame,
  SignedGenerals,
  type SignedMessage,
  signedContent,
  signedMessages,
  signedProtocol,
  signedSchema,
} from './signed-generals.ts';
