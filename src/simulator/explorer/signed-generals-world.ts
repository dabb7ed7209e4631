/**
 * Generals who sign, as the explorer takes them: one of them, the commander or the last lieutenant, is a traitor who may say
 * anything in its own name to anybody. The game is synchronous: who decides has heard whatever it was sent. So messages arrive
 * in any order while the clocks stand still, and what is judged is what each would decide once nothing is under way.
 */
import type { Effects, NodeId, Value } from '../../core/index.ts';
import {
  type Decided,
  type SignedConfig,
  SignedGenerals,
  type SignedMessage,
  signedContent,
  signedProtocol,
} from '../../protocols/broadcast/index.ts';
import type { ExploreProtocolOptions } from './explore-protocol.ts';
import { LiarNode, type Saying } from './liar.ts';
import type { AnyNode } from './local-state.ts';
import type { Property } from './model.ts';
import { nameOf } from './transition.ts';
import { WorldModel } from './world-model.ts';
import type { WorldOptions } from './world-options.ts';

type SignedClass = new (id: NodeId, peers: readonly NodeId[], config: SignedConfig) => SignedGenerals;

const COMMANDER = 1;
/** What a loyal commander says, and what a traitor says as well. */
const ORDER = 1;
const ORDERS = [ORDER, 2] as const;
const GAME = 'game';
const config: SignedConfig = { roundUs: 1000, traitors: 1 };
/** After every deadline. */
const LATE_US = 1_000_000;

const calm = { timers: 0, crashes: 0, drops: 0, duplicates: 0 } as const;

/**
 * Everything that `traitor` may say to `to`: with its own signature alone, as if it were the commander, or behind the
 * commander's, which it has or has forged.
 */
function treason(traitor: NodeId, to: NodeId): Saying[] {
  return ORDERS.flatMap((order): Saying[] => {
    const alone: Saying = said(to, order, [traitor], []);
    if (traitor === COMMANDER) return [alone];
    const signer = order === ORDER ? COMMANDER : traitor;
    return [alone, said(to, order, [COMMANDER, traitor], [nameOf(signer, signedContent(GAME, order, [COMMANDER]), 'signature')])];
  });
}

function said(to: NodeId, order: number, signers: readonly NodeId[], signatures: readonly Value[]): Saying {
  const message = (own: Value): SignedMessage => ({ game: GAME, order, signers, signatures: [...signatures, own] });
  return { to, content: signedContent(GAME, order, signers), proof: 'signature', message };
}

/** What `node` decides when the last round is over. */
function decision(node: AnyNode): Value {
  let decided: Value = null;
  const told = (indication: Decided): void => {
    decided = indication.value;
  };
  const nothing = (): void => {};
  const out = new Proxy({}, { get: (_target, name) => (name === 'indicate' ? told : nothing) }) as Effects<unknown, unknown, unknown>;
  node.clone().step({ kind: 'timer', now: LATE_US, timer: 0 }, out);
  return decided;
}

function judged(world: WorldModel, loyal: readonly NodeId[]): Property[] {
  const decisions = (state: Int32Array): Value[] => loyal.map((id) => decision(world.node(state, id)));
  const isOver = (state: Int32Array): boolean => decisions(state).every((each) => each !== null);
  const all: Property[] = [
    { name: 'agreement', kind: 'terminal', holds: (state) => new Set(decisions(state)).size <= 1 },
    { name: 'termination', kind: 'terminal', holds: isOver },
    { name: 'obeys', kind: 'sometimes', holds: (state) => isOver(state) && decisions(state).every((each) => each === ORDER) },
  ];
  if (!loyal.includes(COMMANDER)) return all;
  return [...all, { name: 'validity', kind: 'terminal', holds: (state) => decisions(state).every((each) => each === ORDER) }];
}

function treasonWorld(count: number, traitor: NodeId, node: SignedClass): WorldModel {
  const nodes = Array.from({ length: count }, (_, i) => i + 1);
  const loyal = nodes.filter((id) => id !== traitor);
  // A commander heeds nobody.
  const readers = loyal.filter((id) => id !== COMMANDER);
  const told = (id: NodeId) => ({
    f: 'attack',
    commander: COMMANDER,
    ...(id === COMMANDER ? { order: ORDER } : {}),
    game: GAME,
    players: count,
  });
  return new WorldModel(
    {
      name: `${count} generals who sign, n${traitor} a traitor`,
      protocol: signedProtocol as unknown as WorldOptions['protocol'],
      create: (id, peers) =>
        id === traitor
          ? new LiarNode(
              readers.flatMap((to) => treason(traitor, to)),
              'chooses',
            )
          : (new node(id, peers, config) as unknown as AnyNode),
      nodes,
      inputs: loyal.map((id) => ({ node: id, from: count + 1, request: { id: 1, session: 1, op: told(id), mode: 'write' } })),
      network: 'unordered',
      disk: 'instant',
      bounds: calm,
    },
    (world) => judged(world, loyal),
  );
}

/** `count` generals, one of them a traitor. */
export function signedGeneralsWorld(count: number, node: SignedClass = SignedGenerals): Omit<ExploreProtocolOptions, 'seed'> {
  return {
    name: `signed-generals, ${count} nodes`,
    protocol: signedProtocol as unknown as WorldOptions['protocol'],
    create: (id, peers) => new node(id, peers, config) as unknown as AnyNode,
    nodes: Array.from({ length: count }, (_, i) => i + 1),
    inputs: [],
    coverage: [],
    // With a traitor among fewer than three there is nobody left to agree with.
    specifications: count < 3 ? [] : [COMMANDER, count].map((traitor) => treasonWorld(count, traitor, node)),
    hunts: false,
  };
}
