/**
 * A client that stands at its node and looks for a server that takes writes, its own first, as libpq does with several
 * hosts and `target_session_attrs=read-write`. Before COMMIT is sent whatever goes wrong is a definite failure: the
 * server rolls back. After a cut the commit may have happened.
 */
import type { Address } from '../../nemesis/index.ts';
import { Broken, completionOf, type Perform, perform, Refused } from '../completion.ts';
import { always, Deadline, type Patience } from '../patience.ts';
import { choiceSetting, type Settings } from '../settings.ts';
import type { ClientOptions, SystemClient } from '../system.ts';
import { type Login, OURS } from './login.ts';
import { type Answer, Postgres } from './protocol.ts';
import { bank, counter, queue, registers, sets, transactions, uniqueIds } from './workloads.ts';

export type Functions = { readonly [f: string]: Perform };

export class Session {
  readonly #routes: readonly Address[];
  readonly #patience: Patience;
  readonly #login: Login;
  readonly #isolation: string;
  readonly #replicaReads: boolean;
  #primary: Postgres | null = null;
  #own: Postgres | null = null;

  constructor(routes: readonly Address[], patience: Patience, settings: Settings, login: Login) {
    this.#login = login;
    this.#routes = routes;
    this.#patience = patience;
    this.#isolation = choiceSetting(settings, 'isolation', ['serializable', 'repeatable read', 'read committed']);
    this.#replicaReads = choiceSetting(settings, 'readMode', ['primary', 'replica']) === 'replica';
  }

  /** One statement, or several in one transaction, on the primary. */
  async write(text: string): Promise<Answer> {
    return await (await this.#connected()).query(text);
  }

  /** On the primary, or on the node's own server where the scenario wants reads of replicas. */
  async read(text: string): Promise<Answer> {
    if (!this.#replicaReads) return await this.write(text);
    if (this.#own?.isOpen !== true) this.#own = await Postgres.connect(this.#routes[0] as Address, this.#patience, this.#login);
    return await this.#own.query(text);
  }

  /** Statement by statement, so that transactions of several clients interleave. */
  async transaction<T>(run: (query: (text: string) => Promise<Answer>) => Promise<T>): Promise<T> {
    const connection = await this.#connected();
    let result: T;
    try {
      await connection.query(`BEGIN ISOLATION LEVEL ${this.#isolation.toUpperCase()}`);
      result = await run((text) => connection.query(text));
    } catch (error) {
      if (connection.isOpen) await connection.query('ROLLBACK').catch(() => connection.close());
      if (error instanceof Broken || error instanceof Refused) throw new Refused(error.code, true);
      throw error;
    }
    const { tag } = await connection.query('COMMIT');
    if (tag !== 'COMMIT') throw new Refused('ROLLED_BACK', true);
    return result;
  }

  close(): void {
    this.#primary?.close();
    this.#own?.close();
  }

  /** Whatever fails here, the operation itself was not sent. */
  async #connected(): Promise<Postgres> {
    if (this.#primary?.isOpen === true) return this.#primary;
    let code = 'NO_PRIMARY';
    // All hosts within the time-out, so that a silent one does not use up what the next one needs.
    const eachMs = Math.ceil(this.#patience() / (this.#routes.length + 1));
    for (const route of this.#routes) {
      try {
        const connection = await Postgres.connect(route, always(eachMs), this.#login);
        const { rows } = await connection.query('SELECT pg_is_in_recovery()');
        if (rows[0]?.[0] === 'f') {
          this.#primary = connection.within(this.#patience);
          return this.#primary;
        }
        connection.close();
      } catch (error) {
        code = completionOf(error, true).code ?? code;
      }
    }
    throw new Refused(code, true);
  }
}

export function postgresClient(
  routes: readonly Address[],
  { workload, timeoutMs }: ClientOptions,
  settings: Settings,
  login: Login = OURS,
): SystemClient {
  const deadline = new Deadline(timeoutMs);
  const session = new Session(routes, deadline.left, settings, login);
  const kinds: { readonly [workload: string]: Functions } = {
    set: sets(session),
    'set-full': sets(session),
    replication: sets(session),
    counter: counter(session),
    queue: queue(session),
    bank: bank(session),
    'unique-ids': uniqueIds(session),
  };
  const functions = kinds[workload] ?? { ...registers(session), ...transactions(session) };
  return {
    invoke(operation) {
      deadline.begin();
      return perform(functions, operation);
    },
    async close() {
      session.close();
    },
  };
}
