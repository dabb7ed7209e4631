/**
 * From symbolic faults to concrete ones: what the trace records, and what replay and shrinking use. A resolved fault
 * is a fault whose targets are all names of nodes and whose links are all `a->b` between nodes, so a resolved schedule is a scenario's.
 */
import type { Fault, PartitionShape } from './fault.ts';
import { isSymbolic, linkEnds, resolveLinks, resolveTarget, type TargetResolver } from './targets.ts';

/** A fault that names only nodes and links; `atMs` since the workload's start. */
export type ResolvedFault = Fault;

/**
 * The concrete faults that one fault stands for right now: one for each node where it is about one node, none when its
 * target is nobody (`leader` without a leader). A node that two groups claim stays in the first.
 */
export function resolveFault(fault: Fault, nodes: readonly string[], resolve: TargetResolver): ResolvedFault[] {
  if (fault.fault === 'partition') {
    const when = { atMs: fault.atMs, ...(fault.forMs === undefined ? {} : { forMs: fault.forMs }) };
    const optional = fault.optional === undefined ? {} : { optional: fault.optional };
    return resolveShape(fault, nodes, resolve).map((shape) => ({ fault: 'partition', ...shape, ...when, ...optional }));
  }
  if ('node' in fault) return resolveTarget(fault.node, nodes, resolve).map((node) => ({ ...fault, node }));
  if (fault.links === undefined) return [fault];
  const links = resolveLinks(fault.links, nodes, resolve).map(([from, to]) => `${from}->${to}`);
  return links.length === 0 ? [] : [{ ...fault, links }];
}

function resolveShape(shape: PartitionShape, nodes: readonly string[], resolve: TargetResolver): PartitionShape[] {
  const all = (targets: readonly string[]) => [...new Set(targets.flatMap((target) => resolveTarget(target, nodes, resolve)))];
  switch (shape.shape) {
    case 'groups': {
      const taken = new Set<string>();
      const groups: string[][] = [];
      for (const group of shape.groups) {
        const members = all(group).filter((node) => !taken.has(node));
        for (const node of members) taken.add(node);
        if (members.length > 0) groups.push(members);
      }
      return groups.length === 0 ? [] : [{ shape: 'groups', groups }];
    }
    case 'one-way': {
      const from = all(shape.from);
      const to = all(shape.to);
      return from.length === 0 || to.length === 0 ? [] : [{ shape: 'one-way', from, to }];
    }
    case 'bridge':
      return all([shape.bridge])
        .slice(0, 1)
        .map((bridge) => ({ shape: 'bridge', bridge }));
    case 'ring':
      return [{ shape: 'ring' }];
    case 'isolate':
      return all([shape.node]).map((node) => ({ shape: 'isolate', node }));
  }
}

/** Every target that a fault names, with its path below the fault, in order; ends of links included. */
export function faultTargets(fault: Fault): readonly { readonly path: string; readonly target: string }[] {
  const list = (path: string, targets: readonly string[]) => targets.map((target, i) => ({ path: `${path}[${i}]`, target }));
  if (fault.fault === 'partition') {
    switch (fault.shape) {
      case 'groups':
        return fault.groups.flatMap((group, i) => list(`groups[${i}]`, group));
      case 'one-way':
        return [...list('from', fault.from), ...list('to', fault.to)];
      case 'bridge':
        return [{ path: 'bridge', target: fault.bridge }];
      case 'ring':
        return [];
      case 'isolate':
        return [{ path: 'node', target: fault.node }];
    }
  }
  if ('node' in fault) return [{ path: 'node', target: fault.node }];
  return (fault.links ?? []).flatMap((link, i) => (linkEnds(link) ?? [link]).map((target) => ({ path: `links[${i}]`, target })));
}

/** True when the fault names only nodes, nothing symbolic and no `*`. */
export function isResolved(fault: Fault): boolean {
  return faultTargets(fault).every(({ target }) => target !== '*' && !isSymbolic(target));
}
