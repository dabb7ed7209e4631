/**
 * What the active faults make of each directed link: cut while any partition cuts it, and otherwise the longest-standing
 * rules under the newest delay and the highest loss. The same meaning as in the simulator (`simulator/link-faults.ts`).
 */
import { cutLinks, type Fault, type Link, linkEnds, resolveLinks } from '../scenario/index.ts';
import type { LinkCondition } from './contract.ts';

export type LinkFault = Extract<Fault, { readonly fault: 'partition' | 'loss' | 'delay' }>;

export const isLinkFault = (fault: Fault): fault is LinkFault =>
  fault.fault === 'partition' || fault.fault === 'loss' || fault.fault === 'delay';

interface Active {
  readonly fault: LinkFault;
  readonly links: ReadonlySet<string>;
}

const keyOf = ([from, to]: Link): string => `${from}->${to}`;

export class ActiveLinkFaults {
  readonly #nodes: readonly string[];
  readonly #everyLink: readonly Link[];
  readonly #active: Active[] = [];

  /** Clients' links are met by faults that name no links, never by partitions. `peers` false: the links between nodes are not ours. */
  constructor(nodes: readonly string[], clients: readonly string[], peers = true) {
    this.#nodes = nodes;
    const toClients = nodes.flatMap((node) =>
      clients.flatMap((client): Link[] => [
        [node, client],
        [client, node],
      ]),
    );
    this.#everyLink = [...(peers ? resolveLinks(undefined, nodes, () => []) : []), ...toClients];
  }

  /** `fault` is resolved; returns the links that it is about. */
  begin(fault: LinkFault): readonly Link[] {
    const links = this.#linksOf(fault);
    this.#active.push({ fault, links: new Set(links.map(keyOf)) });
    return links;
  }

  /** Returns the links that it was about. */
  end(fault: LinkFault): readonly Link[] {
    const at = this.#active.findIndex((active) => active.fault === fault);
    if (at < 0) return [];
    this.#active.splice(at, 1);
    return this.#linksOf(fault);
  }

  condition(link: Link): LinkCondition {
    const key = keyOf(link);
    let cut = false;
    let lossRate = 0;
    let delayMs: LinkCondition['delayMs'];
    for (const { fault, links } of this.#active) {
      if (!links.has(key)) continue;
      if (fault.fault === 'partition') cut = true;
      else if (fault.fault === 'loss') lossRate = Math.max(lossRate, fault.rate);
      else delayMs = { min: fault.minMs, max: Math.max(fault.minMs, fault.maxMs) };
    }
    return { ...(cut ? { cut } : {}), ...(lossRate > 0 ? { lossRate } : {}), ...(delayMs === undefined ? {} : { delayMs }) };
  }

  #linksOf(fault: LinkFault): readonly Link[] {
    if (fault.fault === 'partition') return cutLinks(fault, this.#nodes);
    if (fault.links === undefined) return this.#everyLink;
    return fault.links.map((link) => linkEnds(link)).filter((ends) => ends !== null);
  }
}
