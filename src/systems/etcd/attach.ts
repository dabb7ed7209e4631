/** An etcd cluster that is running already: our keys lie under a prefix of their own, which goes when the run is over. */
import { LightconeError } from '../../core/index.ts';
import { AttachedNodes } from '../attached-nodes.ts';
import { Broken, Refused } from '../completion.ts';
import { hostPort } from '../link-book.ts';
import { always } from '../patience.ts';
import type { AttachContext, AttachedSystem } from '../system.ts';
import { beliefsOf, MemberNames } from './beliefs.ts';
import { etcdClient } from './client.ts';
import { type Access, Gateway } from './gateway.ts';

const OBSERVE_MS = 2000;

/** Throws LC_ENVIRONMENT where a node does not answer or refuses the user. */
export async function attachEtcd(context: AttachContext): Promise<AttachedSystem> {
  const nodes = new AttachedNodes('etcd', context);
  const names = new MemberNames();
  const access: Access = { prefix: `lightcone/${context.prefix}/`, token: await tokenOf(nodes) };
  const observers = new Map(nodes.names.map((node) => [node, new Gateway(nodes.endpoint(node), always(OBSERVE_MS), access)]));
  const observer = (node: string): Gateway => observers.get(node) as Gateway;
  const beliefs = (node: string) => beliefsOf(node, observer(node), names);
  return {
    version: await versionOf(nodes, access),
    client: async (options) => etcdClient(await nodes.way(options), options, context.settings, access),
    beliefs,
    async ready(timeoutMs) {
      await nodes.allServe(timeoutMs, async (node) => {
        await observer(node).range('ready');
        return true;
      });
      for (const node of nodes.names) await beliefs(node);
    },
    async detach() {
      try {
        await anyOf(nodes.names.map((node) => () => observer(node).deleteAll()));
      } finally {
        for (const gateway of observers.values()) gateway.close();
      }
    },
  };
}

/** The first that works; what the last one said where none does. */
async function anyOf(ways: readonly (() => Promise<void>)[]): Promise<void> {
  let last: unknown;
  for (const way of ways) {
    try {
      return await way();
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function tokenOf(nodes: AttachedNodes): Promise<string | null> {
  for (const node of nodes.names) {
    const endpoint = nodes.endpoint(node);
    const { user, password = '' } = endpoint;
    if (user === undefined) continue;
    const gateway = new Gateway(endpoint, always(OBSERVE_MS));
    try {
      return await gateway.authenticate(user, password);
    } catch (error) {
      if (!(error instanceof Broken || error instanceof Refused)) throw error;
      throw new LightconeError(
        'LC_ENVIRONMENT',
        `etcd: ${node} at ${hostPort(endpoint)} does not know the user that was given (${error.code})`,
        {
          node,
        },
      );
    } finally {
      gateway.close();
    }
  }
  return null;
}

async function versionOf(nodes: AttachedNodes, access: Access): Promise<string> {
  let reason = 'no node answers';
  for (const node of nodes.names) {
    const gateway = new Gateway(nodes.endpoint(node), always(OBSERVE_MS), access);
    try {
      const { version } = await gateway.status();
      if (typeof version === 'string') return version;
      reason = `${node} is no etcd`;
    } catch (error) {
      if (!(error instanceof Broken || error instanceof Refused)) throw error;
      reason = `${node} at ${hostPort(nodes.endpoint(node))} says ${error.code}`;
    } finally {
      gateway.close();
    }
  }
  throw new LightconeError('LC_ENVIRONMENT', `etcd: it cannot be attached to: ${reason}`, {});
}
