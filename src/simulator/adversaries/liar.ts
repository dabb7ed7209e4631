/**
 * A liar: has one server's identity (its links and its key) and decides what of that server's honest words goes out, to
 * whom, when and in which version. Protocol code has no Byzantine branch. What it signs it signs with its own key;
 * whatever it says in other names is refused by every reader that checks, and no reader may believe it (forgery-watch.ts).
 */
import { digest, type NodeId, Random, type Reply, type Value, Writer } from '../../core/index.ts';
import type { Beliefs } from '../beliefs.ts';
import { MESSAGE, REPLY } from '../event-kinds.ts';
import { nodeName } from '../names.ts';
import type { AnyNode, LyingSpeech, Subject } from '../subject.ts';
import type { SymbolicCrypto } from '../symbolic-crypto.ts';
import type { Behaviour, BehaviourName } from './behaviour.ts';
import type { Story } from './story.ts';

/** What a liar may do with messages: hand them to the network; under another name they are forgeries. */
export interface Outlet {
  transmit(kind: number, from: NodeId, to: NodeId, payload: unknown, extraUs: number): void;
  forge(as: NodeId, to: NodeId, payload: unknown): void;
}

/** What liars know and share. */
export interface LiarContext {
  readonly subject: Subject;
  readonly crypto: SymbolicCrypto;
  readonly beliefs: Beliefs;
  readonly servers: readonly NodeId[];
  /** Null while it is down. */
  nodeOf(id: NodeId): AnyNode | null;
  readonly seed: number;
  readonly reach: (goal: string) => void;
}

const REMEMBERED = 32;
const DELAY_MS = 500;
const ONE_IN = 3;
/** An epoch in so many is one in which `split-send` leaves all as it is. */
const CALM_EPOCHS_ONE_IN = 2;

export class Liar {
  readonly node: NodeId;
  readonly behaviours: readonly Behaviour[];
  /** Those of its behaviours that change what a message says. */
  readonly #changing: readonly Behaviour[];
  readonly #context: LiarContext;
  readonly #story: Story;
  readonly #lucks = new Map<string, Random>();
  readonly #speech: LyingSpeech | null;
  readonly #writer = new Writer();
  /** Recent messages, its own and heard ones, for replay and for the signatures in them. */
  readonly #past: unknown[] = [];
  readonly #heard: { readonly from: NodeId; readonly message: unknown }[] = [];

  constructor(context: LiarContext, node: NodeId, parsed: readonly Behaviour[], story: Story) {
    this.node = node;
    this.behaviours = parsed;
    this.#changing = parsed.filter(
      ({ name }) => name === 'mutate' || name === 'equivocate' || name === 'half-proof' || name === 'split-send',
    );
    this.#context = context;
    this.#story = story;
    this.#speech = context.subject.speech ?? null;
  }

  does(name: BehaviourName): boolean {
    return this.behaviours.some((behaviour) => behaviour.name === name);
  }

  /** Each behaviour has a stream of its own: one that is taken away leaves the luck of the others as it was. */
  #luck(name: BehaviourName): Random {
    let random = this.#lucks.get(name);
    if (random === undefined) {
      random = new Random(this.#context.seed, 'adversary', this.node, name);
      this.#lucks.set(name, random);
    }
    return random;
  }

  /** Its server sends something: what of it goes out. */
  rewrite(outlet: Outlet, kind: number, to: NodeId, payload: unknown): void {
    if (to === this.node) {
      outlet.transmit(kind, this.node, to, payload, 0);
      return;
    }
    if (this.#suppressed(kind, to, payload)) return;
    if (kind === MESSAGE) this.#tell(outlet, to, payload);
    else outlet.transmit(kind, this.node, to, kind === REPLY ? this.#answer(payload as Reply, to) : payload, this.#late(to, payload));
  }

  /** Something reached it. */
  hears(from: NodeId, message: unknown): void {
    keep(this.#heard, { from, message }, this.#luck('forge'));
  }

  // What is not said.

  #suppressed(kind: number, to: NodeId, payload: unknown): boolean {
    for (const behaviour of this.behaviours) {
      if (!this.#covers(behaviour, to, payload)) continue;
      if (behaviour.name === 'silent') return true;
      if (behaviour.name === 'drop' && this.#luck('drop').below(ONE_IN) === 0) return true;
      if (behaviour.name === 'withhold' && this.#chosen(behaviour, to)) return true;
      if (behaviour.name === 'split-send' && kind === MESSAGE && this.#splits(behaviour, to) === 'omit') return true;
    }
    return false;
  }

  // What is said.

  #tell(outlet: Outlet, to: NodeId, message: unknown): void {
    keep(this.#past, message, this.#luck('replay'));
    outlet.transmit(MESSAGE, this.node, to, this.#version(to, message), this.#late(to, message));
    for (const behaviour of this.behaviours) {
      if (!this.#covers(behaviour, to, message) || this.#luck(behaviour.name).below(ONE_IN) > 0) continue;
      if (behaviour.name === 'duplicate') outlet.transmit(MESSAGE, this.node, to, message, this.#luck('duplicate').below(200_000));
      else if (behaviour.name === 'replay') this.#replay(outlet, to);
      else if (behaviour.name === 'forge') this.#forge(outlet, to, message);
    }
  }

  /** One of the behaviours that change messages, where several do. */
  #version(to: NodeId, message: unknown): unknown {
    if (this.#changing.length === 0) return message;
    const changing = this.#changing.filter((behaviour) => this.#covers(behaviour, to, message));
    if (changing.length === 0) return message;
    const behaviour = changing.length === 1 ? (changing[0] as Behaviour) : this.#luck('collude').pick(changing);
    switch (behaviour.name) {
      case 'mutate':
        return this.#luck('mutate').below(ONE_IN) === 0 ? this.#mutated(message) : message;
      case 'half-proof':
        return this.#proved(
          message,
          this.#context.servers.filter((id) => this.#story.side(this.#epoch, id) === 0),
        );
      case 'split-send':
        return this.#splits(behaviour, to) === 'change' ? this.#other(message) : message;
      default:
        if (!this.#chosen(behaviour, to)) return message;
        this.#context.reach('liar-told-two-versions');
        return this.#other(message);
    }
  }

  /** The other version of the same message, the same for all who are told it, with a valid proof. */
  #other(message: unknown): unknown {
    const w = this.#writer;
    w.reset();
    this.#context.subject.message.write(w, message);
    return this.#proved(this.#story.other(digest(w.bytes, w.length), message, () => this.#lie(message)));
  }

  #lie(message: unknown): unknown {
    const random = this.#luck('equivocate');
    return (
      this.#speech?.lie(random, message, this.node, this.#context.nodeOf(this.node)) ??
      this.#context.subject.message.mutate(random, message)
    );
  }

  #mutated(message: unknown): unknown {
    const random = this.#luck('mutate');
    const changed = this.#context.subject.message.mutate(random, message);
    return random.below(2) === 0 ? changed : this.#proved(changed);
  }

  /** The message with the liar's own proof of what it says now. */
  #proved(message: unknown, readers: readonly NodeId[] | null = null): unknown {
    const proved = this.#speech?.proved(message) ?? null;
    if (this.#speech === null || proved === null) return message;
    const some = proved.proof === 'authenticator' ? readers : null;
    return this.#speech.withProof(message, this.#context.crypto.sign(this.node, proved.content, proved.proof, some));
  }

  /** Another answer for a client: its value, its position or its outcome is made up. */
  #answer(reply: Reply, to: NodeId): Reply {
    // Those who share a plan tell a client the same about the same question.
    const shared = this.does('collude') ? new Random(this.#context.seed, 'answer', to, reply.id) : null;
    const lying = this.behaviours.some(
      (behaviour) =>
        ((behaviour.name === 'mutate' && this.#luck('mutate').below(ONE_IN) === 0) ||
          (behaviour.name === 'equivocate' && (shared ?? this.#luck('equivocate')).below(2) === 0)) &&
        this.#covers(behaviour, to, reply),
    );
    if (!lying || reply.outcome === 'info') return reply;
    const random = shared ?? this.#luck('collude');
    const value: Value = random.below(2) === 0 ? null : random.below(10);
    return { ...reply, outcome: 'ok', value, ...(reply.revision === undefined ? {} : { revision: reply.revision + 1 }) };
  }

  #replay(outlet: Outlet, to: NodeId): void {
    const random = this.#luck('replay');
    if (this.#heard.length === 0 || random.below(2) === 0) {
      outlet.transmit(MESSAGE, this.node, to, random.pick(this.#past), random.below(100_000));
      return;
    }
    // What another said and proved may be shown to anybody, under the name of whoever said it.
    const { from, message } = random.pick(this.#heard);
    const as = (this.#speech?.proved(message) ?? null) === null ? this.node : from;
    if (from !== to) outlet.transmit(MESSAGE, as, to, message, random.below(100_000));
  }

  /** In another's name: what it really said with one thing changed, under a proof that is not for that, or not its own. */
  #forge(outlet: Outlet, to: NodeId, own: unknown): void {
    const random = this.#luck('forge');
    const heard = this.#heard.length === 0 ? null : random.pick(this.#heard);
    const others = this.#context.servers.filter((id) => id !== this.node && id !== to);
    if (this.#speech === null || others.length === 0) return;
    const as =
      heard === null || heard.from === to || !others.includes(heard.from) || random.below(2) === 0 ? random.pick(others) : heard.from;
    const said = heard !== null && heard.from === as ? heard.message : own;
    // Its own word in another's mouth: a voice more for what it wants.
    const copied = said === own && random.below(2) === 0;
    const forged = copied ? own : (this.#speech.lie(random, said, as, null) ?? this.#context.subject.message.mutate(random, said));
    const proved = this.#speech.proved(forged);
    // What nobody proves is believed for its link, and links cannot be forged.
    if (proved === null || this.#context.crypto.hasProved(as, proved.content)) return;
    const signature = random.pick([null, `sig-${random.u32()}`, this.#context.crypto.sign(this.node, proved.content, proved.proof)]);
    outlet.forge(as, to, signature === null ? forged : this.#speech.withProof(forged, signature));
  }

  #late(to: NodeId, payload: unknown): number {
    for (const behaviour of this.behaviours) {
      if (behaviour.name === 'delay' && this.#covers(behaviour, to, payload) && this.#luck('delay').below(ONE_IN) === 0)
        return this.#luck('delay').below((behaviour.ms ?? DELAY_MS) * 1000);
    }
    return 0;
  }

  // Whom it concerns.

  get #epoch(): number {
    return this.#context.beliefs.epoch[this.node - 1] as number;
  }

  /** Is this message one of those that the behaviour is about, its receivers left aside where it chooses among them? */
  #covers({ name, to, types, epochs }: Behaviour, receiver: NodeId, payload: unknown): boolean {
    const epoch = this.#epoch;
    if (epochs !== null && !epochs.some(([first, last]) => epoch >= first && epoch <= last)) return false;
    if (types !== null && !types.includes(this.#typeOf(payload))) return false;
    return to === null || name === 'equivocate' || this.#named(to, receiver);
  }

  #typeOf(payload: unknown): string {
    return this.#context.subject.messageTypes?.of(payload) ?? String((payload as { type?: unknown }).type);
  }

  /** Receivers by name; where there is no name, those of side 1; where only types are named, all. */
  #chosen({ name, to, types }: Behaviour, receiver: NodeId): boolean {
    if (to !== null) return this.#named(to, receiver);
    return (name === 'withhold' && types !== null) || this.#story.side(this.#epoch, receiver) === 1;
  }

  #splits(behaviour: Behaviour, receiver: NodeId): 'omit' | 'change' | 'none' {
    const epoch = this.#epoch;
    if (behaviour.epochs === null && this.#story.draw(epoch, CALM_EPOCHS_ONE_IN) === 0) return 'none';
    if (!this.#chosen(behaviour, receiver)) return 'none';
    return this.#story.draw(epoch + 1, 2) === 0 ? 'omit' : 'change';
  }

  #named(to: readonly string[], receiver: NodeId): boolean {
    const { beliefs, servers } = this.#context;
    if (to.includes(nodeName(receiver, servers.length))) return true;
    const leader = beliefs.leader();
    return (to.includes('leader') && receiver === leader) || (to.includes('next') && receiver === (leader % servers.length) + 1);
  }
}

/** A sample of all that was kept, newer ones in place of older ones. */
function keep<T>(list: T[], item: T, random: Random): void {
  if (list.length < REMEMBERED) list.push(item);
  else list[random.below(REMEMBERED)] = item;
}
