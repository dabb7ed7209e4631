/**
 * What a Byzantine PBFT replica may say in a small world (pbft-views.ts), as far as rules can tell it apart: any vote in its
 * own name, any view change, and as a primary any proposal and a new view with whatever choice and whatever view changes
 * there are. Also what must never count: words in others' mouths, votes told twice, batches under other digests.
 */
import type { NodeId, Value } from '../../../core/index.ts';
import {
  type Batch,
  batchDigest,
  type Certified,
  type Digest,
  type MessageType,
  messageContent,
  messageTypes,
  type NewView,
  NULL_BATCH,
  NULL_DIGEST,
  newViewContent,
  type PbftMessage,
  type ViewChange,
  viewChangeContent,
} from '../../../protocols/pbft/index.ts';
import { nameOf } from '../transition.ts';
import type { PbftWords } from './pbft-words.ts';
import { subsets } from './subsets.ts';

/** The one number of these worlds. */
export const SEQ = 1;
const GENESIS = { seq: 0, digest: NULL_DIGEST, signatures: [] } as const;

/** A message, and who says it. */
export interface Heard {
  readonly from: NodeId;
  readonly words: string;
  readonly message: PbftMessage;
  /** Both in words. */
  readonly told: string;
}

export const heard = (from: NodeId, words: string, message: PbftMessage): Heard => ({ from, words, message, told: `n${from}: ${words}` });

/** Added to a client, nobody. */
const STRANGER = 1000;

const empty: PbftMessage = { type: messageTypes.request, view: 0, seq: 0, digest: '', batch: null, proof: null, body: null };

export class PbftLiar {
  readonly id: NodeId;
  /** Each in its own name, or whoever's it says, always with its own signature. */
  readonly changes: readonly (readonly ViewChange[])[];
  readonly #words: PbftWords;
  readonly #digests: readonly Digest[];

  constructor(id: NodeId, views: number, words: PbftWords) {
    this.id = id;
    this.#words = words;
    this.#digests = [...words.batches.keys()];
    this.changes = Array.from({ length: views }, (_, view) => (view === 0 ? [] : this.#changesFor(view)));
  }

  /**
   * For `view`: it has prepared nothing, or anything in any earlier view, and vouches for any requests. It vouches as of the
   * last view: that supports whatever a vote of an earlier one would.
   */
  #changesFor(view: number): ViewChange[] {
    const earlier = Array.from({ length: view }, (_, of) => of);
    const digests = [...this.#digests, NULL_DIGEST];
    const prepared = digests.flatMap((digest) => earlier.map((of): Certified[] => [{ seq: SEQ, digest, view: of }]));
    const vouched = subsets(digests.map((digest): Certified => ({ seq: SEQ, digest, view: view - 1 })));
    return [[], ...prepared].flatMap((p) => vouched.map((q) => this.#change(this.id, view, p, q)));
  }

  #change(node: NodeId, view: number, prepared: readonly Certified[], prePrepared: readonly Certified[]): ViewChange {
    const change: ViewChange = { node, view, stable: GENESIS, prepared, prePrepared, signature: null };
    return { ...change, signature: nameOf(this.id, viewChangeContent(change), 'signature') };
  }

  #heard(words: string, message: Partial<PbftMessage>, from: NodeId = this.id): Heard {
    return heard(from, words, { ...empty, ...message });
  }

  /** About the one number, under its own signature, whoever it says it is. */
  #proved(type: MessageType, view: number, digest: Digest, batch: Batch | null, from: NodeId = this.id): Heard {
    const message: PbftMessage = { ...empty, type, view, seq: SEQ, digest, batch };
    const words = this.#words.vote(type, view, SEQ, digest, batch);
    const claimed = from === this.id ? words : `forged ${words}`;
    return this.#heard(claimed, { ...message, proof: nameOf(this.id, messageContent(message), 'signature') }, from);
  }

  #batchWords(batch: Batch): string {
    return this.#words.digest(batchDigest(batch));
  }

  /** A request that its client did not sign. */
  #invented(): Batch {
    const [[request]] = [...this.#words.batches.values()] as [[Batch[number]]];
    const op: Value = 'invented';
    return [{ client: request.client + STRANGER, timestamp: request.timestamp, op, bundle: false, proof: request.proof }];
  }

  /** Any request, or null, under its digest or another one's. */
  proposals(view: number): Heard[] {
    const batches = [...this.#words.batches.values(), this.#invented(), NULL_BATCH];
    const right = batches.map((batch) => this.#proved(messageTypes.prePrepare, view, batchDigest(batch), batch));
    const [first, second] = batches as [Batch, Batch];
    return [this.#proved(messageTypes.prePrepare, view, batchDigest(first), second), ...right];
  }

  /** A batch that somebody looks for; it may be another one. */
  answers(view: number): Heard[] {
    const all = [...this.#words.batches.entries()];
    return all.flatMap(([digest]) =>
      all.map(([other, batch]) =>
        this.#heard(`${this.#words.digest(other)} in answer to ${this.#words.digest(digest)}`, {
          type: messageTypes.batch,
          view,
          seq: SEQ,
          digest,
          batch,
        }),
      ),
    );
  }

  /** Requests of clients, told on; one is invented. */
  requests(view: number): Heard[] {
    const batches = [...this.#words.batches.values(), this.#invented()];
    return batches.map((batch) => this.#heard(`request ${this.#batchWords(batch)}`, { type: messageTypes.request, view, batch }));
  }

  /** Twice: the second one must not count. */
  votes(type: MessageType, view: number, digest: Digest): Heard[] {
    const vote = this.#proved(type, view, digest, null);
    return [vote, vote];
  }

  /** In the names of `others`. */
  forgedVotes(type: MessageType, view: number, digest: Digest, others: readonly NodeId[]): Heard[] {
    return others.map((other) => this.#proved(type, view, digest, null, other));
  }

  /** That `digest` is committed. */
  claim(digest: Digest): Heard {
    return this.#proved(messageTypes.committed, 0, digest, this.#words.batches.get(digest) ?? []);
  }

  /** Its view changes for `view`, each as a message. */
  changeMessages(view: number): Heard[] {
    return (this.changes[view] ?? []).map((change, i) => this.#changeMessage(change, `its view-change ${view} (${i})`));
  }

  /** In the names of `others`: they have prepared nothing. */
  forgedChanges(view: number, others: readonly NodeId[]): Heard[] {
    return this.#forged(view, others).map((change) => this.#changeMessage(change, `forged view-change ${view}`));
  }

  #forged(view: number, others: readonly NodeId[]): ViewChange[] {
    return others.map((other) => this.#change(other, view, [], []));
  }

  #changeMessage(change: ViewChange, words: string): Heard {
    return this.#heard(words, { type: messageTypes.viewChange, view: change.view, body: { type: 'viewChange', change } }, change.node);
  }

  /** New views with this choice (null: none), each with other view changes: any of the `honest` ones, and its own, once or twice. */
  newViews(view: number, choice: Digest | null, honest: readonly ViewChange[], others: readonly NodeId[]): Heard[] {
    const own = this.changes[view] ?? [];
    const sets = subsets(honest).flatMap((some) => [
      some,
      ...own.flatMap((lie) => [[...some, lie], ...(some.length === 1 ? [[...some, lie, lie]] : [])]),
    ]);
    const forged = [...this.#forged(view, others), own[0] as ViewChange];
    return [...sets, forged].map((set) =>
      this.#newView(
        view,
        choice,
        [...set].sort((a, b) => a.node - b.node),
      ),
    );
  }

  #newView(view: number, choice: Digest | null, viewChanges: readonly ViewChange[]): Heard {
    const chosen = choice === null ? [] : [{ seq: SEQ, digest: choice }];
    const unsigned: NewView = { view, viewChanges, start: { seq: 0, digest: NULL_DIGEST }, chosen, signature: null };
    const newView = { ...unsigned, signature: nameOf(this.id, newViewContent(unsigned), 'signature') };
    return this.#heard(this.#words.newView(newView), { type: messageTypes.newView, view, body: { type: 'newView', newView } });
  }
}
