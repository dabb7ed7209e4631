/**
 * What a node says of itself: its server its role and position, its sentinel whom it takes for primary and in which
 * configuration epoch. After a partition the two halves' sentinels differ in just that.
 */
import type { Address } from '../../nemesis/index.ts';
import { completionOf } from '../completion.ts';
import { always } from '../patience.ts';
import type { ObservedBelief } from '../system.ts';
import { PRIMARY } from './client.ts';
import { fieldsOf, Redis } from './resp.ts';

const OBSERVE_MS = 1000;

export class Observer {
  readonly #addresses: { readonly server: Address; readonly sentinel: Address };
  readonly #node: string;
  readonly #nodeOf: (announcedPort: number) => string | null;
  /** The last epoch in which its own sentinel took it for the primary: servers know no epochs. */
  #ledIn: number | null = null;
  readonly #connections = new Map<'server' | 'sentinel', Redis>();

  constructor(
    place: { readonly name: string; readonly server: Address; readonly sentinel: Address },
    nodeOf: (announcedPort: number) => string | null,
  ) {
    this.#addresses = place;
    this.#node = place.name;
    this.#nodeOf = nodeOf;
  }

  /** The server is a primary that `others` replicas follow. */
  async leads(others: number): Promise<boolean> {
    const own = await this.#replication();
    return own.role === 'master' && Number(own.connected_slaves) >= others;
  }

  /** The sentinel sees `others` replicas and sentinels, and the server follows or leads. */
  async agrees(others: number): Promise<boolean> {
    const seen = await this.#primary();
    const own = await this.#replication();
    const linked = own.role === 'master' ? Number(own.connected_slaves) >= others : own.master_link_status === 'up';
    const complete = Number(seen['num-slaves']) >= others && Number(seen['num-other-sentinels']) >= others;
    return linked && complete && seen.flags === 'master';
  }

  async beliefs(): Promise<readonly ObservedBelief[]> {
    const [own, seen] = await Promise.all([quietly(this.#replication()), quietly(this.#primary())]);
    const beliefs: ObservedBelief[] = [];
    if (seen !== null) {
      const epoch = Number(seen['config-epoch']);
      const leader = this.#nodeOf(Number(seen.port));
      beliefs.push({ kind: 'epoch', value: epoch });
      // During a fail-over the epoch is the new one already, the primary still the old one.
      if (!seen.flags?.includes('failover_in_progress')) {
        beliefs.push({ kind: 'leader', value: leader, epoch });
        if (leader === this.#node) this.#ledIn = epoch;
      }
    }
    if (own !== null) {
      const leads = own.role === 'master';
      const epoch = leads && this.#ledIn !== null ? { epoch: this.#ledIn } : {};
      beliefs.push({ kind: 'role', value: leads ? 'leader' : 'follower', ...epoch });
      beliefs.push({ kind: 'position', value: Number(own.master_repl_offset ?? 0) });
    }
    return beliefs;
  }

  async failover(): Promise<void> {
    await (await this.#connected('sentinel')).command('SENTINEL', 'FAILOVER', PRIMARY);
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
  }

  async #replication(): Promise<{ readonly [name: string]: string }> {
    return fieldsOf(await (await this.#connected('server')).command('INFO', 'replication'));
  }

  async #primary(): Promise<{ readonly [name: string]: string }> {
    return fieldsOf(await (await this.#connected('sentinel')).command('SENTINEL', 'MASTER', PRIMARY));
  }

  async #connected(kind: 'server' | 'sentinel'): Promise<Redis> {
    const known = this.#connections.get(kind);
    if (known?.isOpen === true) return known;
    const connection = await Redis.connect(this.#addresses[kind], always(OBSERVE_MS));
    this.#connections.set(kind, connection);
    return connection;
  }
}

/** Null where the node does not answer. */
async function quietly<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    completionOf(error, true);
    return null;
  }
}
