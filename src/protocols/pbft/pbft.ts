/**
 * Practical Byzantine Fault Tolerance (Castro, Liskov, OSDI 1999; TOCS 2002) as one deterministic `step`: this file
 * takes inputs apart, hands them to the layers below and reports beliefs. It orders and executes: replies, the table of
 * clients and the digests of checkpoints are part of the protocol.
 */
import type { Input, Node, NodeId, StateMachine, Writer } from '../../core/index.ts';
import { batchDigest } from './batch.ts';
import type { PbftConfig } from './config.ts';
import { messageTypes, type PbftMessage } from './message.ts';
import type { PbftEffects, PbftIndication } from './pbft-base.ts';
import { PbftKeys } from './pbft-keys.ts';
import type { PbftRecord } from './record.ts';
import { Service } from './service.ts';
import type { Slot } from './slot.ts';

export class Pbft extends PbftKeys implements Node<PbftMessage, PbftRecord, PbftIndication> {
  constructor(id: NodeId, peers: readonly NodeId[], config: PbftConfig, machine: StateMachine, service?: Service) {
    super(id, peers, config, service ?? new Service(machine, config.maxClients));
  }

  step(input: Input<PbftMessage, PbftRecord>, out: PbftEffects): void {
    this.out = out;
    const wentBack = input.now < this.now && input.kind !== 'start';
    this.now = input.now;
    if (wentBack) this.clockSet();
    switch (input.kind) {
      case 'message':
        this.#receive(input.from, input.message);
        break;
      case 'request':
        this.asked(input.from, input.request);
        break;
      case 'persisted':
        this.persisted(input.token);
        break;
      case 'timer':
        this.timerFired(input.timer);
        break;
      case 'signed':
        this.signed(input.token, input.signature);
        break;
      case 'verified':
        this.verified(input.token, input.valid);
        break;
      case 'start':
        this.#start(input.records);
        break;
      case 'clock':
        this.clockSet();
    }
  }

  #start(records: readonly PbftRecord[]): void {
    this.recover(records);
    this.viewBelieved();
    this.out.belief('position', this.service.position, 0);
    this.armStatus();
    this.tellKeys();
    this.resume();
    for (const { seq, digest, snapshot } of this.taken) this.takenDurable({ seq, digest, snapshot });
    for (const slot of this.slotsKnown()) this.advance(slot);
    this.execute();
  }

  #receive(from: NodeId, message: PbftMessage): void {
    const why = this.fault(from, message) ?? this.objection(from, message);
    if (why !== null) this.drop(why);
    else this.checkThenHandle(from, message);
  }

  protected handle(from: NodeId, message: PbftMessage): void {
    switch (message.type) {
      case messageTypes.prePrepare:
        return this.prePrepared(from, message);
      case messageTypes.prepare:
        return this.prepareReceived(from, message);
      case messageTypes.commit:
        return this.commitReceived(from, message);
      case messageTypes.request:
        return this.relayedBy(from, message);
      case messageTypes.checkpoint:
        return this.checkpointReceived(from, message);
      case messageTypes.committed:
        return this.claimReceived(from, message);
      case messageTypes.fetchBatch:
        return this.batchWanted(from, message);
      case messageTypes.batch:
        return this.batchReceived(message);
      case messageTypes.fetchState:
        return this.stateWanted(from, message);
    }
    this.#handleBody(from, message);
  }

  #handleBody(from: NodeId, message: PbftMessage): void {
    const { body } = message;
    switch (body?.type) {
      case 'status':
        return this.statusReceived(from, message, body);
      case 'viewChange':
        return this.viewChangeReceived(body.change);
      case 'newView':
        return this.newViewReceived(body.newView);
      case 'stable':
        return this.stableHeard(body.proof);
      case 'state':
        return this.stateReceived(body.proof, body.snapshot);
      case 'key':
        this.keyReceived({ node: body.node, number: body.number, key: body.key, proof: message.proof });
    }
  }

  // Beliefs.

  protected viewBelieved(): void {
    const { view, active, out } = this;
    const leader = active ? this.primaryOf(view) : 0;
    out.belief('epoch', view, view);
    out.belief('role', this.isPrimary ? 'leader' : 'follower', view);
    out.belief('leader', leader === 0 ? null : leader, view);
    out.indicate({ kind: 'leader', leader, epoch: view });
  }

  protected batchExecuted(): void {
    this.doublings = 0;
    this.fruitful = true;
    this.out.belief('position', this.service.position, 0);
    if (this.slotAt(this.executed) === null) this.forgetExecuted();
    this.watch();
  }

  clone(): Pbft {
    const made = this.constructor as new (
      id: NodeId,
      peers: readonly NodeId[],
      config: PbftConfig,
      machine: StateMachine,
      service: Service,
    ) => Pbft;
    const copy = new made(this.id, this.peers, this.config, this.service.machine, this.service.clone());
    copy.view = this.view;
    copy.active = this.active;
    copy.stable = this.stable;
    copy.stableSnapshot = this.stableSnapshot;
    copy.taken = this.taken;
    copy.heard = this.heard;
    copy.executed = this.executed;
    copy.lastProposed = this.lastProposed;
    copy.viewChanges = this.viewChanges.slice();
    copy.leaving = this.leaving;
    copy.newView = this.newView;
    copy.doublings = this.doublings;
    copy.lacksBatches = this.lacksBatches;
    copy.readsFrom = this.readsFrom;
    copy.now = this.now;
    copy.copySlots(this);
    copy.copyStorage(this);
    copy.copyProofs(this);
    copy.copyRequests(this);
    copy.copyAgreement(this);
    copy.copyCheckpoints(this);
    copy.copyViews(this);
    copy.copyTimers(this);
    copy.copyKeys(this);
    return copy;
  }

  encode(w: Writer): void {
    w.uint(this.view);
    w.bool(this.active);
    w.bool(this.fruitful);
    w.bool(this.hasBegun);
    w.bool(this.hasVouchedAgain);
    w.uint(this.executed);
    w.uint(this.lastProposed);
    w.uint(this.doublings);
    w.uint(this.readsFrom);
    this.service.encode(w);
    const slots = this.slotsKnown();
    w.uint(slots.length);
    for (const slot of slots) (slot as Slot).encode(w);
    this.encodeTimers(w);
    const { stable, heard, leaving, newView } = this;
    const taken = this.taken.map(({ seq, digest }) => [seq, digest]);
    const others = this.viewChanges.filter((change) => change !== null && change.view >= this.view);
    w.text(JSON.stringify([stable, heard, taken, leaving, newView, others, this.keyState(), this.writing.map(named)], asText));
    w.text(JSON.stringify([this.underWay(), this.requestsKnown(), this.vouchedKnown()]));
  }
}

const asText = (_key: string, value: unknown): unknown => (value instanceof Uint8Array ? [...value] : value);

/** A record under way, with a batch by its digest. */
const named = (record: PbftRecord): unknown =>
  record.type === 'accepted' || record.type === 'committed' ? { ...record, batch: batchDigest(record.batch) } : record;
