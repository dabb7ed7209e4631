/** A small host for tests of the chain: a few nodes, links that deliver at once or as told, no disks that fail. */
import { type NodeId, Random } from '../../core/index.ts';
import type { ChainIndication, Out } from './chain-base.ts';
import { type ChainConfig, defaultChainConfig } from './config.ts';
import type { ChainMessage } from './message.ts';
import { Nakamoto } from './nakamoto.ts';

export interface Sent {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: ChainMessage;
}

export interface Answered {
  readonly to: NodeId;
  readonly id: number;
  readonly outcome: string;
  readonly code?: string | undefined;
}

export class ChainLab {
  readonly nodes = new Map<NodeId, Nakamoto>();
  readonly told: { readonly node: NodeId; readonly indication: ChainIndication }[] = [];
  readonly answers: Answered[] = [];
  readonly disk = new Map<NodeId, { readonly block: import('./block.ts').Block }[]>();
  net: Sent[] = [];
  nowUs = 0;
  readonly #random: Random;

  constructor(seed: number, configs: readonly Partial<ChainConfig>[], NodeClass: typeof Nakamoto = Nakamoto) {
    this.#random = new Random(seed, 'chain-lab');
    const peers = configs.map((_, i) => i + 1);
    for (const [i, config] of configs.entries()) this.nodes.set(i + 1, new NodeClass(i + 1, peers, { ...defaultChainConfig, ...config }));
    for (const id of peers) this.step(id, { kind: 'start', records: [] });
  }

  node(id: NodeId): Nakamoto {
    return this.nodes.get(id) as Nakamoto;
  }

  step(id: NodeId, input: { readonly kind: string; readonly [name: string]: unknown }): void {
    this.node(id).step({ now: this.nowUs, ...input } as never, this.#effects(id));
  }

  #effects(id: NodeId): Out {
    const ignore = (): void => undefined;
    return {
      send: (to, message) => this.net.push({ from: id, to, message }),
      persist: (_token, record) => this.disk.set(id, [...(this.disk.get(id) ?? []), record]),
      reply: (to, { id: request, outcome, code }) => this.answers.push({ to, id: request, outcome, code }),
      indicate: (indication) => this.told.push({ node: id, indication }),
      choose: (n) => this.#random.below(n),
      checkpoint: ignore,
      load: ignore,
      sign: ignore,
      verify: ignore,
      timer: ignore,
      request: ignore,
      belief: ignore,
    };
  }

  /** One turn of every node's lottery, in a drawn order; `who`: only these. */
  mine(who: readonly NodeId[] = [...this.nodes.keys()]): void {
    this.nowUs += 10_000;
    for (const id of this.#random.shuffle([...who])) this.step(id, { kind: 'timer', timer: 0 });
  }

  /** Deliver what is under way and is `wanted`, until nothing is; what is not wanted stays. */
  deliver(wanted: (sent: Sent) => boolean = () => true): void {
    const kept: Sent[] = [];
    for (let next = this.net.shift(); next !== undefined; next = this.net.shift()) {
      if (wanted(next)) this.step(next.to, { kind: 'message', from: next.from, message: next.message });
      else kept.push(next);
    }
    this.net = kept;
  }

  announce(): void {
    for (const id of this.nodes.keys()) this.step(id, { kind: 'timer', timer: 1 });
  }

  pay(
    node: NodeId,
    client: NodeId,
    id: number,
    coin: string,
    memo: string,
    extra: { readonly locks?: number; readonly format?: number } = {},
  ): void {
    const op = { f: 'pay', coin, memo, locks: 1, format: 1, ...extra };
    this.step(node, { kind: 'request', from: client, request: { id, session: 1, op, mode: 'write' } });
  }
}
