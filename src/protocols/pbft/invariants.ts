/**
 * PBFT's invariants over a whole group, checked as things happen: what honest replicas have on disk is the truth that
 * their messages, certificates and executions are held against. Sees everything, changes nothing, and judges no liar.
 */
import { contentHash, equalValues, InvariantViolation, type NodeId, type Value } from '../../core/index.ts';
import { batchDigest, type Digest } from './batch.ts';
import { quorumOf, weakOf } from './config.ts';
import { messageTypes, type PbftMessage } from './message.ts';
import type { Pbft } from './pbft.ts';
import type { ExecutedIndication, PbftIndication, TransferredIndication } from './pbft-base.ts';
import type { PbftRecord } from './record.ts';
import { referenceDecision } from './reference.ts';
import { MOST_PRE_PREPARED } from './slot.ts';
import { type Known, Truth } from './truth.ts';
import { type NewView, newViewContent, type StableProof, type ViewChange, viewChangeContent } from './view-change.ts';

function fail(name: string, message: string): never {
  throw new InvariantViolation(name, message);
}

/** What was last seen of one replica, in one life. */
class Seen {
  node: Pbft | null = null;
  view = -1;
  executed = 0;
  low = 0;
  /** The newest stable checkpoint that it took for proved. */
  heard: StableProof | null = null;
  /** The message that was sent last: one object goes to all. */
  told: PbftMessage | null = null;
}

export class PbftInvariants {
  readonly #peers: readonly NodeId[];
  readonly #lies: (id: NodeId) => boolean;
  readonly #asksAll: boolean;
  readonly #quorum: number;
  readonly #weak: number;
  readonly #truth: Truth;
  /** By id. */
  readonly #seen: (Seen | undefined)[] = [];
  /** What clients asked for and is not executed, by client and timestamp. */
  readonly #asked = new Map<NodeId, Map<number, Value>>();
  /** The newest timestamp of each client in the agreed order, which is known up to `#ordered`. */
  readonly #lastOf = new Map<NodeId, number>();
  #ordered = 0;

  /** `asksAll`: clients ask all replicas, so an honest one was asked for whatever is executed. */
  constructor(peers: readonly NodeId[], lies: (id: NodeId) => boolean, asksAll: boolean) {
    this.#asksAll = asksAll;
    this.#peers = peers;
    this.#lies = lies;
    this.#quorum = quorumOf(peers.length);
    this.#weak = weakOf(peers.length);
    this.#truth = new Truth(peers);
  }

  #of(id: NodeId): Seen {
    let seen = this.#seen[id];
    if (seen === undefined) {
      seen = new Seen();
      this.#seen[id] = seen;
    }
    return seen;
  }

  /** Those whose disks say so, and all liars: these may say anything. */
  #supporters(known: Known | null): NodeId[] {
    return this.#peers.filter((id) => this.#lies(id) || known?.by.includes(id) === true || known?.beyond.includes(id) === true);
  }

  #mustHaveQuorum(name: string, known: Known | null, what: () => string): void {
    let count = 0;
    for (const id of this.#peers) if (this.#lies(id) || known?.by.includes(id) === true || known?.beyond.includes(id) === true) count++;
    if (count >= this.#quorum) return;
    const supporters = this.#supporters(known);
    fail(name, `${what()} by ${supporters.map((id) => `n${id}`).join(', ') || 'nobody'} only, ${this.#quorum} are needed`);
  }

  // Steps and lives.

  stepped(id: NodeId, node: Pbft): void {
    const seen = this.#of(id);
    if (seen.node === null) {
      seen.node = node;
      this.#remembers(id, node);
    }
    if (node.view < seen.view) fail('view-monotonic', `n${id} went from view ${seen.view} back to ${node.view}`);
    if (node.view !== seen.view || !node.active) this.#follows(id, node, seen.view);
    seen.view = node.view;
    if (node.low < seen.low) fail('stable-monotonic', `n${id} went from stable checkpoint ${seen.low} back to ${node.low}`);
    seen.low = node.low;
    if (node.executed < node.low)
      fail('stable-is-held', `n${id} has executed ${node.executed} numbers, and its stable checkpoint is ${node.low}`);
    const heard = node.heardStable;
    if (heard !== seen.heard) {
      seen.heard = heard;
      this.#mustBeStable(`n${id} believes that checkpoint ${heard.seq} is stable`, heard);
    }
  }

  /**
   * A replica follows f + 1 others, and no fewer, to the view that f + 1 have come to at least (TOCS 2002, 4.5.2). One
   * step ahead it may go by itself: its time-out is over.
   */
  #follows(id: NodeId, node: Pbft, before: number): void {
    const { view, active } = node;
    const others = node
      .changesKnown()
      .filter((change) => change.node !== id)
      .map((change) => change.view);
    const ahead = others.filter((other) => other > view);
    if (ahead.length >= this.#weak) fail('follows-others', `n${id} stays in view ${view} although ${ahead.length} others have left it`);
    if (active || before < 0 || view <= before + 1) return;
    const right = others.sort((a, b) => b - a)[this.#weak - 1] ?? 0;
    if (view !== right) fail('follows-weak-quorum', `n${id} goes from view ${before} to ${view}, f + 1 others have come to view ${right}`);
  }

  /** A new life begins with all that was durable in the one before (OSDI 1999, 4: what was told is not taken back). */
  #remembers(id: NodeId, node: Pbft): void {
    const view = this.#truth.viewOf(id);
    if (node.view < view) fail('view-remembered', `n${id} starts in view ${node.view}, its disk knows of view ${view}`);
    for (const { seq, view: at, digest } of this.#truth.preparedBy(id, node.low)) {
      const prepared = node.slotAt(seq)?.prepared ?? null;
      if (prepared === null || prepared.view < at)
        fail('prepared-remembered', `n${id} has forgotten that ${digest.slice(0, 6)} was prepared at ${seq} in view ${at}`);
    }
    for (const { seq, view: at, digest } of this.#truth.acceptedBy(id, node.low, node.low + node.config.window)) {
      const known = node.slotAt(seq)?.prePrepared.some((one) => one.view >= at) ?? false;
      if (!known) fail('accepted-remembered', `n${id} has forgotten that it accepted ${digest.slice(0, 6)} at ${seq} in view ${at}`);
    }
  }

  restarted(id: NodeId): void {
    this.#seen[id] = undefined;
  }

  // Disks.

  written(id: NodeId, record: PbftRecord): void {
    const truth = this.#truth;
    switch (record.type) {
      case 'accepted':
        return this.#accepted(id, record);
      case 'prepared':
        return this.#prepared(id, record.view, record.seq, record.digest);
      case 'taken':
        return this.#taken(id, record.checkpoint.seq, record.checkpoint.digest);
      case 'viewChange':
        return truth.leaves(id, record.change);
      case 'newView':
        return this.#newView(id, record.newView);
      case 'stable':
        this.#mustBeStable(`n${id} takes checkpoint ${record.proof.seq} for stable`, record.proof);
        // It may be the state of another that it holds from now on.
        this.#taken(id, record.proof.seq, record.proof.digest);
        truth.stable(id, record.proof.seq);
        truth.settles(id, record.view);
    }
  }

  #accepted(id: NodeId, { view, seq, digest, batch }: Extract<PbftRecord, { readonly type: 'accepted' }>): void {
    if (seq <= this.#truth.floor) return;
    const node = this.#seen[id]?.node;
    if (node !== undefined && node !== null && seq > node.low + node.config.window)
      fail('inside-window', `n${id} accepted number ${seq}, its window ends at ${node.low + node.config.window}`);
    if (batchDigest(batch) !== digest) fail('digest-of-batch', `n${id} accepted at ${seq} a batch under the digest of another`);
    const other = this.#truth.acceptedIn(id, view, seq);
    if (other !== null && other !== digest)
      fail('one-proposal', `n${id} accepted ${other.slice(0, 6)} and ${digest.slice(0, 6)} at ${seq} in view ${view}`);
    const primary = this.#peers[view % this.#peers.length] as NodeId;
    const vouched =
      this.#truth.acceptedIn(primary, view, seq) === digest || this.#truth.accepted(view, seq, digest)?.beyond.includes(primary);
    if (!this.#lies(primary) && vouched !== true && id !== primary)
      fail(
        'proposed-by-primary',
        `n${id} accepted ${digest.slice(0, 6) || 'null'} at ${seq} in view ${view}, which n${primary} did not propose`,
      );
    this.#truth.accepts(id, view, seq, digest);
  }

  /** The heart of the protocol: no two batches are prepared at one number in one view (OSDI 1999, 4.2). */
  #prepared(id: NodeId, view: number, seq: number, digest: Digest): void {
    if (seq <= this.#truth.floor) return;
    const what = (): string => `n${id} prepared ${digest.slice(0, 6) || 'null'} at ${seq} in view ${view}`;
    this.#mustHaveQuorum('prepared-certificate', this.#truth.accepted(view, seq, digest), () => `${what()}, accepted`);
    const other = this.#truth.preparedOther(view, seq, digest);
    if (other !== null) fail('prepared-once', `${what()}, others ${other.slice(0, 6) || 'null'}`);
    this.#truth.prepares(id, view, seq, digest);
  }

  #taken(id: NodeId, seq: number, digest: Digest): void {
    const other = this.#truth.takenOther(seq, digest);
    if (other !== null) fail('checkpoint-agreed', `n${id} has another state than n${other} after ${seq}`);
    this.#truth.takes(id, seq, digest);
  }

  /** Stable is what a quorum holds on disk (OSDI 1999, 4.3). */
  #mustBeStable(what: string, { seq, digest, signatures }: StableProof): void {
    if (seq === 0) return;
    const taken = this.#truth.taken(seq, digest);
    this.#mustHaveQuorum('stable-certificate', taken, () => `${what}, held`);
    for (const { node } of signatures) {
      if (!this.#lies(node) && taken?.by.includes(node) !== true)
        fail('stable-proof', `${what} by a signature of n${node}, which has not taken it`);
    }
  }

  #newView(id: NodeId, newView: NewView): void {
    const { view, viewChanges, start, chosen } = newView;
    const quorum = this.#quorum;
    if (new Set(viewChanges.map(({ node }) => node)).size < quorum)
      fail('new-view-quorum', `n${id} enters view ${view} with ${viewChanges.length} view changes, ${quorum} are needed`);
    for (const change of viewChanges) if (!this.#lies(change.node)) this.#mustBeTold(id, change);
    const right = referenceDecision(viewChanges, quorum, this.#weak);
    const wrong =
      right === null ||
      right.start !== start.seq ||
      right.allowed.length !== chosen.length ||
      right.allowed.some((digests, i) => chosen[i]?.seq !== start.seq + 1 + i || !digests.has(chosen[i].digest));
    if (wrong) fail('new-view-choice', `n${id} enters view ${view} with a choice that its view changes do not allow (TOCS 2002, figure 4)`);
    this.#truth.enters(id, view);
  }

  /** What stands in a new view in an honest replica's name is what that replica has said. */
  #mustBeTold(id: NodeId, change: ViewChange): void {
    const { node, view } = change;
    const told = this.#truth.leaving(node, view);
    if (told === null || !equalValues(viewChangeContent(told), viewChangeContent(change)))
      fail('new-view-proof', `n${id} enters view ${view} with a view change of n${node} that n${node} never made`);
  }

  // Messages.

  sent(from: NodeId, message: PbftMessage): void {
    const seen = this.#of(from);
    if (seen.told === message) return;
    seen.told = message;
    const { type, view, seq, digest, body } = message;
    const truth = this.#truth;
    switch (type) {
      case messageTypes.prePrepare:
      case messageTypes.prepare:
        if (truth.acceptedIn(from, view, seq) !== digest && seq > truth.stableOf(from))
          fail('accepted-before-told', `n${from} tells that it accepted ${digest.slice(0, 6)} at ${seq}, its disk does not know`);
        return this.#mustBeIn(from, view);
      case messageTypes.commit:
        if (truth.prepared(view, seq, digest)?.by.includes(from) !== true && seq > truth.stableOf(from))
          fail('prepared-before-told', `n${from} tells that ${digest.slice(0, 6)} is prepared at ${seq}, its disk does not know`);
        return this.#mustBeIn(from, view);
      case messageTypes.checkpoint:
        if (truth.taken(seq, digest)?.by.includes(from) !== true)
          fail('taken-before-told', `n${from} vouches for a state after ${seq} that its disk does not have`);
        return;
    }
    if (body?.type === 'viewChange') this.#viewChangeTold(from, body.change);
    else if (body?.type === 'newView') this.#newViewTold(from, body.newView);
  }

  /** A view has one beginning: its primary tells nobody another one. */
  #newViewTold(from: NodeId, newView: NewView): void {
    const truth = this.#truth;
    const { view } = newView;
    const first = this.#peers[view % this.#peers.length] === from ? truth.beginning(newView) : newView;
    if (first !== newView && !equalValues(newViewContent(first), newViewContent(newView)))
      fail('one-new-view', `n${from} begins view ${view} twice, and differently`);
    const seen = this.#of(from);
    truth.begins(from, newView, (seen.node?.low ?? 0) + (seen.node?.config.window ?? 0));
  }

  /** Who has left a view says nothing more in it (OSDI 1999, 4.4). */
  #mustBeIn(from: NodeId, view: number): void {
    if (this.#truth.leftFor(from) > view) fail('view-left', `n${from} votes in view ${view}, which it has left`);
  }

  /** P and Q hold all that is on disk: a view change that forgets something may undo what is committed (TOCS 2002, 4.5.1). */
  #viewChangeTold(from: NodeId, { view, stable, prepared, prePrepared }: ViewChange): void {
    if (this.#truth.leaving(from, view) === null)
      fail('left-before-told', `n${from} tells that it left for view ${view}, its disk does not know`);
    for (const known of this.#truth.preparedBy(from, stable.seq)) {
      if (known.view >= view || prepared.some(({ seq, view: at }) => seq === known.seq && at >= known.view)) continue;
      fail(
        'view-change-complete',
        `n${from} leaves for view ${view} and does not say what was prepared at ${known.seq} in view ${known.view}`,
      );
    }
    // A primary may begin a view with numbers that it has no room for yet.
    const upTo = stable.seq + (this.#of(from).node?.config.window ?? 0);
    for (const known of this.#truth.acceptedBy(from, stable.seq, upTo)) {
      if (
        known.view >= view ||
        // As many as are told, and all later.
        prePrepared.filter(({ seq, view: at }) => seq === known.seq && at > known.view).length >= MOST_PRE_PREPARED ||
        prePrepared.some(({ seq, digest, view: at }) => seq === known.seq && digest === known.digest && at >= known.view)
      )
        continue;
      fail(
        'view-change-complete',
        `n${from} leaves for view ${view} and does not say what it accepted at ${known.seq} in view ${known.view}`,
      );
    }
  }

  // Requests and executions.

  asked(client: NodeId, timestamp: number, op: Value): void {
    let asked = this.#asked.get(client);
    if (asked === undefined) {
      asked = new Map();
      this.#asked.set(client, asked);
    }
    if (timestamp > (this.#lastOf.get(client) ?? 0) && asked.get(timestamp) !== op) asked.set(timestamp, op);
  }

  indicated(id: NodeId, indication: PbftIndication): void {
    if (indication.kind === 'apply') this.#executed(id, indication as ExecutedIndication);
    else if (indication.kind === 'restore') this.#restored(id, indication as TransferredIndication);
  }

  #executed(id: NodeId, { seq, digest, first, commands }: ExecutedIndication): void {
    const seen = this.#of(id);
    if (seq !== seen.executed + 1) fail('executes-in-order', `n${id} executed number ${seq} after ${seen.executed}`);
    seen.executed = seq;
    const other = this.#truth.executes(seq, digest);
    if (other !== digest) fail('committed-agreed', `n${id} executed ${digest.slice(0, 6)} at ${seq}, others ${other.slice(0, 6)}`);
    this.#mustHaveQuorum(
      'committed-certificate',
      this.#truth.bestPrepared(seq, digest, this.#lies),
      () => `n${id} executed number ${seq}, prepared`,
    );
    for (let i = 0; i < commands.length; i++) {
      const command = commands[i] ?? null;
      if (first + i <= this.#ordered) continue;
      this.#ordered = first + i;
      if (command !== null) this.#mustBeAsked(id, command.session, command.id, command.op);
    }
  }

  /** Each thing that is executed was asked for by its client, and is executed once (OSDI 1999, 4.1). */
  #mustBeAsked(id: NodeId, client: NodeId, timestamp: number, op: Value): void {
    const last = this.#lastOf.get(client) ?? 0;
    if (timestamp <= last) fail('exactly-once', `n${id} executed request ${timestamp} of client ${client} after its request ${last}`);
    this.#lastOf.set(client, timestamp);
    if (!this.#asksAll) return;
    const asked = this.#asked.get(client);
    const wanted = asked?.get(timestamp);
    if (wanted === undefined || !equalValues(wanted, op))
      fail('asked-by-client', `n${id} executed request ${timestamp} of client ${client}, which the client never made`);
    for (const old of asked?.keys() ?? []) if (old <= timestamp) asked?.delete(old);
  }

  #restored(id: NodeId, { seq, digest, snapshot, index }: TransferredIndication): void {
    const seen = this.#of(id);
    seen.executed = seq;
    if (index > this.#ordered) this.#skipTo(index, snapshot);
    this.#mustHaveQuorum('restored-certificate', this.#truth.taken(seq, digest), () => `n${id} took over a state after ${seq}, held`);
    if (contentHash(snapshot) !== digest) fail('restored-state', `n${id} took over a state after ${seq} that is not the stable one`);
  }

  /** A state that came before the order that made it was seen. */
  #skipTo(index: number, snapshot: Value): void {
    this.#ordered = index;
    const { clients } = snapshot as { readonly clients: readonly (readonly [NodeId, number])[] };
    for (const [client, timestamp] of clients) this.#lastOf.set(client, Math.max(timestamp, this.#lastOf.get(client) ?? 0));
  }
}
