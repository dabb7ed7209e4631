/** What a node is told: by its configuration file, and by the environment of Debian's start script. */
import { join } from 'node:path';
import { choiceSetting, type Settings } from '../settings.ts';
import type { Place } from './server.ts';

/** Erlang's name of a node. */
export const erlangName = (node: string): string => `${node}@127.0.0.1`;

export function configuration({ client, management }: Place, nodes: readonly string[], settings: Settings): string {
  const handling = choiceSetting(settings, 'partitionHandling', ['pause_minority', 'autoheal', 'ignore']);
  const lines: readonly (readonly [name: string, value: string | number])[] = [
    ['listeners.tcp.1', `127.0.0.1:${client.port}`],
    ['management.tcp.ip', '127.0.0.1'],
    ['management.tcp.port', management.port],
    ['management_agent.disable_metrics_collector', 'true'],
    ['cluster_formation.peer_discovery_backend', 'classic_config'],
    ...nodes.map((node, i): readonly [string, string] => [`cluster_formation.classic_config.nodes.${i + 1}`, erlangName(node)]),
    ['cluster_formation.randomized_startup_delay_range.min', 0],
    ['cluster_formation.randomized_startup_delay_range.max', 1],
    ['cluster_partition_handling', handling],
    ['cluster_keepalive_interval', 1000],
    ['disk_free_limit.absolute', '50MB'],
    ['log.file', 'false'],
    ['log.console', 'true'],
    ['log.console.level', 'info'],
  ];
  return `${lines.map(([name, value]) => `${name} = ${value}`).join('\n')}\n`;
}

/** `netTickSeconds`: so long a silent node is waited for, a quarter more or less. One scheduler that does not spin: three nodes share few processors. */
export function environment(place: Place, directory: string, netTickSeconds: number): { readonly [name: string]: string } {
  return {
    HOME: directory,
    LANG: 'C.UTF-8',
    // Without the script's own shell in between, whose signals would be two processes' business.
    RUNNING_UNDER_SYSTEMD: 'true',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(place.mapper.port),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_NODENAME: erlangName(place.name),
    RABBITMQ_USE_LONGNAME: 'true',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(place.client.port),
    RABBITMQ_DIST_PORT: String(place.distribution.port),
    RABBITMQ_MNESIA_BASE: join(directory, 'data'),
    RABBITMQ_LOG_BASE: directory,
    RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(directory, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'enabled_plugins'),
    RABBITMQ_PLUGINS_EXPAND_DIR: join(directory, 'plugins'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(directory, 'generated'),
    RABBITMQ_PID_FILE: join(directory, 'rabbitmq.pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `+S 1:1 +sbwt none -kernel net_ticktime ${netTickSeconds} -kernel inet_dist_use_interface {127,0,0,1}`,
  };
}
