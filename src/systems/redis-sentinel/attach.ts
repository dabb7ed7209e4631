/**
 * Redis behind sentinels that run already: the addresses are those of the sentinels, the login is for the servers. All keys
 * begin with the run's prefix, and go when the run is over. Servers are reached under the address that the sentinels tell.
 */
import { LightconeError } from '../../core/index.ts';
import type { Address } from '../../nemesis/index.ts';
import { AttachedNodes } from '../attached-nodes.ts';
import { Broken, Refused } from '../completion.ts';
import { hostPort } from '../link-book.ts';
import { always } from '../patience.ts';
import type { AttachContext, AttachedSystem, ObservedBelief } from '../system.ts';
import { redisClient } from './client.ts';
import { fieldsOf, Redis, type Reply } from './resp.ts';

const OBSERVE_MS = 2000;
const SCANNED = 1000;

/** One question on a connection of its own. Throws Broken and Refused. */
async function asked(address: Address, ...words: readonly string[]): Promise<Reply> {
  const redis = await Redis.connect(address, always(OBSERVE_MS));
  try {
    return await redis.command(...words);
  } finally {
    redis.close();
  }
}

/** The only primary that the sentinels watch, or the one of `settings.primaryName`. */
async function primaryName(nodes: AttachedNodes, wanted: unknown): Promise<string> {
  const [node = 'n1'] = nodes.names;
  const at = hostPort(nodes.endpoint(node));
  let names: string[];
  try {
    const masters = await asked(nodes.endpoint(node), 'SENTINEL', 'MASTERS');
    names = (Array.isArray(masters) ? masters : []).map((master: Reply) => fieldsOf(master).name ?? '');
  } catch (error) {
    if (!(error instanceof Broken || error instanceof Refused)) throw error;
    throw new LightconeError('LC_ENVIRONMENT', `redis-sentinel: it cannot be attached to: ${node} at ${at} says ${error.code}`, { node });
  }
  const name = wanted ?? (names.length === 1 ? names[0] : undefined);
  if (typeof name === 'string' && names.includes(name)) return name;
  throw new LightconeError(
    'LC_ENVIRONMENT',
    `redis-sentinel: ${node} at ${at} watches ${names.join(', ') || 'nobody'}: say which in \`settings.primaryName\``,
    {
      node,
    },
  );
}

export async function attachRedisSentinel(context: AttachContext): Promise<AttachedSystem> {
  const nodes = new AttachedNodes('redis-sentinel', context);
  const primary = await primaryName(nodes, context.settings.primaryName);
  const prefix = `${context.prefix}:`;
  const { user, password } = context.endpoints.find((one) => one.password !== undefined) ?? {};
  const login = { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) };
  const seen = async (node: string) => fieldsOf(await asked(nodes.endpoint(node), 'SENTINEL', 'MASTER', primary));
  const first = nodes.names[0] as string;
  return {
    version: fieldsOf(await asked(nodes.endpoint(first), 'INFO', 'server')).redis_version ?? 'unknown',
    async client(options) {
      const sentinel = await nodes.way(options);
      const server = (announced: Address): Promise<Address> => nodes.way(options, announced);
      // Which server stands beside which sentinel nobody says: reads of replicas go to the primary.
      return redisClient({ sentinel, replica: sentinel, server, primary, login, prefix }, options, {
        ...context.settings,
        readMode: 'primary',
      });
    },
    ready: (timeoutMs) => nodes.allServe(timeoutMs, async (node) => (await seen(node)).flags === 'master'),
    async beliefs(node): Promise<readonly ObservedBelief[]> {
      try {
        const { ip = '', port = '', 'config-epoch': epoch = '0' } = await seen(node);
        return [
          { kind: 'epoch', value: Number(epoch) },
          { kind: 'x-primary', value: `${ip}:${port}`, epoch: Number(epoch) },
        ];
      } catch (error) {
        if (error instanceof Broken || error instanceof Refused) return [];
        throw error;
      }
    },
    async detach() {
      const { ip = '', port = '' } = await seen(first);
      const redis = await Redis.connect({ host: ip, port: Number(port) }, always(OBSERVE_MS), login);
      try {
        await removeAll(redis, prefix);
      } finally {
        redis.close();
      }
    },
  };
}

async function removeAll(redis: Redis, prefix: string): Promise<void> {
  let cursor = '0';
  do {
    const page = await redis.command('SCAN', cursor, 'MATCH', `${prefix}*`, 'COUNT', SCANNED);
    const [next, keys] = Array.isArray(page) ? page : [];
    if (typeof next !== 'string' || !Array.isArray(keys)) throw new Broken('UNEXPECTED_ANSWER', true);
    if (keys.length > 0) await redis.command('UNLINK', ...keys.map(String));
    cursor = next;
  } while (cursor !== '0');
}
