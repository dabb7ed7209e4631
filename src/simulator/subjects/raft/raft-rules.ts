/** Raft's rules of conduct together: for what a server receives, does by itself, and answers to readers. */
import type { NodeId, OrderingIndication, Request } from '../../../core/index.ts';
import { messageTypes, type Raft, type RaftMessage } from '../../../protocols/raft/index.ts';
import type { WatchedWorld } from '../../observer.ts';
import { QuorumContact } from './quorum-contact.ts';
import { RaftConduct, type RaftLimits } from './raft-conduct.ts';
import type { RaftQuorums } from './raft-quorums.ts';
import { type BeforeStep, RaftReceiverRules } from './raft-receiver-rules.ts';
import { restartedAsWritten, storedWell } from './raft-storage-rules.ts';
import { ReadRules } from './read-rules.ts';

export class RaftRules {
  readonly #receiver: RaftReceiverRules;
  readonly #conduct: RaftConduct;
  readonly #reads: ReadRules;
  readonly #contact: QuorumContact;
  /** Knows what disks have. */
  readonly #quorums: RaftQuorums;
  readonly #limits: RaftLimits;
  /** The live servers, once they have made a step. */
  readonly #nodes: (Raft | undefined)[] = [];
  /** The message of the step under way. */
  #message: RaftMessage | null = null;
  #from: NodeId = 0;

  constructor(world: WatchedWorld, quorums: RaftQuorums, limits: RaftLimits) {
    this.#quorums = quorums;
    this.#limits = limits;
    this.#receiver = new RaftReceiverRules(world);
    this.#conduct = new RaftConduct(world, this.#receiver, limits);
    this.#reads = new ReadRules(world);
    this.#contact = new QuorumContact(world);
  }

  received(from: NodeId, message: RaftMessage): void {
    this.#message = message;
    this.#from = from;
    this.#receiver.received(from);
  }

  /** A server made a step; `changed`: something of what it was before is different. */
  stepped(node: Raft, before: BeforeStep, changed: boolean): void {
    const alone = this.#message === null;
    if (!alone) this.#received(node, before);
    else if (node.role === 'leader') this.#contact.passed(node);
    this.#conduct.passed(node);
    if (!changed) return;
    const disk = this.#quorums.disk(node.id);
    if (this.#nodes[node.id] === undefined) restartedAsWritten(node, disk);
    else storedWell(node, before, disk, this.#limits);
    this.#nodes[node.id] = node;
    this.#conduct.stepped(node, before, alone);
    this.#contact.changed(node, before, alone);
    if (node.role === 'leader' && before.role !== 'leader') this.#reads.elected(node);
  }

  #received(node: Raft, before: BeforeStep): void {
    const m = this.#message;
    const from = this.#from;
    this.#message = null;
    if (m === null) return;
    this.#receiver.stepped(node, before, from, m);
    if (node.role !== 'leader' || m.term !== node.term) return;
    const { type } = m;
    if (type === messageTypes.appResp || type === messageTypes.heartbeatResp) this.#contact.answered(node, from);
    if (type === messageTypes.heartbeatResp && m.hint !== 0) this.#reads.received(node, from, m);
  }

  asked(request: Request): void {
    this.#reads.asked(request);
  }

  indicated(id: NodeId, indication: OrderingIndication): void {
    const node = this.#nodes[id];
    if (node !== undefined) this.#reads.indicated(node, indication);
  }

  sent(from: NodeId, to: NodeId, m: RaftMessage): void {
    const node = this.#nodes[from];
    this.#receiver.sent(to, m);
    if (node === undefined) return;
    this.#conduct.sent(node, to, m);
    this.#reads.sent(node, to, m);
    if (m.type === messageTypes.appResp && !m.reject) this.#acknowledges(node, to, m);
  }

  /** What a follower acknowledges to the leader of its term is what that leader has (Raft 5.3). */
  #acknowledges(node: Raft, to: NodeId, m: RaftMessage): void {
    const leader = this.#nodes[to];
    if (leader === undefined || leader.term !== m.term || node.term !== m.term || leader.role !== 'leader') return;
    this.#conduct.acknowledged(node, leader, m.index);
  }

  written(id: NodeId): void {
    this.#receiver.written(id);
  }

  clockJumped(id: NodeId): void {
    this.#receiver.clockJumped(id);
    this.#conduct.restarted(id);
    this.#contact.forget(id);
    this.#reads.clockJumped(id);
  }

  restarted(id: NodeId): void {
    this.#nodes[id] = undefined;
    this.#receiver.started(id);
    this.#conduct.restarted(id);
    this.#contact.forget(id);
  }

  diskLost(id: NodeId): void {
    this.#receiver.diskLost(id);
  }
}
