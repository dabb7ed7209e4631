/** The systems that come along, by name. */
import { LightconeError } from '../core/index.ts';
import { etcd } from './etcd/etcd.ts';
import { nats } from './nats/nats.ts';
import { postgres } from './postgres/postgres.ts';
import { rabbitmq } from './rabbitmq/rabbitmq.ts';
import { redisSentinel } from './redis-sentinel/redis-sentinel.ts';
import type { System } from './system.ts';
import { zookeeper } from './zookeeper/zookeeper.ts';

export const systems: { readonly [name: string]: System } = Object.fromEntries(
  [etcd, redisSentinel, postgres, zookeeper, nats, rabbitmq].map((system) => [system.name, system]),
);

/** Throws LC_USAGE. */
export function systemNamed(name: string): System {
  const system = Object.hasOwn(systems, name) ? systems[name] : undefined;
  if (system !== undefined) return system;
  const names = Object.keys(systems).join(', ');
  throw new LightconeError('LC_USAGE', `there is no system ${JSON.stringify(name)}; there are: ${names}`, { system: name });
}
