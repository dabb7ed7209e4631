/**
 * A small agreement among liars to try the adversaries on: heights one after another, rounds with a rotating proposer, a
 * lock on what two thirds prevoted (the skeleton of Buchman et al. 2018, without a disk, evidence or validator changes).
 * Safe and live with f = (n - 1) / 3 liars. Every decision that a liar attacks is a method, so that tests can break it.
 */
import {
  type Command,
  contentHash,
  type Effects,
  type Input,
  type Node,
  type NodeId,
  type OrderingIndication,
  type Request,
  type Schema,
  schema,
  type Value,
  type Writer,
} from '../../core/index.ts';
import { KeyValue } from '../../protocols/replication/index.ts';
import type { Plan } from '../plan.ts';
import type { AnyNode, LyingSpeech, Subject } from '../subject.ts';
import { drawPlan, type SwarmOptions } from '../swarm.ts';
import { ToyVoter } from './testing-client.ts';

export interface ToyWord {
  readonly type: 'propose' | 'prevote' | 'precommit';
  readonly by: NodeId;
  readonly height: number;
  readonly round: number;
  /** Hash of the commands; '' for none. */
  readonly digest: string;
  /** For proposals: the round in which two thirds prevoted this, -1: none. */
  readonly valid: number;
  readonly commands: readonly Command[];
  readonly signature: string;
}

type Out = Effects<ToyWord, never, OrderingIndication>;

const commandSchema: Schema<Command> = schema.struct<Command>({ session: schema.uint, id: schema.uint, op: schema.value });
const wordSchema: Schema<ToyWord> = schema.struct<ToyWord>({
  type: schema.oneOf('propose', 'prevote', 'precommit'),
  by: schema.uint,
  height: schema.uint,
  round: schema.uint,
  digest: schema.text,
  valid: schema.int,
  commands: schema.list(commandSchema),
  signature: schema.text,
});

const PACE = 0;
const RESEND = 1;
const BATCH = 8;

const digestOf = (commands: readonly Command[]): string => contentHash(commands.map(({ session, id, op }) => [session, id, op] as Value));
const contentOf = ({ type, by, height, round, digest, valid }: ToyWord): Value => [type, by, height, round, digest, valid];
const placeOf = ({ type, round, by, digest }: ToyWord): string => `${type} ${round} ${by} ${digest}`;
const keyOf = ({ session, id }: { readonly session: number; readonly id: number }): string => `${session}/${id}`;

export class ToyAgreement implements Node<ToyWord, never, OrderingIndication> {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  readonly stepUs: number;
  readonly machine = new KeyValue();
  height = 1;
  round = 0;
  active = false;
  applied = 0;
  lockedRound = -1;
  locked: ToyWord | null = null;
  /** Words of this height: by type, round, sender and digest: who says two things has said both. */
  readonly words = new Map<string, ToyWord>();
  /** Decided proposals with the precommits that decided them, by height, for those that are behind. */
  readonly decided: (readonly ToyWord[])[] = [[]];
  readonly pool = new Map<string, Request & { readonly client: NodeId }>();
  readonly answers = new Map<string, Value>();
  readonly #own: ToyWord[] = [];
  readonly #signing = new Map<number, ToyWord>();
  readonly #verifying = new Map<number, ToyWord>();
  /** The first proposal of each round. */
  readonly #firstOf = new Map<number, ToyWord>();
  /** When each peer that is behind was last told what was decided. */
  readonly #answered = new Map<NodeId, number>();
  #token = 0;
  #now = 0;
  #phase = 0;

  constructor(id: NodeId, peers: readonly NodeId[], stepUs: number) {
    this.id = id;
    this.peers = peers;
    this.stepUs = stepUs;
  }

  /** Decision: so many equal words decide. */
  quorum(): number {
    return this.peers.length - Math.floor((this.peers.length - 1) / 3);
  }
  /** Decision: a word counts when its signature is right. */
  believes(valid: boolean): boolean {
    return valid;
  }
  proposer(round: number): NodeId {
    return this.peers[(this.height + round) % this.peers.length] as NodeId;
  }

  step(input: Input<ToyWord, never>, out: Out): void {
    this.#now = input.now;
    switch (input.kind) {
      case 'start':
        out.belief('epoch', this.height * 100, this.height * 100);
        out.timer(RESEND, input.now + this.stepUs);
        return;
      case 'request':
        this.#asked(input.from, input.request, out);
        return;
      case 'message':
        this.#heard(input.from, input.message, out);
        return;
      case 'signed':
        this.#signed(input.token, String(input.signature), out);
        return;
      case 'verified':
        this.#verified(input.token, input.valid, out);
        return;
      case 'timer':
        if (input.timer === PACE) this.#late(out);
        else {
          const polka = [...this.words.values()].filter(({ type, round }) => type === 'prevote' && round === this.lockedRound);
          for (const word of [...this.#own, ...polka]) for (const peer of this.peers) if (peer !== this.id) out.send(peer, word, 0);
          out.timer(RESEND, input.now + this.stepUs);
        }
    }
  }

  #asked(client: NodeId, request: Request, out: Out): void {
    const answer = this.answers.get(keyOf({ session: client, id: request.id }));
    if (answer !== undefined) this.#reply(client, request.id, answer, out);
    else this.pool.set(keyOf({ session: client, id: request.id }), { ...request, client });
    this.#activate(out);
  }

  #reply(client: NodeId, id: number, answer: Value, out: Out): void {
    const [value, revision] = answer as [Value, number];
    out.reply(client, { id, session: client, outcome: 'ok', value, revision });
  }

  #activate(out: Out): void {
    if (this.active || (this.pool.size === 0 && this.words.size === 0)) return;
    this.active = true;
    this.#enter(this.round, out);
  }

  #enter(round: number, out: Out): void {
    this.round = round;
    this.#phase = 0;
    const epoch = this.height * 100 + round;
    out.belief('epoch', epoch, epoch);
    out.belief('leader', this.proposer(round), epoch);
    out.belief('role', this.proposer(round) === this.id ? 'leader' : 'follower', epoch);
    out.timer(PACE, this.#now + this.stepUs * (1 + round));
    if (this.proposer(round) === this.id) this.#propose(out);
    this.#advance(out);
  }

  #propose(out: Out): void {
    const commands =
      this.locked?.commands ?? [...this.pool.values()].slice(0, BATCH).map(({ client, id, op }) => ({ session: client, id, op }));
    this.#say({ type: 'propose', digest: digestOf(commands), valid: this.lockedRound, commands }, out);
  }

  #say(word: Pick<ToyWord, 'type' | 'digest' | 'valid' | 'commands'>, out: Out): void {
    const full = { ...word, by: this.id, height: this.height, round: this.round, signature: '' };
    this.#signing.set(++this.#token, full);
    out.sign(this.#token, contentOf(full), 'signature');
  }

  #signed(token: number, signature: string, out: Out): void {
    const unsigned = this.#signing.get(token) as ToyWord;
    this.#signing.delete(token);
    if (unsigned.height !== this.height) return;
    const word = { ...unsigned, signature };
    this.#own.push(word);
    for (const peer of this.peers) if (peer !== this.id) out.send(peer, word, 0);
    this.#take(word, out);
  }

  #heard(from: NodeId, word: ToyWord, out: Out): void {
    if (!this.peers.includes(from) || word.height > this.height || word.round > 90) return;
    if (word.height < this.height) {
      const answered = this.#answered.get(from) ?? 0;
      if (answered + this.stepUs > this.#now && answered <= this.#now) return;
      this.#answered.set(from, this.#now);
      for (const old of this.decided[word.height] ?? []) out.send(from, old, 0);
      return;
    }
    if (word.type === 'propose' && word.digest !== digestOf(word.commands)) return;
    const signer = word.by;
    if (word.type === 'propose' && signer !== this.proposer(word.round)) return;
    if (!this.peers.includes(signer) || this.words.has(placeOf(word))) return;
    this.#verifying.set(++this.#token, word);
    out.verify(this.#token, signer, contentOf(word), word.signature, 'signature');
  }

  #verified(token: number, valid: boolean, out: Out): void {
    const word = this.#verifying.get(token) as ToyWord;
    this.#verifying.delete(token);
    if (this.believes(valid) && word.height === this.height) this.#take(word, out);
  }

  #take(word: ToyWord, out: Out): void {
    if (this.words.has(placeOf(word))) return;
    this.words.set(placeOf(word), word);
    if (word.type === 'propose' && !this.#firstOf.has(word.round)) this.#firstOf.set(word.round, word);
    this.#activate(out);
    const later = new Set(
      [...this.words.values()].flatMap(({ type, round, by }) => (type !== 'propose' && round === word.round ? [by] : [])),
    );
    if (word.height === this.height && word.round > this.round && later.size > (this.peers.length - 1) / 3) this.#enter(word.round, out);
    else this.#advance(out);
  }

  #votes(type: 'prevote' | 'precommit', round: number, digest: string): ToyWord[] {
    return this.peers.flatMap((peer) => {
      const word = this.words.get(`${type} ${round} ${peer} ${digest}`);
      return word === undefined ? [] : [word];
    });
  }

  #vote(type: 'prevote' | 'precommit', digest: string, out: Out): void {
    this.#phase = type === 'prevote' ? 1 : 2;
    this.#say({ type, digest, valid: -1, commands: [] }, out);
  }

  /** Decision: does a lock allow to vote for this proposal? */
  mayPrevote({ digest, valid }: ToyWord): boolean {
    if (this.locked === null || this.locked.digest === digest) return true;
    return valid >= this.lockedRound && this.#votes('prevote', valid, digest).length >= this.quorum();
  }

  #advance(out: Out): void {
    const { round } = this;
    const proposal = this.#firstOf.get(round);
    if (this.#phase === 0 && proposal !== undefined) this.#vote('prevote', this.mayPrevote(proposal) ? proposal.digest : '', out);
    for (const word of this.words.values()) {
      if (word.type !== 'propose' || this.lockedRound >= round || this.#votes('prevote', round, word.digest).length < this.quorum())
        continue;
      this.locked = word;
      this.lockedRound = round;
      if (this.#phase < 2) this.#vote('precommit', word.digest, out);
    }
    if (this.#phase === 1 && this.#votes('prevote', round, '').length >= this.quorum()) this.#vote('precommit', '', out);
    for (const word of this.words.values()) {
      if (word.type !== 'propose') continue;
      for (let past = 0; past <= round; past++) {
        const votes = this.#votes('precommit', past, word.digest);
        if (votes.length < this.quorum()) continue;
        this.#decide(word, [word, ...votes], out);
        return;
      }
    }
  }

  #late(out: Out): void {
    if (!this.active) return;
    out.timer(PACE, this.#now + this.stepUs * (1 + this.round));
    if (this.#phase === 0) this.#vote('prevote', '', out);
    else if (this.#phase === 1) this.#vote('precommit', '', out);
    else if (this.round < 90) this.#enter(this.round + 1, out);
  }

  #decide(proposal: ToyWord, proof: readonly ToyWord[], out: Out): void {
    this.decided[this.height] = proof;
    // A command that another height had is applied once.
    const commands = proposal.commands.map((command) => (this.answers.has(keyOf(command)) ? null : command));
    if (commands.length > 0) out.indicate({ kind: 'apply', first: this.applied + 1, commands });
    for (const command of proposal.commands) {
      this.applied++;
      const key = keyOf(command);
      if (!this.answers.has(key)) this.answers.set(key, [this.machine.apply(command.op), this.applied]);
      const asked = this.pool.get(key);
      if (asked !== undefined) this.#reply(asked.client, asked.id, this.answers.get(key) as Value, out);
      this.pool.delete(key);
    }
    out.belief('position', this.applied, 0);
    this.height++;
    this.round = 0;
    this.locked = null;
    this.lockedRound = -1;
    this.active = false;
    this.words.clear();
    this.#firstOf.clear();
    this.#own.length = 0;
    this.#phase = 0;
    out.timer(PACE, Number.POSITIVE_INFINITY);
    out.belief('epoch', this.height * 100, this.height * 100);
    out.belief('leader', this.proposer(0), this.height * 100);
    this.#activate(out);
  }

  clone(): ToyAgreement {
    throw new Error('the toy is not explored');
  }

  encode(w: Writer): void {
    for (const number of [this.height, this.round, this.applied]) w.uint(number);
    for (const [key, word] of this.words) {
      w.text(key);
      wordSchema.write(w, word);
    }
  }
}

const speech: LyingSpeech<ToyWord> = {
  proved: (word) => ({ content: contentOf(word), proof: 'signature' }),
  withProof: (word, signature) => ({ ...word, signature: String(signature) }),
  lie(random, said, by) {
    const word = { ...said, by };
    if (word.type !== 'propose') return { ...word, digest: word.digest === '' ? contentHash(random.below(3)) : '' };
    const commands = random.below(2) === 0 ? [] : [...word.commands].reverse().slice(0, Math.max(1, word.commands.length - 1));
    return { ...word, commands, digest: digestOf(commands), valid: -1 };
  },
  *holds(node) {
    const { words, id } = node as unknown as ToyAgreement;
    for (const word of words.values()) if (word.by !== id) yield { signer: word.by, content: contentOf(word) };
  },
};

export type ToyAgreementClass = new (id: NodeId, peers: readonly NodeId[], stepUs: number) => ToyAgreement;

/** `make`: the agreement, or one with a bug. */
export function toyAgreement(make: ToyAgreementClass = ToyAgreement): Subject {
  return {
    name: 'toy-agreement',
    version: 1,
    message: wordSchema as Schema<unknown>,
    record: schema.uint as Schema<unknown>,
    timers: ['pace', 'resend'],
    model: 'kv',
    tolerates: () => ['partition', 'loss', 'delay', 'duplicate', 'reorder', 'pause'],
    survivesLiars: (nodes) => Math.floor((nodes - 1) / 3),
    speech: speech as LyingSpeech,
    create: (id, peers, { timeoutMs = 100 }) => new make(id, peers, Number(timeoutMs) * 300) as unknown as AnyNode,
    client: (id, servers) => new ToyVoter(id, servers) as unknown as AnyNode,
    drawSettings: () => ({ timeoutMs: 100 }),
    stateDigest: (node) => JSON.stringify((node as unknown as ToyAgreement).machine.snapshot()),
    goals: [],
    beyond: [
      'crash-lost-unsynced',
      'leader-lost-unsynced',
      'leader-crashed',
      'leader-crashed-writing',
      'election-during-snapshot',
      'snapshot-restored',
      'clock-jumped',
      'disk-was-full',
      'mixed-versions',
    ],
  };
}

/** The swarm's plans, but nobody restarts: the toy has no disk. */
export function drawToy(subject: Subject, seed: number, options: SwarmOptions = {}): Plan {
  const plan = drawPlan(subject, seed, options);
  return plan.liveness === null ? plan : { ...plan, liveness: { ...plan.liveness, restart: false } };
}
