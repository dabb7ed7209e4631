/** What the thread of the proxy is told, and what it answers. */
import type { Address, LinkCondition, LinkTraffic, OpenLink } from './contract.ts';

export type ProxyOrder =
  | { readonly do: 'open'; readonly link: OpenLink }
  | { readonly do: 'set'; readonly from: string; readonly to: string; readonly condition: LinkCondition }
  | { readonly do: 'heal' }
  | { readonly do: 'probe'; readonly from: string; readonly to: string; readonly timeoutMs: number }
  | { readonly do: 'owners'; readonly owners: readonly (readonly [pid: number, owner: string])[] }
  | { readonly do: 'traffic' }
  | { readonly do: 'close' };

export interface OrderMessage {
  readonly id: number;
  readonly order: ProxyOrder;
}

export type OrderAnswer = Address | boolean | readonly LinkTraffic[] | null;

export type AnswerMessage =
  | { readonly id: number; readonly answer: OrderAnswer }
  | { readonly id: number; readonly error: string; readonly code: string };

export interface ProxyStart {
  readonly seed: number;
}
