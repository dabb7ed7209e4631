/** A small host for tests of the chain: a few nodes, links that deliver at once or as told, no disks that fail. */
import { type NodeId, Random } from '../../core/index.ts';
import type { ChainIndication, Out } from './chain-base.ts';
import { type ChainConfig, defaultChainConfig } from './config.ts';
import type { ChainMessage, ChainRecord } from './message.ts';
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
  readonly disk = new Map<NodeId, ChainRecord[]>();
  readonly #durable = new Map<NodeId, number>();
  net: Sent[] = [];
  nowUs = 0;
  readonly #random: Random;

  constructor(seed: number, configs: readonly Partial<ChainConfig>[], NodeClass: typeof Nakamoto = Nakamoto) {
    this.#random = new Random(seed, 'chain-lab');
    const peers = configs.map((_, i) => i + 1);
    for (const [i, config] of configs.entries()) this.nodes.set(i + 1, new NodeClass(i + 1, peers, { ...defaultChainConfig, ...config }));
    for (const id of peers) this.step(id, { kind: 'start', records: [] });
  }

  /** A new life with what the disk kept, and perhaps by other rules. */
  restart(id: NodeId, config: Partial<ChainConfig> = {}): void {
    const { peers, config: old } = this.node(id);
    this.nodes.set(id, new Nakamoto(id, peers, { ...old, ...config }));
    this.step(id, { kind: 'start', records: this.disk.get(id) ?? [] });
  }

  node(id: NodeId): Nakamoto {
    return this.nodes.get(id) as Nakamoto;
  }

  step(id: NodeId, input: { readonly kind: string; readonly [name: string]: unknown }): void {
    this.node(id).step({ now: this.nowUs, ...input } as never, this.#effects(id));
    const token = this.#durable.get(id);
    this.#durable.delete(id);
    if (token !== undefined) this.node(id).step({ now: this.nowUs, kind: 'persisted', token }, this.#effects(id));
  }

  #effects(id: NodeId): Out {
    const ignore = (): void => undefined;
    return {
      send: (to, message) => this.net.push({ from: id, to, message }),
      persist: (token, record) => {
        const kept = this.disk.get(id) ?? [];
        kept.push(record);
        this.disk.set(id, kept);
        this.#durable.set(id, token);
      },
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
