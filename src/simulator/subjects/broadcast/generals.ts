/** The Byzantine generals as subjects, with oral and with signed messages (Lamport, Shostak, Pease 1982). */
import type { NodeId, Random, Schema, Value } from '../../../core/index.ts';
import {
  type Deal,
  type OralConfig,
  OralGenerals,
  type OralMessage,
  oralSchema,
  RETREAT,
  type SignedConfig,
  SignedGenerals,
  type SignedMessage,
  signedContent,
  signedSchema,
} from '../../../protocols/broadcast/index.ts';
import type { PlannedOperation } from '../../plan.ts';
import type { AnyNode, Goal, LyingSpeech, Reach, Subject } from '../../subject.ts';
import { type GameSettings, oralTraitors, signedTraitors } from './game-settings.ts';
import { gameSubject } from './game-subject.ts';
import { disagreement, type Played } from './game-watch.ts';

export type OralClass = new (id: NodeId, peers: readonly NodeId[], config: OralConfig) => OralGenerals;
export type SignedClass = new (id: NodeId, peers: readonly NodeId[], config: SignedConfig) => SignedGenerals;

const ORDERS = 3;

const goals: readonly Goal[] = [
  { name: 'traitor-commanded', about: 'a game was judged whose commander lied' },
  { name: 'attacked-under-traitor', about: 'the loyal ones attacked together on the word of a commander who lied' },
];

/** One of three orders; retreat is one of them. */
const order = ({ f, key, value }: PlannedOperation): Value => ({ f: 'attack', order: (f === 'read' ? key : value) % ORDERS });

/** A drawn commander; the order is for its ears only. */
const deal: Deal = (op, players, choose) => {
  const commander = players[choose(players.length)] as NodeId;
  const { order: given } = op as { readonly order: Value };
  return new Map(players.map((player) => [player, { f: 'attack', commander, ...(player === commander ? { order: given } : {}) }]));
};

/** IC1 and IC2. */
function judge(game: Played, reach: Reach): readonly [string, string] | null {
  const differ = disagreement(game);
  if (differ !== null) return ['agreement', `${differ} (IC1)`];
  const [first] = game.faultless;
  if (first === undefined) return null;
  const { commander } = game.told.get(first) as { readonly commander: NodeId };
  const obeyed = game.decided.get(first);
  if (!game.faultless.includes(commander)) {
    if (game.lies(commander)) reach('traitor-commanded');
    if (game.lies(commander) && obeyed !== RETREAT) reach('attacked-under-traitor');
    return null;
  }
  const given = (game.told.get(commander) as { readonly order: number }).order;
  return obeyed === given ? null : ['validity', `loyal n${commander} ordered ${given}, and n${first} decided ${obeyed} (IC2)`];
}

const other = (random: Random, given: number): number => (given + 1 + random.below(ORDERS - 1)) % ORDERS;

const oralSpeech: LyingSpeech<OralMessage> = {
  proved: () => null,
  withProof: (message) => message,
  lie(random, message) {
    const lie = { ...message, order: other(random, message.order) };
    // As if somebody else had said it.
    return random.below(4) > 0 || message.path.length < 2 ? lie : { ...lie, path: [...message.path.slice(0, -1), 1 + random.below(4)] };
  },
};

const signedSpeech: LyingSpeech<SignedMessage> = {
  proved: ({ game, order: given, signers }) => ({ content: signedContent(game, given, signers), proof: 'signature' }),
  withProof: (message, signature) => ({ ...message, signatures: [...message.signatures.slice(0, -1), signature] }),
  // Another order; or one as if the liar commanded.
  lie: (random, message, from) =>
    random.below(4) === 0
      ? { ...message, order: other(random, message.order), signers: [from], signatures: [null] }
      : { ...message, order: other(random, message.order) },
  *holds(node) {
    for (const { name, orders } of (node as unknown as SignedGenerals).games.values())
      for (const [given, message] of orders)
        for (const [i, signer] of (message?.signers ?? []).entries())
          yield { signer, content: signedContent(name, given, (message as SignedMessage).signers.slice(0, i + 1)) };
  },
};

const roundUs = ({ roundMs }: GameSettings): number => roundMs * 1000;

export interface GeneralsParts {
  readonly node?: OralClass;
  readonly invariants?: boolean;
  /** Judged as if so many traitors were survived, whether they can be or not: to see it break. */
  readonly promised?: number;
}

export function generalsSubject(parts: GeneralsParts = {}): Subject {
  const NodeClass = parts.node ?? OralGenerals;
  return gameSubject(
    {
      name: 'generals',
      message: oralSchema as Schema<unknown>,
      speech: oralSpeech as LyingSpeech,
      deal,
      goals,
      operation: order,
      judge,
      create: (id, peers, settings) =>
        new NodeClass(id, peers, { roundUs: roundUs(settings), traitors: oralTraitors(settings, peers.length) }) as unknown as AnyNode,
      survives: (players, settings) => parts.promised ?? Math.min(oralTraitors(settings, players), Math.floor((players - 1) / 3)),
      rounds: (players, settings) => oralTraitors(settings, players) + 1,
    },
    parts.invariants ?? true,
  );
}

export function signedGeneralsSubject(parts: { readonly node?: SignedClass; readonly invariants?: boolean } = {}): Subject {
  const NodeClass = parts.node ?? SignedGenerals;
  return gameSubject(
    {
      name: 'signed-generals',
      message: signedSchema as Schema<unknown>,
      speech: signedSpeech as LyingSpeech,
      deal,
      // Two signed orders of a commander prove that it lies: then all retreat.
      goals: goals.filter(({ name }) => name !== 'attacked-under-traitor'),
      operation: order,
      judge,
      create: (id, peers, settings) =>
        new NodeClass(id, peers, { roundUs: roundUs(settings), traitors: signedTraitors(settings, peers.length) }) as unknown as AnyNode,
      survives: (players, settings) => Math.min(signedTraitors(settings, players), Math.max(0, players - 2)),
      rounds: (players, settings) => signedTraitors(settings, players) + 1,
    },
    parts.invariants ?? true,
  );
}
