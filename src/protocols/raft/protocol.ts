/** Raft for any host: how to make a node, and what it sends and keeps. */
import type { OrderingIndication, Protocol } from '../../core/index.ts';
import type { RaftConfig } from './config.ts';
import { messageSchema, type RaftMessage } from './message.ts';
import { Raft } from './raft.ts';
import { timerNames } from './raft-timers.ts';
import { type RaftRecord, recordSchema } from './record.ts';

export const raftProtocol: Protocol<RaftConfig, RaftMessage, RaftRecord, OrderingIndication> = {
  name: 'raft',
  create: (id, peers, config) => new Raft(id, peers, config),
  message: messageSchema,
  record: recordSchema,
  timers: timerNames,
};
