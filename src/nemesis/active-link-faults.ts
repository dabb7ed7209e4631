/**
 * What the active faults make of each directed link: cut while any partition cuts it, and otherwise as slow as the newest
 * delay says, with the highest loss and the least bandwidth. The same meaning as in the simulator (`simulator/link-faults.ts`).
 */
import { cutLinks, type Fault, type Link, linkEnds, resolveLinks } from '../scenario/index.ts';
import { type LinkCondition, type LinkFaultKind, linkFaults } from './contract.ts';

export type LinkFault = Extract<Fault, { readonly fault: LinkFaultKind }>;

export const isLinkFault = (fault: Fault): fault is LinkFault => linkFaults.some((kind) => kind === fault.fault);

interface Active {
  readonly fault: LinkFault;
  readonly links: ReadonlySet<string>;
}

const keyOf = ([from, to]: Link): string => `${from}->${to}`;

/** What `fault` makes of a link that is in `before` already. */
function worse(fault: LinkFault, before: LinkCondition): LinkCondition {
  switch (fault.fault) {
    case 'partition':
      return { cut: true };
    case 'loss':
      return fault.rate > 0 ? { lossRate: Math.max(before.lossRate ?? 0, fault.rate) } : {};
    case 'delay':
      return { delayMs: { min: fault.minMs, max: Math.max(fault.minMs, fault.maxMs) } };
    case 'bandwidth':
      return { bytesPerSecond: Math.min(before.bytesPerSecond ?? Number.POSITIVE_INFINITY, fault.bytesPerSecond) };
    case 'half-open':
      return { halfOpen: true };
    case 'slow-close':
      return { closeDelayMs: Math.max(before.closeDelayMs ?? 0, fault.closeMs) };
  }
}

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
    const condition: LinkCondition = {};
    for (const { fault, links } of this.#active) if (links.has(key)) Object.assign(condition, worse(fault, condition));
    return condition;
  }

  #linksOf(fault: LinkFault): readonly Link[] {
    if (fault.fault === 'partition') return cutLinks(fault, this.#nodes);
    if (fault.links === undefined) return this.#everyLink;
    return fault.links.map((link) => linkEnds(link)).filter((ends) => ends !== null);
  }
}
