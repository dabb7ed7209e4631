/** PBFT's own invariants in a simulated run, and what of PBFT was reached. */
import type { NodeId, Request, Value } from '../../../core/index.ts';
import {
  messageTypes,
  NULL_DIGEST,
  type Pbft,
  type PbftIndication,
  PbftInvariants,
  type PbftMessage,
  type PbftRecord,
} from '../../../protocols/pbft/index.ts';
import { type AnyNode, type Goal, Invariants, type Reach } from '../../subject.ts';

export const pbftGoals: readonly Goal[] = [
  { name: 'view-changed', about: 'a server began a view other than the first' },
  { name: 'batch-carried-over', about: 'a new view began with a batch that was prepared before' },
  { name: 'null-request', about: 'a new view filled a number with a null request' },
  { name: 'checkpoint-stable', about: 'a checkpoint became stable' },
  { name: 'state-transferred', about: 'a running server took over the state of another' },
  { name: 'batch-fetched', about: 'a server asked for a batch that it had by its digest alone' },
  { name: 'caught-up-by-claims', about: 'a server was told by others what they had committed' },
  { name: 'requests-batched', about: 'a batch held more than one request' },
  { name: 'key-changed', about: 'a server took the new key of another' },
  { name: 'old-key-refused', about: 'without any liar, a proof was refused: its key counted no more, or not yet' },
  { name: 'vouched-again', about: 'a stable checkpoint was signed with a newer key' },
];

export class PbftWatch extends Invariants {
  readonly #reach: Reach;
  #own: PbftInvariants | null = null;
  readonly #isOwn: boolean;
  readonly #asksAll: boolean;
  /** By id: who has made a step in this life. */
  readonly #lives: boolean[] = [];
  #peers: readonly NodeId[] | null = null;
  #keysChanged = false;
  /** By id: its stable checkpoint. */
  readonly #stable: number[] = [];

  constructor(reach: Reach, own: boolean, asksAll: boolean) {
    super();
    this.#asksAll = asksAll;
    this.#reach = reach;
    this.#isOwn = own;
  }

  /** Made when the first server makes a step: the servers are known then. */
  #invariants(): PbftInvariants | null {
    if (this.#own === null && this.#isOwn && this.#peers !== null)
      this.#own = new PbftInvariants(this.#peers, (id) => this.lies(id), this.#asksAll);
    return this.#own;
  }

  override stepped(id: NodeId, node: AnyNode): void {
    const pbft = node as unknown as Pbft;
    this.#peers ??= pbft.peers;
    this.#lives[id] = true;
    if (this.#keysChanged && pbft.dropped.has('bad-proof') && !pbft.peers.some((peer) => this.lies(peer))) this.#reach('old-key-refused');
    this.#invariants()?.stepped(id, pbft);
  }

  override written(id: NodeId, written: unknown): void {
    const record = written as PbftRecord;
    if (record.type === 'newView') {
      this.#reach('view-changed');
      if (record.newView.chosen.some(({ digest }) => digest !== NULL_DIGEST)) this.#reach('batch-carried-over');
      if (record.newView.chosen.some(({ digest }) => digest === NULL_DIGEST)) this.#reach('null-request');
    } else if (record.type === 'stable') {
      this.#reach('checkpoint-stable');
      this.#stable[id] = record.proof.seq;
    } else if (record.type === 'accepted' && record.batch.length > 1) this.#reach('requests-batched');
    this.#invariants()?.written(id, record);
  }

  override asked(_id: NodeId, { id, session, op, mode }: Request): void {
    if (mode !== 'write') return;
    const inner =
      op !== null && typeof op === 'object' && Object.hasOwn(op, 'pbft') ? ((op as { readonly pbft: Value }).pbft as Value) : op;
    this.#invariants()?.asked(session, id, inner);
  }

  override sent(from: NodeId, _to: NodeId, sent: unknown): void {
    const message = sent as PbftMessage;
    if (message.type === messageTypes.fetchBatch) this.#reach('batch-fetched');
    else if (message.type === messageTypes.committed) this.#reach('caught-up-by-claims');
    else if (this.#keysChanged && message.type === messageTypes.checkpoint && message.seq === this.#stable[from])
      this.#reach('vouched-again');
    this.#invariants()?.sent(from, message);
  }

  override indicated(id: NodeId, indication: unknown): void {
    const told = indication as PbftIndication;
    const { kind } = told;
    if (told.kind === 'key' && told.node !== id) {
      this.#keysChanged = true;
      this.#reach('key-changed');
    }
    if (kind === 'restore' && this.#lives[id] === true) this.#reach('state-transferred');
    this.#invariants()?.indicated(id, told);
  }

  override restarted(id: NodeId): void {
    this.#lives[id] = false;
    this.#invariants()?.restarted(id);
  }
}
