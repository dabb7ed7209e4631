/**
 * Who said what: signing what goes out, checking what comes in before anything looks at it. Cryptography is slow work
 * of the host: a message waits here until all its proofs are known to be good; then it is handled, in whatever order.
 */
import type { NodeId, Proof, Token, Value } from '../../core/index.ts';
import { type PbftRequest, requestContent } from './batch.ts';
import { keyContent, messageContent, messageTypes, type PbftMessage } from './message.ts';
import { PbftStorage } from './pbft-storage.ts';
import {
  checkpointContent,
  type NewView,
  newViewContent,
  type Signature,
  type StableProof,
  type ViewChange,
  viewChangeContent,
} from './view-change.ts';

/** One thing to be verified. */
export interface Check {
  readonly signer: NodeId;
  readonly content: Value;
  readonly signature: Value;
  readonly proof: Proof;
  /** It is one of those that prove this together: a quorum of good ones is enough. */
  readonly within?: StableProof;
}

/** What waits for its checks: a message, a client's request (`seq` 0) or those of the batch proposed at `seq`. */
interface Job {
  readonly from: NodeId;
  readonly message: PbftMessage | null;
  readonly request: PbftRequest | null;
  readonly seq: number;
  readonly digest: string;
  left: number;
  valid: boolean;
  /** Signatures that are not good, of checkpoints that others may prove. */
  bad: readonly Check[];
}

interface Checking {
  readonly check: Check;
  readonly job: Job;
}

/** What waits for a signature: to be sent to `to` (0: to all), or to become part of something. */
export type Signing =
  | { readonly kind: 'message'; readonly to: NodeId; readonly message: PbftMessage }
  | { readonly kind: 'checkpoint'; readonly seq: number; readonly digest: string }
  | { readonly kind: 'viewChange'; readonly change: ViewChange }
  | { readonly kind: 'newView'; readonly newView: NewView }
  | { readonly kind: 'key'; readonly number: number; readonly key: Value };

const NO_CHECKS: readonly Check[] = Object.freeze([]);
/** A proof that was checked once is good for ever. */
const PROVEN_KEPT = 64;

export abstract class PbftProofs extends PbftStorage {
  #checking = new Map<Token, Checking>();
  #signing = new Map<Token, Signing>();
  #waiting: number[] = [];
  /** Proofs of stable checkpoints that were checked. */
  #proven: readonly StableProof[] = [];
  /** View changes whose signatures were checked, by what they say. */
  #provenChanges: readonly string[] = [];

  // The decisions.

  /** How votes of the normal case are proved; null: the channel says who speaks. */
  protected voteProof(): Proof | null {
    const { authentication } = this.config;
    return authentication === 'channel' ? null : authentication === 'mac' ? 'authenticator' : 'signature';
  }

  /** What a vote of the normal case has to prove: that it is its sender's. */
  protected voteChecks(from: NodeId, message: PbftMessage): readonly Check[] {
    const proof = this.voteProof();
    return proof === null ? NO_CHECKS : [{ signer: from, content: messageContent(message), signature: message.proof, proof }];
  }

  /** What a request has to prove: that its client made it. */
  protected requestChecks(request: PbftRequest): readonly Check[] {
    const proof = this.voteProof();
    if (proof === null) return NO_CHECKS;
    return [{ signer: request.client, content: requestContent(request), signature: request.proof, proof }];
  }

  /** A checkpoint message is signed: others will be shown it. */
  protected checkpointChecks(from: NodeId, { seq, digest, proof }: PbftMessage): readonly Check[] {
    return [{ signer: from, content: checkpointContent(seq, digest), signature: proof, proof: 'signature' }];
  }

  /**
   * A stable checkpoint is proved by the signatures of a quorum. Who has a later one knows that all up to there is settled,
   * and needs no proof of an earlier one: the keys in it may count no more, and nobody vouches for it again.
   */
  protected stableChecks(stable: StableProof): readonly Check[] {
    const { seq, digest, signatures } = stable;
    if (seq < this.low || seq === 0 || this.checkedForm(stable) !== null) return NO_CHECKS;
    const content = checkpointContent(seq, digest);
    return signatures.map(({ node, signature }) => ({ signer: node, content, signature, proof: 'signature', within: stable }));
  }

  /** Is it proved although these of its signatures are not good: of liars perhaps, or made with keys that count no more? */
  protected isProvedWithout({ signatures }: StableProof, bad: number): boolean {
    return signatures.length - bad >= Math.min(signatures.length, this.quorum());
  }

  /** A view change is signed by its replica, and the checkpoint in it by a quorum. */
  protected viewChangeChecks(change: ViewChange): readonly Check[] {
    if (this.#provenChanges.includes(nameOf(change))) return NO_CHECKS;
    const own: Check = { signer: change.node, content: viewChangeContent(change), signature: change.signature, proof: 'signature' };
    return [own, ...this.stableChecks(change.stable)];
  }

  /** A new view is signed by its primary, and each view change in it by whoever made it. */
  protected newViewChecks(newView: NewView): readonly Check[] {
    const signer = this.primaryOf(newView.view);
    const own: Check = { signer, content: newViewContent(newView), signature: newView.signature, proof: 'signature' };
    return [own, ...newView.viewChanges.flatMap((change) => this.viewChangeChecks(change))];
  }

  protected keyChecks(node: NodeId, number: number, key: Value, signature: Value): readonly Check[] {
    return [{ signer: node, content: keyContent(number, key), signature, proof: 'signature' }];
  }

  /** Is a message taken whose proof is not good? */
  protected acceptsProof(valid: boolean): boolean {
    return valid;
  }

  protected checksOf(from: NodeId, message: PbftMessage): readonly Check[] {
    const { type, body, batch } = message;
    switch (type) {
      case messageTypes.prePrepare:
      case messageTypes.prepare:
      case messageTypes.commit:
      case messageTypes.committed:
        return this.voteChecks(from, message);
      case messageTypes.request:
        return this.requestChecks((batch as readonly PbftRequest[])[0] as PbftRequest);
      case messageTypes.checkpoint:
        return this.checkpointChecks(from, message);
    }
    switch (body?.type) {
      case 'viewChange':
        return this.viewChangeChecks(body.change);
      case 'newView':
        return this.newViewChecks(body.newView);
      case 'stable':
      case 'state':
        return this.stableChecks(body.proof);
      case 'key':
        return this.keyChecks(body.node, body.number, body.key, message.proof);
    }
    return NO_CHECKS;
  }

  // Checking.

  /** Handle `message` once its proofs are known to be good. */
  protected checkThenHandle(from: NodeId, message: PbftMessage): void {
    const checks = this.checksOf(from, message);
    if (checks.length === 0) return this.handle(from, this.#inCheckedForm(message));
    if (!this.#hasRoom(from)) return;
    this.#check(checks, { from, message, request: null, seq: 0, digest: '', left: checks.length, valid: true, bad: [] });
  }

  protected checkRequest(request: PbftRequest): void {
    const checks = this.requestChecks(request);
    if (checks.length === 0) return this.requestProven(request);
    if (!this.#hasRoom(0)) return;
    this.#check(checks, { from: 0, message: null, request, seq: 0, digest: '', left: checks.length, valid: true, bad: [] });
  }

  /** The clients' proofs of what is proposed at `seq` under `digest`. */
  protected checkBatch(from: NodeId, seq: number, digest: string, requests: readonly PbftRequest[]): void {
    const checks = requests.flatMap((request) => this.requestChecks(request));
    this.#check(checks, { from, message: null, request: null, seq, digest, left: checks.length, valid: true, bad: [] });
  }

  /** One sender cannot make others wait for its proofs. Clients share one place. */
  #hasRoom(from: NodeId): boolean {
    const rank = from === 0 ? this.peers.length : this.rankOf(from);
    if ((this.#waiting[rank] ?? 0) < this.config.maxChecks) return true;
    this.drop('overloaded');
    return false;
  }

  #count(from: NodeId, by: number): void {
    const rank = from === 0 ? this.peers.length : this.rankOf(from);
    while (this.#waiting.length <= rank) this.#waiting.push(0);
    this.#waiting[rank] = (this.#waiting[rank] as number) + by;
  }

  #check(checks: readonly Check[], job: Job): void {
    this.#count(job.from, 1);
    for (const check of checks) {
      const token = this.nextToken();
      this.#checking.set(token, { check, job });
      this.out.verify(token, check.signer, check.content, check.signature, check.proof);
    }
  }

  protected verified(token: Token, valid: boolean): void {
    const checking = this.#checking.get(token);
    if (checking === undefined) return;
    const { check, job } = checking;
    this.#checking.delete(token);
    if (!valid && check.within === undefined) job.valid = false;
    else if (!valid) job.bad = [...job.bad, check];
    job.left--;
    if (job.left > 0) return;
    this.#count(job.from, -1);
    if (!this.acceptsProof(job.valid && this.#areProved(job.bad))) return this.drop('bad-proof');
    if (job.message !== null) {
      this.#remember(job.message, job.bad);
      this.handle(job.from, this.#inCheckedForm(job.message));
    } else if (job.request !== null) this.requestProven(job.request);
    else this.batchProven(job.seq, job.digest);
  }

  #areProved(bad: readonly Check[]): boolean {
    return bad.every(({ within }) => this.isProvedWithout(within as StableProof, bad.filter((other) => other.within === within).length));
  }

  /** What need not be checked again, without the signatures that are not good. */
  #remember({ body }: PbftMessage, bad: readonly Check[]): void {
    switch (body?.type) {
      case 'stable':
      case 'state':
        return this.#rememberStable(body.proof, bad);
      case 'viewChange':
        return this.#rememberChanges([body.change], bad);
      case 'newView':
        this.#rememberChanges(body.newView.viewChanges, bad);
    }
  }

  #rememberStable(proof: StableProof, bad: readonly Check[]): void {
    if (proof.seq < this.low || this.checkedForm(proof) !== null) return;
    const wrong = bad.filter(({ within }) => within === proof).map(({ signer }) => signer);
    const good = wrong.length === 0 ? proof : { ...proof, signatures: proof.signatures.filter(({ node }) => !wrong.includes(node)) };
    this.#proven = [...this.#proven, good].slice(-PROVEN_KEPT);
  }

  /** The signatures for the same checkpoint that were really checked: others may come with worse ones. */
  protected checkedForm({ seq, digest }: StableProof): StableProof | null {
    if (seq === this.stable.seq && digest === this.stable.digest) return this.stable;
    return this.#proven.find((known) => known.seq === seq && known.digest === digest) ?? null;
  }

  /** With good signatures of checkpoints only: they are no part of what is signed. */
  #inCheckedForm(message: PbftMessage): PbftMessage {
    const { body } = message;
    switch (body?.type) {
      case 'stable':
      case 'state':
        return { ...message, body: { ...body, proof: this.checkedForm(body.proof) ?? body.proof } };
      case 'viewChange':
        return { ...message, body: { ...body, change: this.#changeInCheckedForm(body.change) } };
      case 'newView': {
        const viewChanges = body.newView.viewChanges.map((change) => this.#changeInCheckedForm(change));
        return { ...message, body: { ...body, newView: { ...body.newView, viewChanges } } };
      }
    }
    return message;
  }

  #changeInCheckedForm(change: ViewChange): ViewChange {
    const stable = this.checkedForm(change.stable) ?? change.stable;
    return stable === change.stable ? change : { ...change, stable };
  }

  #rememberChanges(changes: readonly ViewChange[], bad: readonly Check[]): void {
    for (const change of changes) {
      const name = nameOf(change);
      if (!this.#provenChanges.includes(name)) this.#provenChanges = [...this.#provenChanges, name].slice(-PROVEN_KEPT);
      this.#rememberStable(change.stable, bad);
    }
  }

  // Signing.

  /** Say it to all others, with the proof that the normal case asks for. */
  protected say(message: PbftMessage): void {
    const proof = this.voteProof();
    if (proof === null) this.broadcast(message);
    else this.sign({ kind: 'message', to: 0, message }, messageContent(message), proof);
  }

  protected sayTo(to: NodeId, message: PbftMessage): void {
    const proof = this.voteProof();
    if (proof === null) this.out.send(to, message, 0);
    else this.sign({ kind: 'message', to, message }, messageContent(message), proof);
  }

  protected sign(signing: Signing, content: Value, proof: Proof): void {
    const token = this.nextToken();
    this.#signing.set(token, signing);
    this.out.sign(token, content, proof);
  }

  /** A new view on the disk of its primary is part of its state only once it is signed; until then nobody was told of it. */
  protected override writeAgain(): void {
    super.writeAgain();
    for (const [token, signing] of this.#signing) {
      if (signing.kind !== 'newView' || (this.active && this.view === signing.newView.view)) continue;
      this.#signing.delete(token);
      this.write({ type: 'newView', newView: signing.newView });
    }
  }

  protected signed(token: Token, signature: Value): void {
    const signing = this.#signing.get(token);
    if (signing === undefined) return;
    this.#signing.delete(token);
    switch (signing.kind) {
      case 'message': {
        const message = { ...signing.message, proof: signature };
        if (signing.to === 0) this.broadcast(message);
        else this.out.send(signing.to, message, 0);
        return;
      }
      case 'checkpoint':
        return this.checkpointSigned(signing.seq, signing.digest, { node: this.id, signature });
      case 'viewChange':
        return this.viewChangeSigned({ ...signing.change, signature });
      case 'newView':
        return this.newViewSigned({ ...signing.newView, signature });
      case 'key':
        this.keySigned(signing.number, signing.key, signature);
    }
  }

  protected copyProofs(from: PbftProofs): void {
    const copies = new Map<Job, Job>();
    for (const [token, { check, job }] of from.#checking) {
      const copy = copies.get(job) ?? { ...job };
      copies.set(job, copy);
      this.#checking.set(token, { check, job: copy });
    }
    this.#signing = new Map(from.#signing);
    this.#waiting = from.#waiting.slice();
    this.#proven = from.#proven;
    this.#provenChanges = from.#provenChanges;
  }

  /** What is under way, in words: tokens are names, and mean nothing. */
  protected underWay(): string[] {
    const jobs = [...this.#checking.values()].map(
      ({ job: { from, message, request, seq, digest, left, valid, bad } }) =>
        `${from} ${seq} ${digest} ${left} ${valid} ${bad.map(({ signer }) => signer)} ${JSON.stringify([message, request], asText)}`,
    );
    const signing = [...this.#signing.values()].map((each) => JSON.stringify(each, asText));
    return [...jobs, ...signing, JSON.stringify(this.#proven, asText), ...this.#provenChanges];
  }

  protected abstract requestProven(request: PbftRequest): void;
  protected abstract batchProven(seq: number, digest: string): void;
  protected abstract checkpointSigned(seq: number, digest: string, signature: Signature): void;
  protected abstract viewChangeSigned(change: ViewChange): void;
  protected abstract newViewSigned(newView: NewView): void;
  protected abstract keySigned(number: number, key: Value, signature: Value): void;
}

const asText = (_key: string, value: unknown): unknown => (value instanceof Uint8Array ? [...value] : value);

/** Objects are immutable: each gets its name once. */
const names = new WeakMap<ViewChange, string>();

function nameOf(change: ViewChange): string {
  let name = names.get(change);
  if (name === undefined) {
    name = JSON.stringify([viewChangeContent(change), change.signature], asText);
    names.set(change, name);
  }
  return name;
}
