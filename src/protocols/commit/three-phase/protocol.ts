/** What a host needs to run three-phase commit. */
import type { Protocol } from '../../../core/index.ts';
import type { CommitIndication } from '../site.ts';
import { type ThreePhaseConfig, type ThreePhaseMessage, type ThreePhaseRecord, threePhaseMessages, threePhaseRecords } from './message.ts';
import { ThreePhaseCommit, threePhaseTimers } from './three-phase-commit.ts';

export const threePhaseProtocol: Protocol<ThreePhaseConfig, ThreePhaseMessage, ThreePhaseRecord, CommitIndication> = {
  name: 'three-phase-commit',
  create: (id, peers, config) => new ThreePhaseCommit(id, peers, config),
  message: threePhaseMessages,
  record: threePhaseRecords,
  timers: threePhaseTimers,
};
