/**
 * Multi-Paxos (Lamport, "Paxos made simple", 2001; Omni-Paxos, 2023) as one deterministic `step`: this file takes inputs
 * apart, hands them to the layers below, applies what is chosen, and reports beliefs. It makes no values: a Replica above
 * takes the `apply`, `restore` and `readReady` indications.
 */
import type { Command, Input, Node, NodeId, OrderingIndication, Writer } from '../../core/index.ts';
import type { PaxosConfig } from './config.ts';
import { type Configuration, configurationValue } from './configuration.ts';
import { type Entry, entriesSchema, entryKinds, messageTypes, type PaxosMessage } from './message.ts';
import type { PaxosEffects, Role } from './paxos-base.ts';
import { encodeAsker } from './paxos-reconfiguration.ts';
import { PaxosRequests } from './paxos-requests.ts';
import { problemOf } from './plausible.ts';
import type { PaxosRecord } from './record.ts';

const roleNumbers: Record<Role, number> = { follower: 0, candidate: 1, leader: 2 };

export class Paxos extends PaxosRequests implements Node<PaxosMessage, PaxosRecord, OrderingIndication> {
  #reportedRole = '';
  #reportedEpoch = -1;
  #reportedLeader = 0;
  #reportedLeaderEpoch = 0;
  #reportedApplied = -1;
  #reportedConfiguration: Configuration | null = null;

  step(input: Input<PaxosMessage, PaxosRecord>, out: PaxosEffects): void {
    this.out = out;
    const wentBack = input.now < this.now && input.kind !== 'start';
    this.now = input.now;
    if (wentBack) this.armTimers();
    switch (input.kind) {
      case 'message':
        this.receive(input.from, input.message);
        break;
      case 'request':
        this.request(input.from, input.request);
        break;
      case 'persisted':
        this.persisted(input.token);
        break;
      case 'timer':
        this.timerFired(input.timer);
        break;
      case 'start':
        this.#start(input.records);
        break;
      case 'clock':
        this.armTimers();
        break;
      default:
        return;
    }
    this.settle();
  }

  /** After each input: apply what is chosen, write, send what may be sent. */
  protected settle(): void {
    this.advance();
    this.flush();
    this.#report();
  }

  #start(records: readonly PaxosRecord[]): void {
    this.recover(records);
    const { snapshot } = this.slots;
    if (snapshot !== null) {
      this.configuration = snapshot.configuration;
      this.out.indicate({ kind: 'restore', index: snapshot.index, snapshot: snapshot.data });
    }
    this.configurations = [{ index: snapshot?.index ?? 0, configuration: this.configuration }];
    this.recovering = true;
    this.advance();
    this.recovering = false;
    this.promised = Math.max(this.promised, this.configuration.floor);
    this.elected = this.promised;
    // Its former life may have been the only one to know who is to be invited.
    if (!this.isMember && this.configuration.era > 1) this.inviting = [...this.configuration.members];
    this.armTimers();
    this.askForHeartbeats();
  }

  // Messages.

  protected receive(from: NodeId, m: PaxosMessage): void {
    const problem = problemOf(from, m, this.peers, this.configuration, this.slots.committed);
    if (problem !== null) return this.drop(problem);
    switch (m.type) {
      case messageTypes.learn:
        return this.handleLearn(from, m);
      case messageTypes.chosen:
        this.handleChosen(from, m);
        this.meetEra(from, m);
        return;
      case messageTypes.readIndexResp:
        return this.handleReadIndexResponse(m);
    }
    if (!this.meetEra(from, m)) return;
    switch (m.type) {
      case messageTypes.heartbeatRequest:
        return this.handleHeartbeatRequest(from, m);
      case messageTypes.heartbeat:
        return this.handleHeartbeat(from, m);
      case messageTypes.prepare:
        return this.handlePrepare(from, m);
      case messageTypes.promise:
        return this.handlePromise(from, m);
      case messageTypes.accept:
        return this.handleAccept(from, m);
      case messageTypes.accepted:
        return this.handleAccepted(from, m);
      case messageTypes.nack:
        return this.handleNack(m);
      case messageTypes.propose:
        return this.handlePropose(m);
      case messageTypes.readIndex:
        return this.handleReadIndex(from, m);
      case messageTypes.takeOver:
        return this.handleTakeOver(m);
    }
  }

  // Applying.

  protected override advance(): void {
    const { slots } = this;
    while (slots.applied < slots.committed) {
      const first = slots.applied + 1;
      const commands: (Command | null)[] = [];
      let last: Entry | null = null;
      while (slots.applied < slots.committed && last?.kind !== entryKinds.stopSign) {
        last = slots.entry(slots.applied + 1);
        commands.push(last.kind === entryKinds.command ? last : null);
        slots.applied++;
      }
      this.out.indicate({ kind: 'apply', first, commands });
      if (this.loggedReads.length > 0) for (let slot = first; slot <= slots.applied; slot++) this.readApplied(slots.entry(slot));
      if (last !== null && last.kind === entryKinds.stopSign) this.stopSignApplied(last);
    }
  }

  // Beliefs.

  #report(): void {
    const { out, leader, configuration } = this;
    const epoch = Math.max(this.promised, this.elected);
    if (epoch !== this.#reportedEpoch) {
      this.#reportedEpoch = epoch;
      out.belief('epoch', epoch, epoch);
    }
    const role = this.isMember ? this.role : 'learner';
    const standing = role === 'leader' ? `leader ${this.ballot}` : role;
    if (standing !== this.#reportedRole) {
      this.#reportedRole = standing;
      out.belief('role', role, role === 'follower' || role === 'learner' ? epoch : this.ballot);
    }
    if (leader !== this.#reportedLeader || (leader !== 0 && this.elected !== this.#reportedLeaderEpoch)) {
      this.#reportedLeader = leader;
      this.#reportedLeaderEpoch = this.elected;
      out.belief('leader', leader === 0 ? null : leader, this.elected);
      out.indicate({ kind: 'leader', leader, epoch: this.elected });
      this.settleTransfer();
    }
    if (configuration !== this.#reportedConfiguration) {
      this.#reportedConfiguration = configuration;
      out.belief('members', configurationValue(configuration), 0);
    }
    if (this.slots.applied !== this.#reportedApplied) {
      this.#reportedApplied = this.slots.applied;
      out.belief('position', this.slots.applied, 0);
    }
  }

  // Copies and bytes.

  clone(): Paxos {
    const Class = this.constructor as new (id: NodeId, peers: readonly NodeId[], config: PaxosConfig) => Paxos;
    const copy = new Class(this.id, this.peers, this.config);
    copy.promised = this.promised;
    copy.elected = this.elected;
    copy.ballot = this.ballot;
    copy.role = this.role;
    copy.leader = this.leader;
    copy.slots = this.slots.clone();
    copy.configuration = this.configuration;
    copy.members = this.members.map((member) => member.clone());
    copy.start = this.start;
    copy.stopSign = this.stopSign;
    copy.recovered = this.recovered;
    copy.proposedTo = this.proposedTo;
    copy.uncommittedBytes = this.uncommittedBytes;
    copy.now = this.now;
    copy.trimFloor = this.trimFloor;
    copy.learnAsked = this.learnAsked;
    copy.promises = new Map(this.promises);
    copy.decidedFloor = this.decidedFloor;
    copy.awaitedTransfer = this.awaitedTransfer;
    copy.configurations = this.configurations.slice();
    copy.copyStorage(this);
    copy.copyReads(this);
    copy.copyElection(this);
    copy.copyReconfiguration(this);
    copy.copyTimers(this);
    copy.#reportedRole = this.#reportedRole;
    copy.#reportedEpoch = this.#reportedEpoch;
    copy.#reportedLeader = this.#reportedLeader;
    copy.#reportedLeaderEpoch = this.#reportedLeaderEpoch;
    copy.#reportedApplied = this.#reportedApplied;
    copy.#reportedConfiguration = this.#reportedConfiguration;
    return copy;
  }

  encode(w: Writer): void {
    for (const number of [this.promised, this.elected, this.ballot, this.leader, this.start, this.stopSign, this.recovered]) w.uint(number);
    w.u8(roleNumbers[this.role]);
    w.uint(this.uncommittedBytes);
    w.uint(this.proposedTo);
    w.uint(this.trimFloor);
    w.uint(this.decidedFloor);
    w.uint(this.learnAsked);
    this.slots.encode(w);
    w.uint(this.members.length);
    for (const member of this.members) member.encode(w);
    w.uint(this.promises.size);
    for (const [id, entries] of [...this.promises].sort((a, b) => a[0] - b[0])) {
      w.uint(id);
      entriesSchema.write(w, entries);
    }
    encodeAsker(w, this.awaitedTransfer);
    w.uint(this.awaitedTransfer?.to ?? 0);
    w.uint(this.awaitedTransfer?.rounds ?? 0);
    w.uint(this.configurations.length);
    for (const { index, configuration } of this.configurations) {
      w.uint(index);
      w.uint(configuration.era);
    }
    this.encodeStorage(w);
    this.encodeReads(w);
    this.encodeElection(w);
    this.encodeReconfiguration(w);
    this.encodeTimers(w);
  }
}
