/** Who a fault is for: a node's name, or a symbolic target that is resolved when the fault starts. */
import type { LinkTarget, PartitionShape, Target } from './fault.ts';

/** The symbolic targets and what they stand for at the moment of resolving. */
export const symbolicTargets = {
  leader: 'the node that leads in the highest epoch; nobody where there is none',
  follower: 'the first node that does not lead',
  minority: 'the largest set of last nodes that is no majority',
  majority: 'the nodes that are not in the minority',
  all: 'every node',
} as const;
export type SymbolicTarget = keyof typeof symbolicTargets;

/** A directed link: what `from` sends to `to`. */
export type Link = readonly [from: string, to: string];

/** Who a symbolic target is right now. */
export type TargetResolver = (target: SymbolicTarget) => readonly string[];

export function isSymbolic(target: Target): target is SymbolicTarget {
  return Object.hasOwn(symbolicTargets, target);
}

/** The meaning of symbolicTargets, given who leads (null: nobody, or nobody knows). `nodes` in the scenario's order. */
export function targetResolver(nodes: readonly string[], leader: string | null): TargetResolver {
  const small = Math.floor((nodes.length - 1) / 2);
  return (target) => {
    switch (target) {
      case 'leader':
        return leader !== null && nodes.includes(leader) ? [leader] : [];
      case 'follower':
        return nodes.filter((node) => node !== leader).slice(0, 1);
      case 'minority':
        return nodes.slice(nodes.length - small);
      case 'majority':
        return nodes.slice(0, nodes.length - small);
      case 'all':
        return nodes;
    }
  };
}

/** The nodes that a target stands for; a name that is no node stands for nobody. */
export function resolveTarget(target: Target, nodes: readonly string[], resolve: TargetResolver): readonly string[] {
  if (nodes.includes(target)) return [target];
  return isSymbolic(target) ? resolve(target).filter((node) => nodes.includes(node)) : [];
}

/** The two ends of `a->b`; null when it is not of that form. */
export function linkEnds(link: LinkTarget): Link | null {
  const at = link.indexOf('->');
  if (at <= 0 || at + 2 >= link.length || link.includes('->', at + 2)) return null;
  return [link.slice(0, at), link.slice(at + 2)];
}

/** The concrete links of link targets, each once, never from a node to itself; without targets all links. */
export function resolveLinks(links: readonly LinkTarget[] | undefined, nodes: readonly string[], resolve: TargetResolver): Link[] {
  const found = new Map<string, Link>();
  const side = (target: string) => (target === '*' ? nodes : resolveTarget(target, nodes, resolve));
  for (const link of links ?? ['*->*']) {
    const ends = linkEnds(link);
    if (ends === null) continue;
    for (const from of side(ends[0])) for (const to of side(ends[1])) if (from !== to) found.set(`${from}->${to}`, [from, to]);
  }
  return [...found.values()];
}

/**
 * The directed links that a partition cuts among `nodes` (concrete names, in the scenario's order), each once. Names
 * that are not among the nodes are passed over. Clients are no nodes: their links stay.
 */
export function cutLinks(shape: PartitionShape, nodes: readonly string[]): Link[] {
  return crossing(nodes, cutTest(shape, nodes));
}

function cutTest(shape: PartitionShape, nodes: readonly string[]): (from: string, to: string) => boolean {
  switch (shape.shape) {
    case 'groups': {
      const groupOf = new Map<string, number>();
      shape.groups.forEach((group, i) => {
        for (const node of group) if (!groupOf.has(node)) groupOf.set(node, i);
      });
      return (from, to) => (groupOf.get(from) ?? -1) !== (groupOf.get(to) ?? -1);
    }
    case 'one-way': {
      const senders = new Set(shape.from);
      const receivers = new Set(shape.to);
      return (from, to) => senders.has(from) && receivers.has(to);
    }
    case 'bridge': {
      const others = nodes.filter((node) => node !== shape.bridge);
      const half = new Set(others.slice(0, others.length >> 1));
      if (others.length === nodes.length) return () => false;
      return (from, to) => from !== shape.bridge && to !== shape.bridge && half.has(from) !== half.has(to);
    }
    case 'ring': {
      const place = new Map(nodes.map((node, i) => [node, i]));
      return (from, to) => {
        const apart = Math.abs((place.get(from) ?? 0) - (place.get(to) ?? 0));
        return apart > 1 && apart < nodes.length - 1;
      };
    }
    case 'isolate':
      return (from, to) => from === shape.node || to === shape.node;
  }
}

function crossing(nodes: readonly string[], cut: (from: string, to: string) => boolean): Link[] {
  const links: Link[] = [];
  for (const from of nodes) for (const to of nodes) if (from !== to && cut(from, to)) links.push([from, to]);
  return links;
}
