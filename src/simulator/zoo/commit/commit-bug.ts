/** A mutant of an atomic commitment protocol: one class of nodes with one decision taken wrongly. */
import type { KnownBug } from '../known-bug.ts';

export interface CommitBug<NodeClass> extends KnownBug {
  readonly node: NodeClass;
}

export function commitBug<NodeClass>(id: string, about: string, expected: string, node: NodeClass): CommitBug<NodeClass> {
  return { id, about, expected, node };
}

export function harmlessCommitBug<NodeClass>(id: string, about: string, harmless: string, node: NodeClass): CommitBug<NodeClass> {
  return { id, about, expected: 'nothing', harmless, node };
}
