/** The Multi-Paxos core alone: three nodes in one process (ordering-core.ts), with and without its codec. */
import { defaultPaxosConfig, messageSchema, Paxos, type PaxosMessage, type PaxosRecord } from '../src/protocols/paxos/index.ts';
import type { Figure } from './measure.ts';
import { type OrderingCore, orderingRate } from './ordering-core.ts';

export const name = 'paxos';

const core: OrderingCore<PaxosMessage, PaxosRecord> = {
  create: (id, peers) => new Paxos(id, peers, defaultPaxosConfig),
  message: messageSchema,
};

export async function run(): Promise<Figure[]> {
  return [
    { metric: 'entries, no codec', value: Math.round(orderingRate(core, false, 200_000)), unit: 'entries/CPU-s' },
    {
      metric: 'entries, every message encoded and decoded',
      value: Math.round(orderingRate(core, true, 100_000)),
      unit: 'entries/CPU-s',
    },
  ];
}
