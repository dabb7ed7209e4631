/** The settings of every server, the same everywhere: any of them may be primary one day. */
import { NAMESPACE_NETWORK } from '../../nemesis/index.ts';
import { choiceSetting } from '../settings.ts';
import type { StartContext } from '../system.ts';

/** For pg_hba.conf, where nodes have networks of their own: a server listens on loopback, who comes through filters is not from there. */
export const otherNetworks = ['all', 'replication'].map((database) => `host ${database} all ${NAMESPACE_NETWORK} trust\n`).join('');

/** Lines to be added to postgresql.conf. */
export function configuration({ nodes, settings }: StartContext): string {
  const synchronous = choiceSetting(settings, 'synchronous', ['async', 'any-1', 'all']);
  const wait = choiceSetting(settings, 'synchronousCommit', ['on', 'remote_write', 'remote_apply', 'local', 'off']);
  const names = nodes.map((node) => JSON.stringify(node)).join(', ');
  // A primary does not follow itself: of n names n - 1 can be there.
  const standbys = { async: '', 'any-1': `ANY 1 (${names})`, all: `ANY ${nodes.length - 1} (${names})` }[synchronous];
  const lines: { readonly [name: string]: string | number } = {
    listen_addresses: `'127.0.0.1'`,
    unix_socket_directories: `''`,
    shared_buffers: `'16MB'`,
    max_connections: 200,
    max_wal_senders: 10,
    wal_level: 'replica',
    wal_keep_size: `'512MB'`,
    wal_log_hints: 'on',
    hot_standby: 'on',
    hot_standby_feedback: 'on',
    wal_retrieve_retry_interval: `'200ms'`,
    wal_receiver_timeout: `'5s'`,
    wal_sender_timeout: `'5s'`,
    synchronous_standby_names: `'${standbys}'`,
    synchronous_commit: wait,
    // Default 1 s: as long as clients wait, who would then not hear that they were in each other's way.
    deadlock_timeout: `'100ms'`,
    autovacuum: 'off',
    log_checkpoints: 'on',
  };
  return `\n${Object.entries(lines)
    .map(([name, value]) => `${name} = ${value}`)
    .join('\n')}\n`;
}
