/** All claims, in the order of the table that docs/reference/raft-paper.md shows. */
import type { Theme } from './case.ts';
import { clients } from './clients.ts';
import { compaction } from './compaction.ts';
import { elections } from './elections.ts';
import { flowControl } from './flow-control.ts';
import { leases } from './leases.ts';
import { logReplication } from './log-replication.ts';
import { membership } from './membership.ts';
import { safety } from './safety.ts';
import { storage } from './storage.ts';
import { transfer } from './transfer.ts';

export const themes: readonly Theme[] = [
  elections,
  logReplication,
  safety,
  storage,
  membership,
  transfer,
  compaction,
  clients,
  leases,
  flowControl,
];
