/** Multi-Paxos for any host: how to make a node, and what it sends and keeps. */
import type { OrderingIndication, Protocol } from '../../core/index.ts';
import type { PaxosConfig } from './config.ts';
import { messageSchema, type PaxosMessage } from './message.ts';
import { Paxos } from './paxos.ts';
import { timerNames } from './paxos-timers.ts';
import { type PaxosRecord, recordSchema } from './record.ts';

export const paxosProtocol: Protocol<PaxosConfig, PaxosMessage, PaxosRecord, OrderingIndication> = {
  name: 'paxos',
  create: (id, peers, config) => new Paxos(id, peers, config),
  message: messageSchema,
  record: recordSchema,
  timers: timerNames,
};
