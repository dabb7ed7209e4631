/**
 * Tendermint, or a mutant of it, as the explorer takes it: one height of two rounds, four validators of equal power, one
 * of them Byzantine: it proposes in round 0, two blocks to whomever it likes, and may vote for each and for nil in every
 * round, to each other node. Judged by what honest nodes decide, and by what they sign.
 */
import type { NodeId, Value } from '../../core/index.ts';
import {
  type Block,
  blockId,
  contentOf,
  contextOf,
  defaultTendermintConfig,
  type Statement,
  type Step,
  Tendermint,
  type TendermintConfig,
  type TendermintMessage,
  tendermintProtocol,
} from '../../protocols/tendermint/index.ts';
import type { ExploreProtocolOptions } from './explore-protocol.ts';
import { HearsayModel } from './hearsay/hearsay.ts';
import type { TendermintClass } from './hearsay/tendermint-node.ts';
import { TendermintRounds } from './hearsay/tendermint-rounds.ts';
import { LiarNode, type Saying } from './liar.ts';
import type { AnyNode } from './local-state.ts';
import type { Broken, Observer, WorldEvent, WorldOptions } from './world-options.ts';

const ROUNDS = 2;
const NEVER = Number.POSITIVE_INFINITY;
/** Nobody asks anything and nothing is repeated: values are told apart by their author. */
const exploredConfig: TendermintConfig = { ...defaultTendermintConfig, emptyBlocks: true, gossipUs: NEVER, commitUs: NEVER };

interface Decisions {
  /** By height. */
  readonly first: { readonly [height: number]: { readonly node: NodeId; readonly block: string } };
  readonly broken: Broken | null;
}

export class BlockObserver implements Observer<Decisions> {
  readonly invariants = ['agreement', 'no-broken-invariant'] as const;
  readonly initial: Decisions = { first: {}, broken: null };

  /** Who was first matters to the story only. */
  key({ first, broken }: Decisions): string {
    return JSON.stringify([Object.entries(first).map(([height, { block }]) => [height, block]), broken?.invariant ?? '']);
  }

  broken({ broken }: Decisions): Broken | null {
    return broken;
  }

  observe(history: Decisions, event: WorldEvent): Decisions {
    if (history.broken !== null) return history;
    if (event.kind === 'broken') return { ...history, broken: { invariant: 'no-broken-invariant', message: event.message } };
    if (event.kind !== 'belief' || event.belief !== 'decision') return history;
    const { height, block } = event.value as { readonly height: number; readonly block: string };
    const known = history.first[height];
    if (known === undefined) return { ...history, first: { ...history.first, [height]: { node: event.node, block } } };
    if (known.block === block) return history;
    const message = `height ${height}: n${known.node} decides ${known.block.slice(0, 6)}, n${event.node} ${block.slice(0, 6)}`;
    return { ...history, broken: { invariant: 'agreement', message } };
  }
}

/** The same class, whose last round never ends. */
function withRounds(node: TendermintClass): TendermintClass {
  return class extends node {
    override timeoutUs(kind: Step, round: number): number {
      return kind === 'precommit' && round >= ROUNDS - 1 ? NEVER : super.timeoutUs(kind, round);
    }
  };
}

/** Everything that `liar` may say to `receivers` in the first height. */
export function liarRepertoire(liar: NodeId, receivers: readonly NodeId[], peers: readonly NodeId[]): readonly Saying[] {
  const { chain } = new Tendermint(liar, peers, exploredConfig);
  const blockOf = (author: NodeId): Block => ({ height: 1, context: contextOf(chain), author, commands: [], evidence: [] });
  const mine = [blockOf(liar), blockOf(liar + 100)];
  const sayings: Saying[] = [];
  const say = (to: NodeId, statement: Omit<Statement, 'height' | 'signer' | 'signature'>, block: Block | null): void => {
    const unsigned: Statement = { ...statement, height: 1, signer: liar, signature: null };
    const message = (signature: Value): TendermintMessage =>
      block === null
        ? { type: 'vote', statement: { ...unsigned, signature } }
        : { type: 'proposal', statement: { ...unsigned, signature }, block };
    sayings.push({ to, content: contentOf(unsigned), proof: 'signature', message });
  };
  for (const to of receivers) {
    for (let round = 0; round < ROUNDS; round++) {
      const proposer = new Tendermint(liar, peers, exploredConfig).proposer(round);
      if (proposer === liar) for (const block of mine) say(to, { type: 'proposal', round, value: blockId(block), validRound: -1 }, block);
      const values: (string | null)[] = [null, ...mine.map(blockId)];
      // In a round of somebody else's there may be a new block of that one, too.
      if (proposer !== liar) values.push(blockId(blockOf(proposer)));
      for (const type of ['prevote', 'precommit'] as const)
        for (const value of values) say(to, { type, round, value, validRound: -1 }, null);
    }
  }
  return sayings;
}

/** `count` validators; the first is Byzantine. */
export function tendermintWorld(count: number, node: TendermintClass = Tendermint): Omit<ExploreProtocolOptions, 'seed'> {
  const nodes = Array.from({ length: count }, (_, i) => i + 1);
  const bounded = withRounds(node);
  const [liar = 1, ...honest] = nodes;
  return {
    name: `tendermint, ${count} nodes, one of them Byzantine`,
    protocol: tendermintProtocol as unknown as WorldOptions['protocol'],
    create: (id, peers) =>
      (id === liar ? new LiarNode(liarRepertoire(liar, honest, peers)) : new bounded(id, peers, exploredConfig)) as unknown as AnyNode,
    nodes,
    inputs: [],
    observer: new BlockObserver() as Observer<unknown>,
    // The rounds are seen in full; the nodes with disks and messages in flight are too many states, and are hunted in.
    coverage: [],
    ...(count === 4
      ? { specifications: [new HearsayModel(new TendermintRounds({ validators: count, liar: 2, rounds: ROUNDS }, exploredConfig, node))] }
      : {}),
  };
}
