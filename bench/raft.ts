/** The Raft core alone: three nodes in one process (ordering-core.ts), with and without its codec. */
import { defaultRaftConfig, messageSchema, Raft, type RaftMessage, type RaftRecord } from '../src/protocols/raft/index.ts';
import type { Figure } from './measure.ts';
import { type OrderingCore, orderingRate } from './ordering-core.ts';

export const name = 'raft';

const core: OrderingCore<RaftMessage, RaftRecord> = {
  create: (id, peers) => new Raft(id, peers, defaultRaftConfig),
  message: messageSchema,
};

export async function run(): Promise<Figure[]> {
  return [
    { metric: 'entries, no codec', value: Math.round(orderingRate(core, false, 500_000)), unit: 'entries/CPU-s', bar: '>= 1000000' },
    {
      metric: 'entries, every message encoded and decoded',
      value: Math.round(orderingRate(core, true, 300_000)),
      unit: 'entries/CPU-s',
      bar: '>= 600000',
    },
  ];
}
