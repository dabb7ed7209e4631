/**
 * Byzantine generals with signed messages, SM(m) (Lamport, Shostak, Pease 1982, section 4): any number m of traitors among
 * n >= m + 2 generals. An order counts with k signatures of k different generals, the commander's first, within k rounds; who
 * takes a new one signs it and passes it on. Loyal lieutenants end with the same set of orders, and choose alike. Two
 * orders prove a traitor, so no third is passed on (Dolev, Strong 1983).
 */
import { type NodeId, type Protocol, type Schema, schema, type Token, type Value, type Writer } from '../../core/index.ts';
import {
  type Decided,
  fieldOf,
  type Game,
  type GameConfig,
  type GameMessage,
  GameNode,
  type GameOut,
  gameTimers,
  isCount,
  noRecord,
} from './game.ts';
import { RETREAT } from './oral-generals.ts';

export interface SignedMessage extends GameMessage {
  readonly order: number;
  /** Who signed, the commander first, and with what. */
  readonly signers: readonly NodeId[];
  readonly signatures: readonly Value[];
}

export interface SignedConfig extends GameConfig {
  /** m: traitors that are to be survived. */
  readonly traitors: number;
}

export interface SignedGame extends Game {
  readonly commander: NodeId;
  readonly order: number | null;
  /** Orders that the commander provably gave, in order of arrival, with the message that proved each. */
  readonly orders: Map<number, SignedMessage | null>;
}

/** A message whose signatures are being checked. */
interface Checking {
  readonly message: SignedMessage;
  left: number;
  valid: boolean;
}

/** What the last of `signers` signs: the order, and who signed it before. */
export const signedContent = (game: string, order: number, signers: readonly NodeId[]): Value => ({ game, order, signers });

/** A third order proves no more than the first two. */
const MOST_ORDERS = 2;

export class SignedGenerals extends GameNode<SignedMessage, SignedGame> {
  declare readonly config: SignedConfig;
  #checking = new Map<Token, Checking>();
  /** What will be sent once it is signed. */
  #signing = new Map<Token, SignedMessage>();

  constructor(id: NodeId, peers: readonly NodeId[], config: SignedConfig) {
    super(id, peers, config);
  }

  protected opened(base: Game, op: Value): SignedGame | null {
    const [commander, order] = [fieldOf(op, 'commander'), fieldOf(op, 'order')];
    if (fieldOf(op, 'f') !== 'attack' || !isCount(commander) || !this.peers.includes(commander)) return null;
    const isCommander = commander === this.id;
    if (isCommander && !isCount(order)) return null;
    return { ...base, commander, order: isCommander ? (order as number) : null, orders: new Map() };
  }

  protected rounds(): number {
    return this.depth() + 1;
  }

  /** Decision: signatures besides the commander's that an order may carry. */
  depth(): number {
    return this.config.traitors;
  }

  /** Decision: signed first by the commander, last by its sender, by nobody twice, and not by its reader. */
  isSound(game: SignedGame, from: NodeId, { signers, signatures }: SignedMessage): boolean {
    if (signers[0] !== game.commander || signers.at(-1) !== from || signers.length !== signatures.length) return false;
    if (signers.length > this.depth() + 1 || signers.includes(this.id)) return false;
    return new Set(signers).size === signers.length && signers.every((id) => this.peers.includes(id));
  }

  /** Decision: an order that is known already, or comes on top of two, changes nothing. */
  isNew(game: SignedGame, order: number): boolean {
    return !game.orders.has(order) && game.orders.size < MOST_ORDERS;
  }

  /** Decision: an order counts only if all its signatures are valid. */
  mustVerify(): boolean {
    return true;
  }

  /** Decision: pass on what has not got all its signatures yet. */
  relays({ signers }: SignedMessage): boolean {
    return signers.length <= this.depth();
  }

  /** Decision: what a set of orders comes to (the paper's `choice`). */
  choice(orders: readonly number[]): number {
    return orders.length === 1 ? (orders[0] as number) : RETREAT;
  }

  protected begin(game: SignedGame, out: GameOut<SignedMessage>): void {
    if (game.order !== null) this.#sign({ game: game.name, order: game.order, signers: [this.id], signatures: [] }, out);
  }

  #sign(message: SignedMessage, out: GameOut<SignedMessage>): void {
    this.token += 1;
    this.#signing.set(this.token, message);
    out.sign(this.token, signedContent(message.game, message.order, message.signers), 'signature');
  }

  protected override signed(token: Token, signature: Value, out: GameOut<SignedMessage>): void {
    const unsigned = this.#signing.get(token);
    if (unsigned === undefined) return;
    this.#signing.delete(token);
    const message = { ...unsigned, signatures: [...unsigned.signatures, signature] };
    for (const peer of this.others(message.signers)) out.send(peer, message, 0);
  }

  protected heard(game: SignedGame, from: NodeId, message: SignedMessage, out: GameOut<SignedMessage>): void {
    if (game.order !== null || !this.isSound(game, from, message)) return this.drop('not-sound');
    if (!this.inTime(game, message.signers.length)) return this.drop('too-late');
    if (!this.isNew(game, message.order)) return this.drop('not-new');
    if (!this.mustVerify()) return this.#take(game, message, out);
    const checking = { message, left: message.signers.length, valid: true };
    for (const [i, signer] of message.signers.entries()) {
      this.token += 1;
      this.#checking.set(this.token, checking);
      const content = signedContent(message.game, message.order, message.signers.slice(0, i + 1));
      out.verify(this.token, signer, content, message.signatures[i] as Value, 'signature');
    }
  }

  protected override verified(token: Token, valid: boolean, out: GameOut<SignedMessage>): void {
    const checking = this.#checking.get(token);
    if (checking === undefined) return;
    this.#checking.delete(token);
    checking.left -= 1;
    checking.valid &&= valid;
    if (checking.left > 0) return;
    if (!checking.valid) return this.drop('not-proved');
    const game = this.games.get(checking.message.game);
    if (game !== undefined && this.isNew(game, checking.message.order)) this.#take(game, checking.message, out);
  }

  #take(game: SignedGame, message: SignedMessage, out: GameOut<SignedMessage>): void {
    game.orders.set(message.order, message);
    if (this.relays(message)) this.#sign({ ...message, signers: [...message.signers, this.id] }, out);
  }

  protected decide(game: SignedGame): Value {
    return game.order ?? this.choice([...game.orders.keys()]);
  }

  protected messageSchema(): Schema<SignedMessage> {
    return signedSchema;
  }

  protected copyGame(game: SignedGame): SignedGame {
    return { ...game, orders: new Map(game.orders) };
  }

  override clone(): this {
    const copy = super.clone();
    const copies = new Map<Checking, Checking>();
    for (const [token, checking] of this.#checking) {
      const same = copies.get(checking) ?? { ...checking };
      copies.set(checking, same);
      copy.#checking.set(token, same);
    }
    copy.#signing = new Map(this.#signing);
    return copy;
  }

  protected encodeGame(w: Writer, { commander, order, orders }: SignedGame): void {
    w.uint(commander);
    w.int(order ?? -1);
    w.uint(orders.size);
    for (const known of orders.keys()) w.uint(known);
  }

  override encode(w: Writer): void {
    super.encode(w);
    w.uint(this.#checking.size);
    for (const [token, { message, left, valid }] of this.#checking) {
      w.uint(token);
      signedSchema.write(w, message);
      w.uint(left);
      w.bool(valid);
    }
    w.uint(this.#signing.size);
    for (const [token, message] of this.#signing) {
      w.uint(token);
      signedSchema.write(w, message);
    }
  }
}

const { uint, text, list, struct, value } = schema;
export const signedSchema: Schema<SignedMessage> = struct<SignedMessage>({
  game: text,
  order: uint,
  signers: list(uint),
  signatures: list(value),
});

export const signedProtocol: Protocol<SignedConfig, SignedMessage, object, Decided> = {
  name: 'signed-generals',
  create: (id, peers, config) => new SignedGenerals(id, peers, config),
  message: signedSchema,
  record: noRecord,
  timers: gameTimers,
};

/** Messages of SM(m) among n generals when all are loyal, at most: (n-1), and for m >= 1 each lieutenant to all other lieutenants once. */
export const signedMessages = (n: number, m: number): number => n - 1 + (m > 0 ? (n - 1) * (n - 2) : 0);
