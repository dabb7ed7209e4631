/**
 * A primary and streaming standbys. Each standby reaches the others through its own links (`primary_conninfo` names the
 * link), so that every pair can be cut. Promotion and re-cloning are an operator's actions: PostgreSQL itself decides
 * neither. A node without data clones itself from whoever is primary, the first one is made by initdb.
 */
import { access, appendFile, chmod, chown, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LightconeError } from '../../core/index.ts';
import { type Address, ProcessClock } from '../../nemesis/index.ts';
import { completionOf } from '../completion.ts';
import { LinkBook } from '../link-book.ts';
import { always } from '../patience.ts';
import { allServe, logTail, waitUntil } from '../readiness.ts';
import { flagSetting } from '../settings.ts';
import type { ClientOptions, ObservedBelief, RunningSystem, StartContext, SystemClient } from '../system.ts';
import { beliefsOf } from './beliefs.ts';
import { postgresClient } from './client.ts';
import { configuration, otherNetworks } from './configuration.ts';
import { literal, Postgres } from './protocol.ts';
import { SCHEMA } from './workloads.ts';

const USER = 'postgres';
const OBSERVE_MS = 2000;
const CLONE_MS = 20_000;
const STOP_MS = 5000;
/** So far apart may be what a server says and what it was told, and so long may it take to say it. */
const CLOCK_MS = 3000;
const CLOCK_WAIT_MS = 5000;

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export class PostgresCluster implements RunningSystem {
  readonly version: string;
  readonly #context: StartContext;
  readonly #servers: ReadonlyMap<string, Address>;
  readonly #book: LinkBook;
  readonly #observers = new Map<string, Postgres>();
  readonly #clocks = new Map<string, ProcessClock>();

  constructor(context: StartContext, version: string, servers: ReadonlyMap<string, Address>) {
    this.#context = context;
    this.version = version;
    this.#servers = servers;
    this.#book = new LinkBook(context.links);
  }

  async client(options: ClientOptions): Promise<SystemClient> {
    const { node, name } = options;
    const others = [...this.#servers.keys()].filter((other) => other !== node);
    const own = await this.#book.address(name, node, this.#server(node));
    const ways = await Promise.all(others.map((other) => this.#link(node, other)));
    return postgresClient([own, ...ways], options, this.#context.settings);
  }

  /** The first node is made, with the tables that clients use; the others clone it. */
  async create(): Promise<void> {
    const [first, ...others] = [...this.#servers.keys()] as [string, ...string[]];
    await this.#directory(first);
    const options = ['-D', this.#data(first), '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale', 'C', '--no-sync'];
    await this.#tool(first, 'initdb', options);
    await appendFile(join(this.#data(first), 'postgresql.conf'), configuration(this.#context));
    if (this.#context.links.oneAddress === true) await appendFile(join(this.#data(first), 'pg_hba.conf'), otherNetworks);
    await this.#run(first);
    // The tables exist before anybody can wait for a standby that is not there yet.
    await this.#served(first, async (observer) => {
      await observer.query(`SET synchronous_commit = local; BEGIN; ${SCHEMA}; COMMIT`);
    });
    await Promise.all(others.map((node) => this.startNode(node)));
  }

  /** Each server has a clock of its own where a scenario asks for it: they cost a little, so others do without. */
  #clockOf(node: string): { readonly [name: string]: string } {
    if (!flagSetting(this.#context.settings, 'ownClock', false)) return {};
    const clock = this.#clocks.get(node) ?? new ProcessClock(join(this.#context.directory, node, 'clock'));
    this.#clocks.set(node, clock);
    return clock.env;
  }

  async startNode(node: string): Promise<void> {
    if (!(await exists(join(this.#data(node), 'PG_VERSION')))) await this.#clone(node);
    await rm(join(this.#data(node), 'postmaster.pid'), { force: true });
    await this.#run(node);
  }

  async ready(timeoutMs: number): Promise<void> {
    await allServe([...this.#servers.keys()], timeoutMs, {
      system: 'postgres',
      processes: this.#context.processes,
      signal: this.#context.signal,
      logFile: (node) => this.#logFile(node),
      serves: async (node) => {
        const recovering = (await (await this.#observer(node)).query('SELECT pg_is_in_recovery()')).rows[0]?.[0] === 't';
        if (!recovering) return true;
        return (await (await this.#observer(node)).query("SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'")).rows.length > 0;
      },
    });
  }

  async beliefs(node: string): Promise<readonly ObservedBelief[]> {
    try {
      return await beliefsOf(node, await this.#observer(node), async (port) => await this.#nodeBehind(node, port));
    } catch (error) {
      completionOf(error, true);
      return [];
    }
  }

  /** Throws LC_FAULT_UNSUPPORTED without `settings.ownClock`, LC_ENVIRONMENT where the server does not show it. */
  async jumpClock(node: string, byMs: number): Promise<void> {
    const clock = this.#clocks.get(node);
    if (clock === undefined)
      throw new LightconeError('LC_FAULT_UNSUPPORTED', 'postgres: clocks jump only where `settings.ownClock` is true', { node });
    clock.jump(byMs);
    const aheadMs = async (): Promise<number> => {
      const { rows } = await (await this.#observer(node)).query('SELECT extract(epoch FROM clock_timestamp())');
      return Number(rows[0]?.[0]) * 1000 - Date.now();
    };
    if (!(await waitUntil(async () => Math.abs((await aheadMs()) - clock.offsetMs) < CLOCK_MS, CLOCK_WAIT_MS, this.#context.signal)))
      throw new LightconeError('LC_ENVIRONMENT', `postgres: the clock of ${node} did not jump`, { node });
  }

  async wipe(node: string): Promise<void> {
    await rm(this.#data(node), { recursive: true, force: true });
  }

  readonly actions = {
    /** The node becomes a primary; standbys that can be asked follow it. Nobody tells the old primary. */
    promote: async (node: string): Promise<void> => {
      await (await this.#observer(node)).query('SELECT pg_promote(true, 10)');
      for (const other of this.#servers.keys()) if (other !== node) await this.#follow(other, node);
    },
    /** In place of `node`: of the other servers the one that has received most becomes a primary. */
    'promote-newest': async (node: string): Promise<void> => {
      const others = [...this.#servers.keys()].filter((other) => other !== node);
      const received = await Promise.all(
        others.map(async (other) => {
          const { rows } = await (await this.#observer(other)).query("SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')");
          return { other, bytes: Number(rows[0]?.[0] ?? -1) };
        }),
      );
      const [newest] = received.sort((a, b) => b.bytes - a.bytes);
      await this.actions.promote(newest?.other ?? node);
    },
    /** What an operator does with an old primary: it is cloned anew from the one that is primary now. */
    rejoin: async (node: string): Promise<void> => {
      await this.#end(node);
      await this.wipe(node);
      await this.startNode(node);
    },
    /** The standby goes on receiving, and shows nothing new. */
    'pause-replay': async (node: string): Promise<void> => {
      const observer = await this.#observer(node);
      await observer.query('SELECT pg_wal_replay_pause()');
      const stands = async (): Promise<boolean> =>
        (await observer.query('SELECT pg_get_wal_replay_pause_state()')).rows[0]?.[0] === 'paused';
      if (!(await waitUntil(stands, OBSERVE_MS, this.#context.signal)))
        throw new LightconeError('LC_ENVIRONMENT', `postgres: the replay of ${node} did not pause`, { node });
    },
    'resume-replay': async (node: string): Promise<void> => {
      await (await this.#observer(node)).query('SELECT pg_wal_replay_resume()');
    },
    /** Commits that wait for a standby are told to wait no longer: they succeed with a warning. */
    'cancel-waits': async (node: string): Promise<void> => {
      await (await this.#observer(node)).query("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    },
  };

  async stop(): Promise<void> {
    await Promise.all([...this.#servers.keys()].map((node) => this.#end(node)));
  }

  /** SIGINT: SIGTERM would wait for the clients to leave. */
  async #end(node: string): Promise<void> {
    this.#observers.get(node)?.close();
    const { processes } = this.#context;
    for (const process of processes.of(node)) process.signal('SIGINT');
    const gone = async (): Promise<boolean> => processes.of(node).length === 0;
    await waitUntil(gone, STOP_MS, new AbortController().signal);
    await processes.stop(node, 1000);
  }

  async #follow(node: string, primary: string): Promise<void> {
    try {
      const observer = await this.#observer(node);
      if ((await observer.query('SELECT pg_is_in_recovery()')).rows[0]?.[0] !== 't') return;
      await observer.query(`ALTER SYSTEM SET primary_conninfo = ${literal(await this.#conninfo(node, primary))}`);
      await observer.query('SELECT pg_reload_conf()');
    } catch (error) {
      completionOf(error, true);
      this.#context.log(`postgres: ${node} could not be told to follow ${primary}`);
    }
  }

  async #clone(node: string): Promise<void> {
    let primary: string | null = null;
    const found = await waitUntil(
      async () => {
        for (const other of this.#servers.keys()) if (other !== node && primary === null && (await this.#leads(other))) primary = other;
        return primary !== null;
      },
      CLONE_MS,
      this.#context.signal,
    );
    if (!found || primary === null)
      throw new LightconeError('LC_ENVIRONMENT', `postgres: ${node} has no data and finds no primary to clone`, { node });
    await this.#directory(node);
    const { host, port } = await this.#link(node, primary);
    await this.#tool(node, 'pg_basebackup', [
      '-h',
      host,
      '-p',
      String(port),
      '-U',
      USER,
      '-D',
      this.#data(node),
      '-X',
      'stream',
      '-c',
      'fast',
      '--no-sync',
    ]);
    const own = { uid: (await stat(this.#data(node))).uid, gid: (await stat(this.#data(node))).gid };
    const signal = join(this.#data(node), 'standby.signal');
    await writeFile(signal, '');
    await chown(signal, own.uid, own.gid);
    // The last setting of a name counts: what the primary's file says of whom to follow is overruled.
    const auto = join(this.#data(node), 'postgresql.auto.conf');
    await appendFile(auto, `\nprimary_conninfo = ${literal(await this.#conninfo(node, primary))}\n`);
  }

  async #leads(node: string): Promise<boolean> {
    const role = (await this.beliefs(node)).find(({ kind }) => kind === 'role');
    return role?.value === 'leader' && (await this.#newest()) === role.epoch;
  }

  /** After a promotion there may be two primaries: the one of the newest timeline is meant. */
  async #newest(): Promise<number> {
    const all = await Promise.all([...this.#servers.keys()].map((node) => this.beliefs(node)));
    return Math.max(0, ...all.flat().flatMap(({ kind, value, epoch }) => (kind === 'role' && value === 'leader' ? [epoch ?? 0] : [])));
  }

  async #conninfo(node: string, primary: string): Promise<string> {
    const { host, port } = await this.#link(node, primary);
    return `host=${host} port=${port} user=${USER} application_name=${node} connect_timeout=2`;
  }

  #link(from: string, to: string): Promise<Address> {
    return this.#book.address(from, to, this.#server(to));
  }

  async #nodeBehind(from: string, port: number): Promise<string | null> {
    for (const to of this.#servers.keys()) if (to !== from && (await this.#link(from, to)).port === port) return to;
    return null;
  }

  #server(node: string): Address {
    const server = this.#servers.get(node);
    if (server === undefined) throw new LightconeError('LC_SCENARIO_NODE', `postgres has no node ${JSON.stringify(node)}`, { node });
    return server;
  }

  #data(node: string): string {
    return join(this.#context.directory, node, 'data');
  }

  #logFile(node: string): string {
    return join(this.#context.directory, node, 'postgres.log');
  }

  /** PostgreSQL refuses root: its user owns the node's folder, and may pass through the run's. */
  async #directory(node: string): Promise<void> {
    const directory = join(this.#context.directory, node);
    await mkdir(directory, { recursive: true });
    if (process.getuid?.() !== 0) return;
    await chmod(this.#context.directory, 0o711);
    await chmod(directory, 0o777);
    await this.#passable(directory);
  }

  /** A folder above that is its owner's only (such as /root) shuts the user of PostgreSQL out. */
  async #passable(directory: string): Promise<void> {
    for (let above = dirname(directory); above !== dirname(above); above = dirname(above)) {
      if (((await stat(above)).mode & 0o001) !== 0) continue;
      throw new LightconeError(
        'LC_ENVIRONMENT',
        `postgres refuses to run as root, and its user ${USER} may not pass through ${above}: start from a folder that others may enter, or not as root`,
        { directory: above },
      );
    }
  }

  async #run(node: string): Promise<void> {
    const { port } = this.#server(node);
    await this.#spawn(node, 'postgres', ['-D', this.#data(node), '-p', String(port)], this.#logFile(node));
  }

  async #tool(node: string, command: string, args: readonly string[]): Promise<void> {
    const logFile = join(this.#context.directory, node, `${command}.log`);
    const { exited } = await this.#spawn(`${node}/${command}`, command, args, logFile);
    const { code } = await exited;
    if (code === 0) return;
    throw new LightconeError('LC_ENVIRONMENT', `postgres: ${command} of ${node} failed; the end of its log:\n${await logTail(logFile)}`, {
      node,
    });
  }

  #spawn(owner: string, command: string, args: readonly string[], logFile: string) {
    const cwd = join(this.#context.directory, owner.split('/')[0] as string);
    const env = command === 'postgres' ? this.#clockOf(owner) : {};
    return this.#context.processes.spawn({ owner, command: this.#context.binary(command), args, cwd, user: USER, logFile, env });
  }

  async #observer(node: string): Promise<Postgres> {
    const known = this.#observers.get(node);
    if (known?.isOpen === true) return known;
    const observer = await Postgres.connect(this.#server(node), always(OBSERVE_MS));
    this.#observers.set(node, observer);
    return observer;
  }

  async #served(node: string, then: (observer: Postgres) => Promise<void>): Promise<void> {
    const { signal } = this.#context;
    if (await waitUntil(async () => (await this.#observer(node)).isOpen, CLONE_MS, signal)) return await then(await this.#observer(node));
    throw new LightconeError(
      'LC_ENVIRONMENT',
      `postgres: ${node} does not serve; the end of its log:\n${await logTail(this.#logFile(node))}`,
      { node },
    );
  }
}
