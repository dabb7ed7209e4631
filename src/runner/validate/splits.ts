/** The network splits that split-brain prevention is tried on, and who must still make progress in each. */
import type { PartitionShape } from '../../scenario/index.ts';

export interface Split {
  /** `2-3`, `bridge n3`, `one-way n1,n2 -> rest`. */
  readonly name: string;
  readonly shape: PartitionShape;
  /** The parts as the report shows them. */
  readonly groups: readonly (readonly string[])[];
  /** Nodes that hear and reach a majority: among them somebody must lead. Empty where an even split leaves no majority. */
  readonly majority: readonly string[];
  /** Nodes that cannot exchange messages with a majority: what they acknowledge is unsafe. */
  readonly minority: readonly string[];
}

function bySizes(nodes: readonly string[], sizes: readonly number[], quorum: number): Split {
  let at = 0;
  const groups = sizes.map((size) => {
    at += size;
    return nodes.slice(at - size, at);
  });
  const majority = groups.find((group) => group.length >= quorum) ?? [];
  const minority = nodes.filter((node) => !majority.includes(node));
  return { name: sizes.join('-'), shape: { shape: 'groups', groups }, groups, majority, minority };
}

function oneWay(nodes: readonly string[], from: readonly string[], quorum: number): Split {
  const to = nodes.filter((node) => !from.includes(node));
  const majority = [from, to].find((side) => side.length >= quorum) ?? [];
  const minority = nodes.filter((node) => !majority.includes(node));
  return { name: `one-way ${from.join(',')} -> rest`, shape: { shape: 'one-way', from, to }, groups: [from, to], majority, minority };
}

/**
 * Everyone still reaches a majority through the bridge, but the two halves do not hear each other. Where more than a
 * majority is needed, only a half that has so many together with the bridge must go on.
 */
function bridge(nodes: readonly string[], quorum: number): Split {
  const middle = nodes[Math.floor(nodes.length / 2)] as string;
  const half = Math.floor(nodes.length / 2);
  const groups = [nodes.slice(0, half), [middle], nodes.slice(half + 1)];
  const majority = quorum * 2 <= nodes.length + 2 ? nodes : half + 1 >= quorum ? nodes.slice(0, half + 1) : [];
  return { name: `bridge ${middle}`, shape: { shape: 'bridge', bridge: middle }, groups, majority, minority: [] };
}

/** Every non-empty proper subset, as bit masks over the nodes. */
function everyOneWay(nodes: readonly string[], quorum: number): Split[] {
  return Array.from({ length: 2 ** nodes.length - 2 }, (_, i) =>
    oneWay(
      nodes,
      nodes.filter((_node, bit) => ((i + 1) >> bit) & 1),
      quorum,
    ),
  );
}

/**
 * 2-3, 1-4, 3-2, 1-1-3, bridge and every one-way split of five nodes; for other sizes the corresponding halves.
 * @param nodes at least two names
 * @param quorum so many together can go on; a majority unless said otherwise
 */
export function standardSplits(nodes: readonly string[], quorum: number = Math.floor(nodes.length / 2) + 1): Split[] {
  const n = nodes.length;
  const small = Math.floor(n / 2);
  const sizes = [
    [small, n - small],
    [1, n - 1],
    [n - small, small],
    [...Array<number>(small).fill(1), n - small],
  ];
  const distinct = sizes.filter((split, i) => sizes.findIndex((other) => other.join() === split.join()) === i);
  return [...distinct.map((split) => bySizes(nodes, split, quorum)), bridge(nodes, quorum), ...(n <= 5 ? everyOneWay(nodes, quorum) : [])];
}
