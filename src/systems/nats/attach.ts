/** A NATS cluster with JetStream that runs already: the run's stream has a name of its own, and goes when it is over. */
import { LightconeError } from '../../core/index.ts';
import { AttachedNodes } from '../attached-nodes.ts';
import { Broken, Refused } from '../completion.ts';
import { hostPort } from '../link-book.ts';
import { always } from '../patience.ts';
import type { AttachContext, AttachedSystem, ObservedBelief } from '../system.ts';
import { makeStream, natsClient, type Stream } from './client.ts';
import { JetStream } from './jetstream.ts';
import { type Login, Nats } from './protocol.ts';

const OBSERVE_MS = 2000;

type Json = { readonly [field: string]: unknown };
const object = (value: unknown): Json => (value !== null && typeof value === 'object' ? (value as Json) : {});

export async function attachNats(context: AttachContext): Promise<AttachedSystem> {
  const nodes = new AttachedNodes('nats', context);
  const { prefix } = context;
  const stream: Stream = { name: prefix, prefix: `${prefix}.` };
  const login = (node: string): Login => nodes.endpoint(node);
  const observers = new Map<string, Nats>();
  const observer = async (node: string): Promise<Nats> => {
    const known = observers.get(node);
    if (known?.isOpen === true) return known;
    const opened = await Nats.connect(nodes.endpoint(node), always(OBSERVE_MS), login(node));
    observers.set(node, opened);
    return opened;
  };
  const [first = 'n1'] = nodes.names;
  let version = 'unknown';
  try {
    const nats = await observer(first);
    version = String(nats.info.version ?? version);
    await makeStream(new JetStream(nats), stream, Math.min(3, nodes.names.length));
  } catch (error) {
    if (!(error instanceof Broken || error instanceof Refused)) throw error;
    const at = hostPort(nodes.endpoint(first));
    throw new LightconeError('LC_ENVIRONMENT', `nats: it cannot be attached to: ${first} at ${at} says ${error.code}`, { node: first });
  }
  const info = async (node: string): Promise<Json> => new JetStream(await observer(node)).ask(`STREAM.INFO.${stream.name}`);
  return {
    version,
    client: async (options) => natsClient(await nodes.way(options), options, stream, login(options.node)),
    ready: (timeoutMs) =>
      nodes.allServe(timeoutMs, async (node) => {
        const { cluster } = await info(node);
        // A server alone has no leader to name.
        return cluster === undefined || object(cluster).leader !== undefined || nodes.names.length === 1;
      }),
    async beliefs(node): Promise<readonly ObservedBelief[]> {
      try {
        const { cluster, state } = await info(node);
        const own = (await observer(node)).info.server_name;
        const leader = object(cluster).leader ?? null;
        // The leader of the stream answers, whoever is asked: what it says is its own view.
        return [
          { kind: 'x-stream-leader', value: leader as string | null },
          { kind: 'role', value: leader === own || leader === null ? 'leader' : 'follower' },
          { kind: 'position', value: Number(object(state).last_seq ?? 0) },
        ];
      } catch (error) {
        if (error instanceof Broken || error instanceof Refused) return [];
        throw error;
      }
    },
    async detach() {
      try {
        await new JetStream(await observer(first)).ask(`STREAM.DELETE.${stream.name}`);
      } finally {
        for (const nats of observers.values()) nats.close();
      }
    },
  };
}
