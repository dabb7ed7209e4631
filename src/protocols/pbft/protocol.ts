/** PBFT for any host: how to make a replica, and what it sends and keeps. */
import type { NodeId, Protocol, StateMachine } from '../../core/index.ts';
import type { PbftConfig } from './config.ts';
import { messageSchema, type PbftMessage } from './message.ts';
import { Pbft } from './pbft.ts';
import type { PbftIndication } from './pbft-base.ts';
import { timerNames } from './pbft-timers.ts';
import { type PbftRecord, recordSchema } from './record.ts';

/** A replica's settings, and what its requests are executed on. */
export interface PbftServiceConfig extends PbftConfig {
  machine(id: NodeId): StateMachine;
}

export const pbftProtocol: Protocol<PbftServiceConfig, PbftMessage, PbftRecord, PbftIndication> = {
  name: 'pbft',
  create: (id, peers, config) => new Pbft(id, peers, config, config.machine(id)),
  message: messageSchema,
  record: recordSchema,
  timers: timerNames,
};
