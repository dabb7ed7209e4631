/**
 * A random run of a cluster in the hand of a test: transactions, crashes with lost tails, losses, duplicates, any order;
 * then everything heals. Judged by what nodes take for decided.
 */
import { type Node, type NodeId, type Protocol, Random, type Reply, type Value } from '../../core/index.ts';
import { type BrokenPromise, DecisionWatch } from './invariants.ts';
import type { CommitIndication } from './site.ts';
import { Cluster } from './testing.ts';

export class RandomRun<Config, M, R> {
  readonly random: Random;
  readonly cluster: Cluster<M, R, CommitIndication>;
  readonly watch = new DecisionWatch();
  readonly sites: readonly NodeId[];
  broken: BrokenPromise | null = null;
  crashes = 0;
  commits = 0;
  aborts = 0;
  asked = 0;

  constructor(seed: number, protocol: Protocol<Config, M, R, CommitIndication>, sites: readonly NodeId[], config: Config) {
    this.random = new Random(seed);
    this.sites = sites;
    const create = (id: NodeId): Node<M, R, CommitIndication> => protocol.create(id, sites, config);
    this.cluster = new Cluster(protocol, create, sites, this.random, {
      belief: (node, kind, value) => {
        if (kind === 'decision') this.broken ??= this.watch.decided(node, value);
      },
      reply: (_from, _to, reply: Reply) => {
        if (reply.value === 'commit') this.commits += 1;
        if (reply.value === 'abort') this.aborts += 1;
      },
    });
    for (const id of sites) this.cluster.start(id);
  }

  transaction(): void {
    const { random, sites } = this;
    const chosen = sites.filter(() => random.below(3) > 0);
    this.asked += 1;
    const parts = (chosen.length === 0 ? [sites[0] as NodeId] : chosen).map((site) => ({
      site,
      writes: [{ key: `k${random.below(2)}`, value: this.asked }],
    }));
    this.cluster.ask(random.pick(sites), { id: this.asked, session: 0, op: { f: 'transaction', parts } as Value, mode: 'write' }, 99);
  }

  event(): void {
    const { random, cluster } = this;
    const id = random.pick(this.sites);
    const kind = random.below(40);
    if (kind < 2) this.transaction();
    else if (kind < 3 && cluster.node(id) !== null) {
      this.crashes += 1;
      cluster.crash(id, random.below(cluster.pending(id) + 1));
    } else if (kind < 6 && cluster.node(id) === null) cluster.start(id);
    else if (kind < 9 && cluster.armed(id).length > 0) cluster.fire(id, random.pick(cluster.armed(id)));
    else if (kind < 20) cluster.sync(id);
    else if (cluster.net.length > 0) {
      const parcel = random.pick(cluster.net);
      if (kind < 22) cluster.net.splice(cluster.net.indexOf(parcel), 1);
      else cluster.deliver(parcel, kind === 22);
    }
  }

  /** All start, nothing is lost any more, time passes. */
  heal(): void {
    for (const id of this.sites) if (this.cluster.node(id) === null) this.cluster.start(id);
    for (let i = 0; i < 200; i++) {
      this.cluster.settle();
      const next = this.cluster.nextTimer();
      if (next === null) break;
      this.cluster.fire(next.id, next.timer);
    }
  }

  run(events: number): BrokenPromise | null {
    for (let i = 0; i < events && this.broken === null; i++) this.event();
    if (this.broken === null) this.heal();
    return this.broken;
  }
}
