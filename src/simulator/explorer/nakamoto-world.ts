/**
 * The proof-of-work chain, or a mutant of it, as the explorer takes it: every try finds a block, so which timers fire
 * decides who mines when. Judged: no node's branch spends a coin twice, holds a gap, or is left for one of no more work.
 */
import type { NodeId } from '../../core/index.ts';
import {
  type Block,
  blockId,
  type ChainConfig,
  type ChainIndication,
  defaultChainConfig,
  Nakamoto,
  nakamotoProtocol,
} from '../../protocols/nakamoto/index.ts';
import type { Coverage, ExploreProtocolOptions } from './explore-protocol.ts';
import type { AnyNode } from './local-state.ts';
import type { Broken, Observer, WorldEvent, WorldOptions } from './world-options.ts';

interface Branches {
  /** By node: what its branch holds, oldest first; absent after a crash until it moves. */
  readonly blocks: { readonly [node: string]: readonly Block[] };
  readonly broken: Broken | null;
}

export class BranchObserver implements Observer<Branches> {
  readonly invariants = ['chain-valid', 'work-grows', 'no-broken-invariant'] as const;
  readonly initial: Branches = { blocks: {}, broken: null };

  key({ blocks, broken }: Branches): string {
    const branches = Object.entries(blocks).map(([node, branch]) => [node, branch.length === 0 ? '' : blockId(branch.at(-1) as Block)]);
    return JSON.stringify([branches.sort(), broken?.invariant ?? '']);
  }

  broken({ broken }: Branches): Broken | null {
    return broken;
  }

  observe(history: Branches, event: WorldEvent): Branches {
    if (history.broken !== null) return history;
    if (event.kind === 'broken') return { ...history, broken: { invariant: 'no-broken-invariant', message: event.message } };
    if (event.kind === 'crash') {
      const { [`${event.node}`]: _forgotten, ...blocks } = history.blocks;
      return { ...history, blocks };
    }
    if (event.kind !== 'indication') return history;
    const indication = event.indication as ChainIndication;
    return indication.kind === 'chain' ? moved(history, event.node, indication) : history;
  }
}

function moved(
  history: Branches,
  node: NodeId,
  { connected, disconnected }: Extract<ChainIndication, { readonly kind: 'chain' }>,
): Branches {
  const left = new Set(disconnected.map(blockId));
  // What the disk kept over a crash is not told again.
  const branch = [...(history.blocks[`${node}`] ?? []).filter((block) => !left.has(blockId(block))), ...connected];
  const broken = (invariant: string, message: string): Branches => ({ ...history, broken: { invariant, message: `n${node} ${message}` } });
  if (branch.some((block, i) => i > 0 && block.parent !== blockId(branch[i - 1] as Block)))
    return broken('chain-valid', 'follows a branch with a gap');
  const coins = branch.flatMap(({ transactions }) => transactions.map(({ coin }) => coin));
  if (new Set(coins).size < coins.length) return broken('chain-valid', 'follows a branch that spends a coin twice');
  if (connected.length <= disconnected.length) return broken('work-grows', 'left its branch for one of no more work');
  return { ...history, blocks: { ...history.blocks, [`${node}`]: branch } };
}

/** Every header shows its work, and nonces are not drawn. */
const exploredConfig: ChainConfig = { ...defaultChainConfig, firstDifficulty: 1, retargetEvery: 1000, luck: 1, confirmations: 2 };

const calm = { timers: 0, crashes: 0, drops: 0, duplicates: 0 } as const;
const coverage = (nodes: number): readonly Coverage[] => [
  // Of four nodes two blocks are more than five million states.
  { disk: 'instant', bounds: { ...calm, timers: nodes > 3 ? 1 : 2 }, inputs: 1 },
  { disk: 'slow', bounds: { ...calm, timers: 1, crashes: 1 }, inputs: 0 },
];

type NakamotoClass = new (id: NodeId, peers: readonly NodeId[], config: ChainConfig) => Nakamoto;

/** `count` nodes; two clients pay with one coin, at different nodes. */
export function nakamotoWorld(count: number, node: NakamotoClass = Nakamoto): Omit<ExploreProtocolOptions, 'seed'> {
  const nodes = Array.from({ length: count }, (_, i) => i + 1);
  return {
    name: `nakamoto, ${count} nodes`,
    protocol: nakamotoProtocol as unknown as WorldOptions['protocol'],
    create: (id, peers) => new node(id, peers, exploredConfig) as unknown as AnyNode,
    nodes,
    inputs: nodes.slice(0, 2).map((at) => ({
      node: at,
      from: count + at,
      request: { id: at, session: 1, op: { f: 'pay', coin: 'coin', memo: `to ${at}`, locks: 1, format: 1 }, mode: 'write' },
    })),
    observer: new BranchObserver() as Observer<unknown>,
    coverage: coverage(count),
  };
}
