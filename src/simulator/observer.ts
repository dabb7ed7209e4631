/** What a recorder may watch. It sees everything and changes nothing: a watched run has the hash of an unwatched one. */
import type { NodeId, Reply, Request, Value } from '../core/index.ts';

export type Payload = 'message' | 'request' | 'reply';

export interface Observer {
  /** Before anything happens: `world` tells the time, world and local, in microseconds. */
  begin?(world: { readonly now: number; localNow(node: NodeId): number }): void;
  sent(from: NodeId, to: NodeId, kind: Payload, payload: unknown, id: number): void;
  dropped(from: NodeId, to: NodeId, kind: Payload, payload: unknown, id: number): void;
  delivered(from: NodeId, to: NodeId, kind: Payload, payload: unknown, id: number): void;
  believed(node: NodeId, kind: string, value: Value, epoch: number): void;
  indicated(node: NodeId, indication: unknown): void;
  invoked(client: NodeId, request: Request): void;
  completed(client: NodeId, request: Request, reply: Reply, server: NodeId): void;
  fault(phase: 'start' | 'end', fault: string, detail: Value): void;
  note(text: string): void;
}
