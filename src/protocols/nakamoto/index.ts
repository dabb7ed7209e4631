export {
  type Block,
  blockId,
  blockSchema,
  bodyHash,
  GENESIS,
  type Header,
  makeTransaction,
  meetsTarget,
  Puzzle,
  type Transaction,
  transactionId,
  transactionOf,
} from './block.ts';
export { BlockTree, type Reorganisation, type TreeEntry } from './block-tree.ts';
export type { ChainIndication, Refusal } from './chain-base.ts';
export { ChainClient, type ChainClientConfig, chainClientTimers } from './client.ts';
export { type ChainConfig, checkChainConfig, defaultChainConfig } from './config.ts';
export { catchesUp, nakamotoReversal, rosenfeldReversal } from './double-spend.ts';
export { type ChainMessage, type ChainRecord, MOST_BLOCKS, messageSchema, recordSchema } from './message.ts';
export { chainTimers, Nakamoto, nakamotoProtocol } from './nakamoto.ts';
export { type Fork, knowsFormat, type Rules, rulesOf } from './rules.ts';
