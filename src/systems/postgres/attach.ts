/**
 * PostgreSQL servers that run already, a primary among them: the run's tables lie in a schema of its own, which goes with
 * them. A node is asked as the user who was given, so it says only what everybody may know.
 */
import { LightconeError } from '../../core/index.ts';
import { AttachedNodes } from '../attached-nodes.ts';
import { Broken, Refused } from '../completion.ts';
import { hostPort } from '../link-book.ts';
import { always } from '../patience.ts';
import type { AttachContext, AttachedSystem, Endpoint, ObservedBelief } from '../system.ts';
import { postgresClient } from './client.ts';
import type { Login } from './login.ts';
import { Postgres } from './protocol.ts';
import { SCHEMA } from './workloads.ts';

const OBSERVE_MS = 2000;
const ROLE = `SELECT pg_is_in_recovery(),
  pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, '0/0')`;

class Observers {
  readonly #nodes: AttachedNodes;
  readonly #login: Login;
  readonly #known = new Map<string, Postgres>();

  constructor(nodes: AttachedNodes, login: Login) {
    this.#nodes = nodes;
    this.#login = login;
  }

  async of(node: string): Promise<Postgres> {
    const known = this.#known.get(node);
    if (known?.isOpen === true) return known;
    const opened = await Postgres.connect(this.#nodes.endpoint(node), always(OBSERVE_MS), this.#login);
    this.#known.set(node, opened);
    return opened;
  }

  /** The one that takes writes. Throws LC_ENVIRONMENT. */
  async primary(): Promise<Postgres> {
    let reason = 'none of them takes writes';
    for (const node of this.#nodes.names) {
      try {
        const server = await this.of(node);
        if ((await server.query('SELECT pg_is_in_recovery()')).rows[0]?.[0] === 'f') return server;
      } catch (error) {
        if (!(error instanceof Broken || error instanceof Refused)) throw error;
        reason = `${node} at ${hostPort(this.#nodes.endpoint(node))} says ${error.code}`;
      }
    }
    throw new LightconeError('LC_ENVIRONMENT', `postgres: it cannot be attached to: ${reason}`, {});
  }

  close(): void {
    for (const server of this.#known.values()) server.close();
  }
}

export async function attachPostgres(context: AttachContext): Promise<AttachedSystem> {
  const nodes = new AttachedNodes('postgres', context);
  const schema = context.prefix;
  const { user = 'postgres', password } = context.endpoints.find((one) => one.user !== undefined) ?? ({} as Partial<Endpoint>);
  const database = typeof context.settings.database === 'string' ? context.settings.database : 'postgres';
  const login: Login = { user, database, schema, ...(password === undefined ? {} : { password }) };
  const observers = new Observers(nodes, login);
  const primary = await observers.primary();
  const { rows } = await primary.query('SHOW server_version');
  await primary.query(`BEGIN; CREATE SCHEMA ${schema}; ${SCHEMA}; COMMIT`);
  return {
    version: rows[0]?.[0] ?? 'unknown',
    async client(options) {
      const others = nodes.names.filter((node) => node !== options.node);
      const routes = await Promise.all([options.node, ...others].map((node) => nodes.way(options, nodes.endpoint(node))));
      return postgresClient(routes, options, context.settings, login);
    },
    ready: (timeoutMs) => nodes.allServe(timeoutMs, async (node) => (await (await observers.of(node)).query('SELECT 1')).rows.length === 1),
    async beliefs(node): Promise<readonly ObservedBelief[]> {
      try {
        const [recovering, position] = (await (await observers.of(node)).query(ROLE)).rows[0] ?? [];
        return [
          { kind: 'role', value: recovering === 'f' ? 'leader' : 'follower' },
          { kind: 'position', value: Number(position ?? 0) },
        ];
      } catch (error) {
        if (error instanceof Broken || error instanceof Refused) return [];
        throw error;
      }
    },
    async detach() {
      try {
        await (await observers.primary()).query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      } finally {
        observers.close();
      }
    },
  };
}
