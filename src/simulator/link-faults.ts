/**
 * What active faults do to links: a link is cut while any partition cuts it, and otherwise works as the plan says plus
 * every active change, in the order in which they began. Only what a fault touches is worked out anew.
 */
import { cutLinks, type Fault } from '../scenario/index.ts';
import { nodeId, nodeName } from './names.ts';
import type { LinkPlan, Network } from './network.ts';
import type { Plan } from './plan.ts';

export const faultUs = (ms: number): number => Math.round(ms * 1000);
const ppm = (rate: number): number => Math.round(rate * 1_000_000);

export class LinkFaults {
  readonly #network: Network;
  readonly #plan: Plan;
  readonly #names: readonly string[];
  /** How many partitions cut each link. */
  readonly #cuts: Int32Array;
  readonly #partitions: { readonly fault: Fault; readonly links: readonly number[] }[] = [];
  readonly #changes: LinkChange[] = [];

  constructor(network: Network, plan: Plan) {
    this.#network = network;
    this.#plan = plan;
    this.#names = Array.from({ length: network.size }, (_, i) => nodeName(i + 1, plan.nodes));
    this.#cuts = new Int32Array(network.size * network.size);
    this.#configure();
  }

  begin(fault: Fault): void {
    if (fault.fault === 'partition') {
      const { nodes, clients } = this.#plan;
      const links = cutLinks(fault, this.#names.slice(0, nodes)).map(([from, to]) =>
        this.#network.link(nodeId(from, nodes, clients), nodeId(to, nodes, clients)),
      );
      this.#partitions.push({ fault, links });
      for (const link of links) this.#cut(link, 1);
    } else {
      this.#changes.push(new LinkChange(fault));
      this.#configure();
    }
  }

  end(fault: Fault): void {
    if (fault.fault === 'partition') {
      const at = this.#partitions.findIndex((partition) => partition.fault === fault);
      const [partition] = this.#partitions.splice(at, 1);
      for (const link of partition?.links ?? []) this.#cut(link, -1);
    } else {
      this.#changes.splice(
        this.#changes.findIndex((change) => change.fault === fault),
        1,
      );
      this.#configure();
    }
  }

  #cut(link: number, by: number): void {
    const count = (this.#cuts[link] as number) + by;
    this.#cuts[link] = count;
    this.#network.cut(link, count > 0);
  }

  #configure(): void {
    const { nodes, links, clientLinks } = this.#plan;
    const { size } = this.#network;
    const changes = this.#changes;
    // Most changes are about all links: worked out once, not for each of them.
    const alike = changes.every((change) => change.links === null);
    const between = alike ? changed(links, changes, '') : links;
    const withClients = alike ? changed(clientLinks, changes, '') : clientLinks;
    for (let from = 1; from <= size; from++) {
      for (let to = 1; to <= size; to++) {
        if (from === to || (from > nodes && to > nodes)) continue;
        const plan = from <= nodes && to <= nodes ? between : withClients;
        this.#network.configure(
          this.#network.link(from, to),
          alike ? plan : changed(plan, changes, `${this.#names[from - 1]}->${this.#names[to - 1]}`),
        );
      }
    }
  }
}

const changed = (plan: LinkPlan, changes: readonly LinkChange[], link: string): LinkPlan =>
  changes.reduce((links, change) => change.on(links, link), plan);

/** What a fault does to the links it is about. */
class LinkChange {
  readonly fault: Fault;
  /** Null: all links, those of clients too. */
  readonly links: ReadonlySet<string> | null;

  constructor(fault: Fault) {
    this.fault = fault;
    this.links = 'links' in fault && fault.links !== undefined ? new Set(fault.links) : null;
  }

  on(links: LinkPlan, link: string): LinkPlan {
    const { fault } = this;
    if (this.links !== null && !this.links.has(link)) return links;
    switch (fault.fault) {
      case 'loss':
        return { ...links, lossPpm: Math.max(links.lossPpm, ppm(fault.rate)) };
      case 'delay':
        return { ...links, minUs: faultUs(fault.minMs), maxUs: faultUs(Math.max(fault.minMs, fault.maxMs)) };
      case 'duplicate':
        return { ...links, duplicatePpm: Math.max(links.duplicatePpm, ppm(fault.rate)) };
      case 'reorder':
        return { ...links, reorderPpm: Math.max(links.reorderPpm, ppm(fault.rate)) };
    }
    return links;
  }
}
