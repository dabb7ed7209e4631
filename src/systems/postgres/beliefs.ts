/** What a PostgreSQL server says of itself: primary or standby, its timeline (which each promotion raises), whom it follows, how far it is. */
import type { ObservedBelief } from '../system.ts';
import type { Postgres } from './protocol.ts';

const QUERY = `SELECT pg_is_in_recovery(),
  CASE WHEN pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0') ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') END,
  CASE WHEN pg_is_in_recovery() THEN NULL ELSE substring(pg_walfile_name(pg_current_wal_lsn()) FROM 1 FOR 8) END,
  (SELECT timeline_id FROM pg_control_checkpoint()),
  (SELECT received_tli FROM pg_stat_wal_receiver),
  current_setting('primary_conninfo')`;

export async function beliefsOf(
  node: string,
  observer: Postgres,
  nodeBehind: (port: number) => Promise<string | null>,
): Promise<readonly ObservedBelief[]> {
  const { rows } = await observer.query(QUERY);
  const [recovering, position, walTimeline, checkpointTimeline, receivedTimeline, conninfo] = rows[0] ?? [];
  const leads = recovering === 'f';
  const epoch = leads ? Number.parseInt(walTimeline ?? '0', 16) : Number(receivedTimeline ?? checkpointTimeline ?? 0);
  const port = Number(/port=(\d+)/.exec(conninfo ?? '')?.[1] ?? 0);
  return [
    { kind: 'epoch', value: epoch },
    { kind: 'role', value: leads ? 'leader' : 'follower', epoch },
    { kind: 'leader', value: leads ? node : await nodeBehind(port), epoch },
    { kind: 'position', value: Number(position ?? 0) },
  ];
}
