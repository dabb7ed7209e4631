/**
 * Voters and askers in the hand of a test: nothing arrives but what the test delivers, in the order it likes. Signatures
 * are names that say all they stand for and only the host gives out; liars sign by `signAs`.
 */
import {
  type Effects,
  type Input,
  InvariantViolation,
  type NodeId,
  type Proof,
  type Reply,
  type Token,
  type Value,
} from '../../core/index.ts';
import {
  type Answer,
  contentOf,
  type Occasion,
  type Question,
  type Verdict,
  type VoteConfig,
  type VoteIndication,
  type VoteMessage,
  VoteNode,
  type VoteRecord,
} from './index.ts';

export interface Parcel {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: VoteMessage;
}

export const question: Question = { id: 'deploy', subject: 'version 2.3', strategy: 'majority_ready_or_abort' };

export const signAs = (signer: NodeId, content: Value, proof: Proof = 'signature'): Value =>
  JSON.stringify(['signed', proof, signer, content]);

/** A statement of `voter`, validly signed. */
export function said(
  voter: NodeId,
  occasion: Occasion,
  says: Answer | Verdict,
): Extract<VoteMessage, { readonly type: 'answer' | 'vote' }> {
  const { nonce, expiryUs } = occasion;
  const step = says === 'go' || says === 'abort' ? 'vote' : 'answer';
  const signature = signAs(voter, contentOf(step, occasion, says));
  return { type: step, question: occasion.question, nonce, expiryUs, says, signature } as Extract<VoteMessage, { type: 'answer' | 'vote' }>;
}

type Make = (id: NodeId, config: VoteConfig) => VoteNode;

export class Booth implements Effects<VoteMessage, VoteRecord, VoteIndication> {
  readonly config: VoteConfig;
  readonly net: Parcel[] = [];
  readonly replies: Reply[] = [];
  readonly indications: VoteIndication[] = [];
  readonly nodes = new Map<NodeId, VoteNode>();
  readonly journals = new Map<NodeId, { readonly token: Token; readonly record: VoteRecord }[]>();
  /** What each service says: null is a service that fails. Absent: ready. */
  readonly ready = new Map<NodeId, boolean | null>();
  /** Services that have not said anything yet. */
  readonly consulted: { readonly id: NodeId; readonly token: Token }[] = [];
  /** Disks answer at once, unless told to wait. */
  slowDisks = false;
  nowUs = 1_000_000;
  readonly #make: Make;
  readonly #held: { readonly parcel: Parcel; readonly after: Token }[] = [];
  readonly #answers: Input<VoteMessage, VoteRecord>[] = [];
  #current: NodeId = 0;

  constructor(config: VoteConfig, ids: readonly NodeId[], make: Make = (id, own) => new VoteNode(id, own)) {
    this.config = config;
    this.#make = make;
    for (const id of ids) this.start(id);
  }

  /** A new life of `id` with what its disk has; `kept`: so many of the records that are not durable. */
  start(id: NodeId): void {
    const journal = this.journals.get(id) ?? [];
    this.journals.set(id, journal);
    this.nodes.set(id, this.#make(id, this.config));
    this.step(id, { kind: 'start', now: this.nowUs, records: journal.map(({ record }) => record) });
  }

  node(id: NodeId): VoteNode {
    return this.nodes.get(id) as VoteNode;
  }

  step(id: NodeId, input: Input<VoteMessage, VoteRecord>): void {
    this.#current = id;
    this.node(id).step(input, this);
    for (let answer = this.#answers.shift(); answer !== undefined; answer = this.#answers.shift()) this.node(id).step(answer, this);
  }

  /** A client asks `asker` under `nonce`. */
  ask(asker: NodeId, nonce = `nonce-${asker}`, asked: Question = question): void {
    const { id, subject, strategy } = asked;
    const op = { f: 'decide', question: { id, subject, strategy }, nonce };
    this.step(asker, { kind: 'request', now: this.nowUs, from: 99, request: { id: 1, session: 1, op, mode: 'write' } });
  }

  /** Out of the blue. */
  bring(from: NodeId, to: NodeId, message: VoteMessage): void {
    this.step(to, { kind: 'message', now: this.nowUs, from, message });
  }

  /** Delivers what is under way and `which` lets pass, until nothing of it is left; the rest stays. */
  settle(which: (parcel: Parcel) => boolean = () => true): void {
    for (let at = this.net.findIndex(which); at >= 0; at = this.net.findIndex(which)) {
      const [{ from, to, message }] = this.net.splice(at, 1) as [Parcel];
      if (this.nodes.has(to)) this.bring(from, to, message);
    }
  }

  pass(us: number): void {
    this.nowUs += us;
    for (const id of [...this.nodes.keys()]) this.step(id, { kind: 'timer', now: this.nowUs, timer: 0 });
  }

  sync(id: NodeId): void {
    const last = this.journals.get(id)?.at(-1)?.token ?? 0;
    const free = this.#held.filter(({ parcel }) => parcel.from === id);
    for (const each of free) this.#held.splice(this.#held.indexOf(each), 1);
    this.net.push(...free.map(({ parcel }) => parcel));
    this.step(id, { kind: 'persisted', now: this.nowUs, token: last });
  }

  /** The next service that was asked says this. */
  tell(ready: boolean | null): void {
    const next = this.consulted.shift();
    if (next === undefined) throw new InvariantViolation('booth', 'no service was asked');
    this.step(next.id, { kind: 'loaded', now: this.nowUs, token: next.token, value: ready });
  }

  // Effects.

  send(to: NodeId, message: VoteMessage, after: Token): void {
    const parcel = { from: this.#current, to, message };
    if (this.slowDisks && after > 0) this.#held.push({ parcel, after });
    else this.net.push(parcel);
  }

  persist(token: Token, record: VoteRecord): void {
    this.journals.get(this.#current)?.push({ token, record });
    if (!this.slowDisks) this.#answers.push({ kind: 'persisted', now: this.nowUs, token });
  }
  checkpoint(): void {
    throw new InvariantViolation('booth', 'the vote keeps no snapshots');
  }
  load(token: Token): void {
    const id = this.#current;
    if (!this.ready.has(id) && this.slowServices) this.consulted.push({ id, token });
    else this.#answers.push({ kind: 'loaded', now: this.nowUs, token, value: this.ready.has(id) ? this.ready.get(id) : true });
  }
  /** Services without an entry in `ready` answer when told (`tell`). */
  slowServices = false;
  sign(token: Token, content: Value, proof: Proof): void {
    this.#answers.push({ kind: 'signed', now: this.nowUs, token, signature: signAs(this.#current, content, proof) });
  }
  verify(token: Token, signer: NodeId, content: Value, signature: Value, proof: Proof): void {
    const valid = signature === signAs(signer, content, proof);
    if (this.slowChecks) this.#checks.push({ id: this.#current, token, valid });
    else this.#answers.push({ kind: 'verified', now: this.nowUs, token, valid });
  }
  /** Signatures are checked when told (`checked`). */
  slowChecks = false;
  readonly #checks: { readonly id: NodeId; readonly token: Token; readonly valid: boolean }[] = [];

  /** All that was to be checked is. */
  checked(): void {
    for (const { id, token, valid } of this.#checks.splice(0)) this.step(id, { kind: 'verified', now: this.nowUs, token, valid });
  }
  timer(): void {}
  request(): void {
    throw new InvariantViolation('booth', 'nobody serves a port here');
  }
  reply(_to: NodeId, reply: Reply): void {
    this.replies.push(reply);
  }
  indicate(indication: VoteIndication): void {
    this.indications.push(indication);
  }
  belief(): void {}
  choose(): number {
    return 0;
  }
}
