/** A host for one synchronous game: all messages arrive, in a drawn order, then the round ends. Traitors rewrite what they send. */
import { equalValues, type NodeId, Random, type Value } from '../../core/index.ts';
import type { Decided, GameMessage, GameNode, GameOut } from './game.ts';

export interface Word<M> {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: M;
}

/** What a traitor sends in place of a message; nothing: silence. */
export type Treason<M> = (word: Word<M>, sign: (content: Value) => Value) => readonly M[];

/** A table of signatures: only the signer gets one. */
class Signatures {
  readonly #signed: { readonly signer: NodeId; readonly content: Value }[] = [];
  sign = (signer: NodeId, content: Value): Value => this.#signed.push({ signer, content }) - 1;
  verify = (signer: NodeId, content: Value, signature: Value): boolean => {
    const known = typeof signature === 'number' ? this.#signed[signature] : undefined;
    return known !== undefined && known.signer === signer && equalValues(known.content, content);
  };
}

export class GameLab<M extends GameMessage> {
  readonly nodes: ReadonlyMap<NodeId, GameNode<M, never>>;
  readonly decided = new Map<NodeId, Value>();
  /** Messages that were sent by all. */
  sent = 0;
  rounds = 0;
  #net: Word<M>[] = [];
  #nowUs = 0;
  readonly #timers = new Map<NodeId, number>();
  readonly #random: Random;
  readonly #traitors: ReadonlyMap<NodeId, Treason<M>>;
  readonly #signatures = new Signatures();

  constructor(seed: number, nodes: readonly GameNode<M, never>[], traitors: ReadonlyMap<NodeId, Treason<M>> = new Map()) {
    this.#random = new Random(seed, 'game-lab');
    this.nodes = new Map(nodes.map((node) => [node.id, node]));
    this.#traitors = traitors;
  }

  step(id: NodeId, input: { readonly kind: string; readonly [name: string]: unknown }): void {
    this.nodes.get(id)?.step({ now: this.#nowUs, ...input } as never, this.#effects(id));
  }

  #effects(id: NodeId): GameOut<M> {
    const ignore = (): void => undefined;
    const answers: { readonly kind: string; readonly [name: string]: unknown }[] = [];
    queueMicro.push({ id, answers, lab: this as unknown as GameLab<GameMessage> });
    return {
      send: (to, message) => this.#send({ from: id, to, message }),
      sign: (token, content) => answers.push({ kind: 'signed', token, signature: this.#signatures.sign(id, content) }),
      verify: (token, signer, content, signature) =>
        answers.push({ kind: 'verified', token, valid: this.#signatures.verify(signer, content, signature) }),
      timer: (_timer, atUs) => this.#timers.set(id, atUs),
      indicate: ({ value }: Decided) => this.decided.set(id, value),
      choose: (n) => this.#random.below(n),
      persist: ignore,
      checkpoint: ignore,
      load: ignore,
      request: ignore,
      reply: ignore,
      belief: ignore,
    };
  }

  #send(word: Word<M>): void {
    const treason = this.#traitors.get(word.from);
    const messages = treason === undefined ? [word.message] : treason(word, (content) => this.#signatures.sign(word.from, content));
    this.sent += messages.length;
    for (const message of messages) this.#net.push({ ...word, message });
  }

  /** Tell each player its part, then play rounds until all have decided. */
  play(parts: ReadonlyMap<NodeId, Value>, mostRounds = 50): this {
    for (const [id, op] of parts) this.ask(id, { ...(op as { readonly [name: string]: Value }), game: 'game' });
    this.settle();
    while (this.decided.size < this.nodes.size && this.rounds < mostRounds) {
      this.rounds += 1;
      this.#nowUs = Math.min(...[...this.#timers.values()]);
      for (const id of this.nodes.keys()) if ((this.#timers.get(id) ?? 0) <= this.#nowUs) this.step(id, { kind: 'timer', timer: 0 });
      this.settle();
    }
    return this;
  }

  ask(id: NodeId, op: Value): void {
    this.step(id, { kind: 'request', from: 99, request: { id: 1, session: 1, op, mode: 'write' } });
  }

  /** Everything under way arrives, in a drawn order. */
  settle(): void {
    for (;;) {
      const slow = queueMicro.shift();
      if (slow !== undefined) for (const answer of slow.answers) slow.lab.step(slow.id, answer);
      else if (this.#net.length > 0) {
        const [word] = this.#net.splice(this.#random.below(this.#net.length), 1) as [Word<M>];
        this.step(word.to, { kind: 'message', from: word.from, message: word.message });
      } else return;
    }
  }
}

/** Signatures that are being made or checked. */
const queueMicro: { readonly id: NodeId; readonly answers: { readonly kind: string }[]; readonly lab: GameLab<GameMessage> }[] = [];
