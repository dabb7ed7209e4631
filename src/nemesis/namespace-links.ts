/**
 * The second engine: links without a proxy. Each node has a Linux network namespace, and packets between them meet the
 * kernel's filter (nftables). For a process of ours that is itself in a network of its own (`namespaceCommand`; no root
 * needed), so nothing of the machine's is touched and nothing can be left behind. A cut drops packets: a one-way cut also
 * stops the acknowledgements of the other way's bytes. Delay needs netem, which not every kernel has: not offered.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { LightconeError } from '../core/index.ts';
import type { Address, LinkCondition, LinkFaultKind, Links, ManagedProcess, OpenLink, Processes, SpawnOptions } from './contract.ts';
import { nodeOfOwner, userIds } from './managed-processes.ts';
import type { AgentOrder, AgentReport } from './namespace-agent.ts';
import {
  type AddressLink,
  CLIENT_ADDRESS,
  hostCommands,
  hostRules,
  nodeAddress,
  type ObservedPort,
  PROBE_PORT,
} from './namespace-rules.ts';
import { feed, programPath } from './program.ts';
import { siblingModule } from './sibling-module.ts';

/** Set for a process that runs in a network of its own. */
const INSIDE_VARIABLE = 'LIGHTCONE_NAMESPACE';
/** A probe is a datagram; while it is not heard it is sent again, so that loss alone does not look like a cut. */
const RESEND_MS = 20;

/** Was this process started by `namespaceCommand`? */
export const insideNamespace = (): boolean => process.env[INSIDE_VARIABLE] !== undefined;

/** How a command is run in a network of its own, with the right to make more of them. */
export function namespaceCommand(
  command: string,
  args: readonly string[],
): { command: string; args: string[]; env: { [name: string]: string } } {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return {
    command: programPath('unshare') ?? 'unshare',
    args: [...user, '--net', '--mount', '--propagation', 'private', '--', command, ...args],
    env: { [INSIDE_VARIABLE]: '1' },
  };
}

/** Null: this machine can. Else what is missing. */
export function whyNoNamespaces(): string | null {
  if (process.platform !== 'linux') return `network namespaces are Linux's; this is ${process.platform}`;
  const lacking = ['unshare', 'nsenter', 'ip', 'nft', 'setpriv'].find((name) => programPath(name) === null);
  if (lacking !== undefined) return `there is no program ${lacking} (packages util-linux, iproute2, nftables)`;
  const { command, args } = namespaceCommand(programPath('nft') as string, ['list', 'tables']);
  const tried = spawnSync(command, args, { encoding: 'utf8', timeout: 5000 });
  return tried.status === 0 ? null : `a network of one's own is not allowed here: ${tried.stderr.trim().split('\n')[0] ?? ''}`;
}

export interface NamespaceOptions {
  /** At most 200. */
  readonly nodes: readonly string[];
  readonly processes: Processes;
}

/** Nodes must be started through `processes`: these put each owner into the network of its node. */
export interface NamespaceNetwork {
  readonly links: Links;
  readonly processes: Processes;
}

/** Our side of a `namespace-agent`. */
class Agent {
  readonly index: number;
  readonly child: ChildProcess;
  readonly gone: Promise<void>;
  /** It is in its own network; it has set it up. */
  readonly #entered: Promise<unknown>;
  readonly #ready: Promise<unknown>;

  constructor(index: number, heard: (token: string) => void, listening: (port: number) => void) {
    this.index = index;
    const script = fileURLToPath(siblingModule('namespace-agent'));
    const args = ['--net', '--', process.execPath, script];
    this.child = spawn(programPath('unshare') ?? 'unshare', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdin?.on('error', () => {});
    this.gone = new Promise((resolve) => {
      this.child.once('close', () => resolve());
    });
    const steps = new EventEmitter().on('error', () => {});
    this.#entered = once(steps, 'entered');
    this.#ready = once(steps, 'ready');
    for (const step of [this.#entered, this.#ready]) step.catch(() => {});
    const failed = (why: string): void => {
      steps.emit('error', new LightconeError('LC_ENVIRONMENT', `the network of node ${index + 1} cannot be made: ${why}`));
    };
    this.child.once('error', (error) => failed(error.message));
    void this.gone.then(() => failed('its holder has ended'));
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const report = JSON.parse(line) as AgentReport;
      if ('heard' in report) heard(report.heard);
      else if ('listening' in report) listening(report.listening);
      else if ('failed' in report) failed(report.failed);
      else steps.emit(report.step);
    });
  }

  order(order: AgentOrder): void {
    this.child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  async configure(): Promise<void> {
    await this.#entered;
    await feed('ip', ['-batch', '-'], hostCommands(this.index, this.child.pid as number));
    this.order({ do: 'configure', index: this.index });
    await this.#ready;
  }

  end(): void {
    this.child.stdin?.end();
  }
}

/** Faults that packet filters cannot carry out. */
export const namespaceLacks: readonly LinkFaultKind[] = ['delay', 'bandwidth', 'half-open', 'slow-close'];

class NamespaceLinks implements Links {
  readonly lacks = namespaceLacks;
  readonly oneAddress = true;
  readonly #agents: ReadonlyMap<string, Agent>;
  readonly #socket: Socket = createSocket('udp4');
  readonly #conditions = new Map<string, { readonly from: string; readonly to: string; readonly condition: LinkCondition }>();
  readonly #observed: ObservedPort[] = [];
  readonly #waiting = new Map<string, () => void>();
  #nextToken = 0;
  #applied: Promise<void> = Promise.resolve();
  /** A transaction that has not begun yet: further changes go with it. */
  #next: Promise<void> | null = null;

  constructor(nodes: readonly string[]) {
    const heard = (token: string): void => this.#waiting.get(token)?.();
    const listening = (index: number, port: number): void => {
      this.#observe({ index, port, protocol: 'tcp' }).catch(() => {});
    };
    this.#agents = new Map(nodes.map((node, index) => [node, new Agent(index, heard, (port) => listening(index, port))]));
    this.#socket.on('message', (token) => heard(token.toString('latin1')));
    this.#socket.on('error', () => {});
  }

  async start(): Promise<void> {
    await feed('ip', ['link', 'set', 'lo', 'up']);
    writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
    writeFileSync('/proc/sys/net/ipv4/conf/all/route_localnet', '1');
    await Promise.all([...this.#agents.values()].map((agent) => agent.configure()));
    await new Promise<void>((resolve) => this.#socket.bind(PROBE_PORT, '0.0.0.0', resolve));
    await this.#apply();
  }

  /** The process that holds the network of a node; null for who has none. */
  holder(node: string): number | null {
    return this.#agents.get(node)?.child.pid ?? null;
  }

  /** The address of `to` itself, which is the same for everybody: the kernel tells senders apart. */
  async open({ to, target: { port }, protocol = 'tcp' }: OpenLink): Promise<Address> {
    const agent = this.#agents.get(to);
    if (agent === undefined) throw new LightconeError('LC_SCENARIO_NODE', `there is no node ${JSON.stringify(to)}`, { node: to });
    const { index } = agent;
    await this.#observe({ index, port, protocol });
    return { host: nodeAddress(index), port };
  }

  /** Observers reach it on loopback from now on. */
  async #observe(service: ObservedPort): Promise<void> {
    if (this.#observed.some(({ port, protocol }) => port === service.port && protocol === service.protocol)) return;
    this.#observed.push(service);
    await this.#apply();
  }

  async set(from: string, to: string, condition: LinkCondition): Promise<void> {
    const { cut: _cut, lossRate: _lossRate, ...impossible } = condition;
    const [other] = Object.entries(impossible).flatMap(([what, value]) => (value === undefined ? [] : [what]));
    if (other !== undefined)
      throw new LightconeError('LC_FAULT_UNSUPPORTED', `the link ${from}->${to} can only drop packets: it knows no ${other}`, { from, to });
    this.#conditions.set(`${from}\n${to}`, { from, to, condition });
    await this.#apply();
  }

  async heal(): Promise<void> {
    this.#conditions.clear();
    await this.#apply();
  }

  async probe(from: string, to: string, timeoutMs: number): Promise<boolean> {
    const token = `${from}->${to}#${this.#nextToken++}`;
    const address = this.#addressOf(to);
    const agent = this.#agents.get(from);
    const send = (): void => {
      if (agent !== undefined) agent.order({ do: 'send', to: address, token });
      else this.#socket.send(token, PROBE_PORT, address, () => {});
    };
    return new Promise((resolve) => {
      const again = setInterval(send, RESEND_MS);
      const done = (heard: boolean): void => {
        clearInterval(again);
        clearTimeout(timer);
        this.#waiting.delete(token);
        resolve(heard);
      };
      const timer = setTimeout(() => done(false), timeoutMs);
      this.#waiting.set(token, () => done(true));
      send();
    });
  }

  async close(): Promise<void> {
    this.#socket.close();
    for (const agent of this.#agents.values()) agent.end();
    await Promise.all([...this.#agents.values()].map(({ gone }) => gone));
  }

  /** Who is no node is a client; clients are all at one address. */
  #addressOf(name: string): string {
    const agent = this.#agents.get(name);
    return agent === undefined ? CLIENT_ADDRESS : nodeAddress(agent.index);
  }

  #apply(): Promise<void> {
    this.#next ??= this.#applied
      .catch(() => {})
      .then(() => {
        this.#next = null;
        this.#applied = feed('nft', ['-f', '-'], hostRules(this.#links(), this.#observed));
        return this.#applied;
      });
    return this.#next;
  }

  #links(): AddressLink[] {
    return [...this.#conditions.values()].map(({ from, to, condition }) => ({
      from: this.#addressOf(from),
      to: this.#addressOf(to),
      condition,
    }));
  }
}

/** Processes whose owners are nodes run in the networks of these. */
function processesInside(processes: Processes, links: NamespaceLinks): Processes {
  const inside = (options: SpawnOptions): SpawnOptions => {
    const holder = links.holder(nodeOfOwner(options.owner));
    if (holder === null) return options;
    const { user, command, args, ...rest } = options;
    const ids = userIds(user);
    const as = ids === null ? [] : [programPath('setpriv') as string, `--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--clear-groups', '--'];
    return { ...rest, command: programPath('nsenter') as string, args: [`--net=/proc/${holder}/ns/net`, '--', ...as, command, ...args] };
  };
  return {
    spawn: (options: SpawnOptions): Promise<ManagedProcess> => processes.spawn(inside(options)),
    of: (owner) => processes.of(owner),
    kill: (owner) => processes.kill(owner),
    pause: (owner) => processes.pause(owner),
    resume: (owner) => processes.resume(owner),
    stop: (owner, graceMs) => processes.stop(owner, graceMs),
    stopAll: (graceMs) => processes.stopAll(graceMs),
  };
}

/** Only inside a process that `namespaceCommand` has started. A service is reached where `open` says; by observers, around the links, on loopback. */
export async function namespaceNetwork({ nodes, processes }: NamespaceOptions): Promise<NamespaceNetwork> {
  const outside = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ internal }) => !internal));
  if (!insideNamespace() || outside)
    throw new LightconeError(
      'LC_ENVIRONMENT',
      'links by namespaces are for a process in a network of its own: start it by `namespaceCommand`',
    );
  const links = new NamespaceLinks(nodes);
  try {
    await links.start();
  } catch (error) {
    await links.close();
    throw error;
  }
  return { links, processes: processesInside(processes, links) };
}
