/**
 * An etcd cluster: peers see each other through links (the advertised peer address is the link's, with an unknown
 * source, which the link finds by the socket's owner), clients through theirs. We look at a node directly, past its links.
 * A node whose disk was lost comes back as a new member, as etcd's manual asks; the old one would vote twice.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LightconeError } from '../../core/index.ts';
import type { Address } from '../../nemesis/index.ts';
import { Refused } from '../completion.ts';
import { hostPort, LinkBook, loopback } from '../link-book.ts';
import { always } from '../patience.ts';
import { allServe, waitUntil } from '../readiness.ts';
import { flagSetting, numberSetting } from '../settings.ts';
import type { ClientOptions, ObservedBelief, RunningSystem, StartContext, SystemClient } from '../system.ts';
import { versionOf } from '../version.ts';
import { beliefsOf, MemberNames } from './beliefs.ts';
import { etcdClient } from './client.ts';
import { Gateway } from './gateway.ts';
import { RaftLog } from './raft-log.ts';

const OBSERVE_MS = 1000;
/** Less than the nemesis waits for a start. */
const REJOIN_MS = 25_000;

interface Member {
  readonly name: string;
  readonly client: Address;
  readonly peer: Address;
  /** The link under which the others see it. */
  readonly advertised: string;
}

/** What is refused with `code` is as it should be. */
async function unless(code: string, call: Promise<unknown>): Promise<void> {
  await call.catch((error) => {
    if (!(error instanceof Refused && error.code === code)) throw error;
  });
}

class EtcdCluster implements RunningSystem {
  readonly version: string;
  readonly #context: StartContext;
  readonly #members: ReadonlyMap<string, Member>;
  readonly #book: LinkBook;
  readonly #names = new MemberNames();
  readonly #observers = new Map<string, Gateway>();
  readonly #logs: ReadonlyMap<string, RaftLog>;
  readonly #wiped = new Set<string>();

  constructor(context: StartContext, version: string, members: readonly Member[]) {
    this.#context = context;
    this.version = version;
    this.#members = new Map(members.map((member) => [member.name, member]));
    this.#logs = new Map(members.map(({ name }) => [name, new RaftLog(this.#logFile(name))]));
    this.#book = new LinkBook(context.links);
    for (const { name, client } of members) this.#observers.set(name, new Gateway(client, always(OBSERVE_MS)));
  }

  async client(options: ClientOptions): Promise<SystemClient> {
    const address = await this.#book.address(options.name, options.node, this.#member(options.node).client);
    return etcdClient(address, options, this.#context.settings);
  }

  async startNode(node: string): Promise<void> {
    const rejoins = this.#wiped.has(node);
    if (rejoins) await this.#replaceMember(node);
    this.#wiped.delete(node);
    const directory = join(this.#context.directory, node);
    await mkdir(directory, { recursive: true });
    await this.#context.processes.spawn({
      owner: node,
      command: this.#context.binary('etcd'),
      args: this.#arguments(this.#member(node), directory, rejoins ? 'existing' : 'new'),
      cwd: directory,
      logFile: this.#logFile(node),
    });
  }

  async ready(timeoutMs: number): Promise<void> {
    await allServe([...this.#members.keys()], timeoutMs, {
      system: 'etcd',
      processes: this.#context.processes,
      signal: this.#context.signal,
      logFile: (node) => this.#logFile(node),
      serves: async (node) => {
        await this.#observer(node).range('ready');
        return true;
      },
    });
    for (const node of this.#members.keys()) await this.beliefs(node);
  }

  async beliefs(node: string): Promise<readonly ObservedBelief[]> {
    return await beliefsOf(node, this.#observer(node), this.#names, this.#logs.get(node));
  }

  async wipe(node: string): Promise<void> {
    await rm(join(this.#context.directory, node, 'data'), { recursive: true, force: true });
    this.#wiped.add(node);
  }

  async stop(): Promise<void> {
    for (const observer of this.#observers.values()) observer.close();
    await Promise.all([...this.#members.keys()].map((node) => this.#context.processes.stop(node, 2000)));
  }

  #member(node: string): Member {
    const member = this.#members.get(node);
    if (member === undefined) throw new LightconeError('LC_SCENARIO_NODE', `etcd has no node ${JSON.stringify(node)}`, { node });
    return member;
  }

  #observer(node: string): Gateway {
    return this.#observers.get(this.#member(node).name) as Gateway;
  }

  #logFile(node: string): string {
    return join(this.#context.directory, node, 'etcd.log');
  }

  #arguments(member: Member, directory: string, state: 'new' | 'existing'): string[] {
    const { settings } = this.#context;
    const client = `http://${hostPort(member.client)}`;
    const peers = [...this.#members.values()].map(({ name, advertised }) => `${name}=${advertised}`);
    const options: { readonly [flag: string]: string } = {
      name: member.name,
      'data-dir': join(directory, 'data'),
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': `http://${hostPort(member.peer)}`,
      'initial-advertise-peer-urls': member.advertised,
      'initial-cluster': peers.join(','),
      'initial-cluster-state': state,
      'heartbeat-interval': String(numberSetting(settings, 'heartbeatMs', 50)),
      'election-timeout': String(numberSetting(settings, 'electionTimeoutMs', 500)),
      'pre-vote': String(flagSetting(settings, 'preVote', false)),
      'quota-backend-bytes': String(numberSetting(settings, 'quotaBytes', 0)),
      logger: 'zap',
      'log-outputs': 'stderr',
    };
    return Object.entries(options).map(([flag, value]) => `--${flag}=${value}`);
  }

  /** Through any other node that answers: the old member goes, a new one of the same name may come. */
  async #replaceMember(node: string): Promise<void> {
    const { advertised } = this.#member(node);
    const others = [...this.#members.keys()].filter((other) => other !== node);
    let removed = false;
    let attempt = 0;
    const done = await waitUntil(
      async () => {
        const gateway = this.#observer(others[attempt++ % others.length] as string);
        const id = this.#names.idOf(node);
        // An answer that was lost is asked for again, and then it is done already.
        if (!removed && id !== null) await unless('MEMBER_NOT_FOUND', gateway.call('cluster/member/remove', { ID: id }));
        removed = true;
        await unless('PEER_URLS_ALREADY_EXISTS', gateway.call('cluster/member/add', { peerURLs: [advertised] }));
        return true;
      },
      REJOIN_MS,
      this.#context.signal,
    );
    if (!done)
      throw new LightconeError('LC_ENVIRONMENT', `etcd: ${node} could not become a member again after its disk was lost`, { node });
    this.#names.forget(node);
  }
}

export async function startEtcd(context: StartContext): Promise<RunningSystem> {
  const version = await versionOf(context.binary('etcd'), ['--version'], /etcd Version: (\S+)/);
  const members: Member[] = [];
  for (const name of context.nodes) {
    const client = loopback(await context.ports.take());
    const peer = loopback(await context.ports.take());
    const advertised = `http://${hostPort(await context.links.open({ from: '*', to: name, target: peer, service: 'peer' }))}`;
    members.push({ name, client, peer, advertised });
  }
  const cluster = new EtcdCluster(context, version, members);
  for (const node of context.nodes) await cluster.startNode(node);
  return cluster;
}
