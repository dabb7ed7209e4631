/** Tendermint for any host: how to make a node, and what it sends and keeps. */
import type { OrderingIndication, Protocol } from '../../core/index.ts';
import type { TendermintConfig } from './config.ts';
import { messageSchema, type TendermintMessage } from './message.ts';
import { recordSchema, type TendermintRecord } from './record.ts';
import { Tendermint } from './tendermint.ts';
import { timerNames } from './tendermint-base.ts';

export const tendermintProtocol: Protocol<TendermintConfig, TendermintMessage, TendermintRecord, OrderingIndication> = {
  name: 'tendermint',
  create: (id, peers, config) => new Tendermint(id, peers, config),
  message: messageSchema,
  record: recordSchema,
  timers: timerNames,
};
