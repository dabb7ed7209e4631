/** Names of nodes in plans, traces and reports: servers `n1`, `n2`, ..., clients `c1`, `c2`, ... */
import type { NodeId } from '../core/index.ts';

export const nodeName = (id: NodeId, servers: number): string => (id <= servers ? `n${id}` : `c${id - servers}`);

/** 0 when there is no such node. */
export function nodeId(name: string, servers: number, clients: number): NodeId {
  const number = /^[nc][1-9]\d*$/.test(name) ? Number(name.slice(1)) : 0;
  if (name.startsWith('n')) return number <= servers ? number : 0;
  return number > 0 && number <= clients ? servers + number : 0;
}
