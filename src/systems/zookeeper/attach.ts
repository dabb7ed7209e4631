/** A ZooKeeper ensemble that runs already: everything lies below one node of the run's own, which goes with all that is in it. */
import { LightconeError } from '../../core/index.ts';
import { AttachedNodes } from '../attached-nodes.ts';
import { Broken, Refused } from '../completion.ts';
import { hostPort } from '../link-book.ts';
import { always } from '../patience.ts';
import type { AttachContext, AttachedSystem } from '../system.ts';
import { beliefsOf, modeOf } from './beliefs.ts';
import { makeFolders, zookeeperClient } from './client.ts';
import { flags, ZooKeeper } from './session.ts';

const OBSERVE_MS = 2000;
const SESSION_MS = 6000;

export async function attachZooKeeper(context: AttachContext): Promise<AttachedSystem> {
  if (context.endpoints.some(({ user, password }) => (user ?? password) !== undefined))
    throw new LightconeError('LC_USAGE', '--attach: zookeeper is entered without a login: leave out what stands before the @', {});
  const nodes = new AttachedNodes('zookeeper', context);
  const root = `/${context.prefix}`;
  const [first = 'n1'] = nodes.names;
  const within = async (chroot: string, work: (session: ZooKeeper) => Promise<void>): Promise<void> => {
    const session = await ZooKeeper.connect(nodes.endpoint(first), always(OBSERVE_MS), SESSION_MS, chroot);
    try {
      await work(session);
    } finally {
      session.close();
    }
  };
  try {
    await within('', async (session) => {
      await session.create(root, '', flags.persistent);
    });
    await within(root, makeFolders);
  } catch (error) {
    if (!(error instanceof Broken || error instanceof Refused)) throw error;
    const at = hostPort(nodes.endpoint(first));
    throw new LightconeError('LC_ENVIRONMENT', `zookeeper: it cannot be attached to: ${first} at ${at} says ${error.code}`, {
      node: first,
    });
  }
  return {
    // The protocol does not say it, and the command that does is seldom allowed.
    version: 'unknown',
    client: async (options) => zookeeperClient(await nodes.way(options), options, context.settings, root),
    ready: (timeoutMs) => nodes.allServe(timeoutMs, async (node) => (await modeOf(nodes.endpoint(node), OBSERVE_MS)) !== null),
    beliefs: (node) => beliefsOf(node, nodes.endpoint(node), OBSERVE_MS),
    detach: () => within('', (session) => removeAll(session, root)),
  };
}

async function removeAll(session: ZooKeeper, path: string): Promise<void> {
  for (const child of await session.getChildren(path)) await removeAll(session, `${path}/${child}`);
  await session.delete(path);
}
