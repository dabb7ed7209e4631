/** All that is held against a simulated Multi-Paxos besides what any protocol must keep, and what of it was reached. */
import { InvariantViolation, type NodeId, type OrderingIndication, type Request, type Value } from '../../../core/index.ts';
import {
  type Configuration,
  entryKinds,
  messageTypes,
  type Paxos,
  PaxosInvariants,
  type PaxosMessage,
  type PaxosRecord,
} from '../../../protocols/paxos/index.ts';
import type { Replica } from '../../../protocols/replication/index.ts';
import { type AnyNode, Invariants, type Reach, type Settings } from '../../subject.ts';
import { ReadIndexes } from '../raft/read-index.ts';
import { PaxosConduct } from './paxos-conduct.ts';
import { PaxosReadRules } from './paxos-reads-rules.ts';
import { paxosSettings } from './paxos-settings.ts';

/** The checks, and the servers that they look at. */
interface Checks {
  readonly paxos: PaxosInvariants;
  readonly conduct: PaxosConduct;
  readonly reads: ReadIndexes;
  readonly rules: PaxosReadRules;
}

export class WatchedPaxos extends Invariants {
  readonly #reach: Reach;
  readonly #checks: Checks | null;
  readonly #nodes: (Paxos | undefined)[] = [];

  constructor(reach: Reach, settings: Settings, own: boolean) {
    super();
    this.#reach = reach;
    const conduct = new PaxosConduct(paxosSettings(settings));
    this.#checks = own ? { paxos: new PaxosInvariants(), conduct, reads: new ReadIndexes(), rules: new PaxosReadRules() } : null;
  }

  override believed(_id: NodeId, kind: string, value: Value): void {
    if (kind !== 'members') return;
    const { era, phase1, phase2 } = value as unknown as Configuration;
    if (era > 1) this.#reach('stop-sign');
    if (phase1 !== phase2) this.#reach('quorums-differ');
  }

  override stepped(id: NodeId, node: AnyNode): void {
    if (this.#checks === null) return;
    const paxos = (node as unknown as Replica<PaxosMessage, PaxosRecord>).ordering as Paxos;
    const { conduct, paxos: own } = this.#checks;
    if (this.#nodes[id] !== paxos) this.#nodes[id] = paxos;
    const seen = own.seen(id);
    if (seen !== undefined) conduct.stepped(paxos, seen);
    if (paxos.role === 'leader' && seen !== undefined && seen.role !== 'leader') this.#elected(paxos);
    own.stepped(paxos);
    if (paxos.writesInFlight > paxos.config.maxInflightPersists)
      throw new InvariantViolation('writes-in-flight', `n${id} has ${paxos.writesInFlight} writes under way`);
  }

  #elected({ slots, start, recovered }: Paxos): void {
    for (let slot = start; slot <= recovered; slot++) {
      const entry = slots.at(slot);
      if (entry !== null) this.#reach(entry.kind === entryKinds.noop ? 'gap-filled' : 'value-recovered');
    }
  }

  override written(id: NodeId, record: unknown): void {
    this.#checks?.paxos.written(id, record as PaxosRecord);
  }

  override asked(id: NodeId, request: Request): void {
    if (this.#checks === null) return;
    const { conduct, reads, rules, paxos } = this.#checks;
    conduct.asked(id);
    reads.asked(request, paxos.committed);
    rules.asked(request);
  }

  override received(id: NodeId, from: NodeId, message: unknown): void {
    if (this.#checks === null) return;
    const m = message as PaxosMessage;
    const node = this.#nodes[id];
    if (node !== undefined) this.#checks.conduct.received(node, from, m);
    this.#checks.paxos.received(id, from, m);
  }

  override sent(from: NodeId, to: NodeId, message: unknown): void {
    const m = message as PaxosMessage;
    if (m.type === messageTypes.takeOver) this.#reach('leadership-transferred');
    else if (m.type === messageTypes.nack) this.#reach('ballot-refused');
    if (this.#checks === null) return;
    this.#checks.paxos.sent(from, m);
    const node = this.#nodes[from];
    if (node === undefined) return;
    this.#checks.conduct.sent(node, to, m);
    this.#checks.rules.sent(node, to, m);
  }

  override indicated(id: NodeId, indication: unknown): void {
    if (this.#checks === null) return;
    this.#checks.reads.indicated(id, indication as OrderingIndication);
    const node = this.#nodes[id];
    if (node !== undefined) this.#checks.rules.indicated(node, indication as OrderingIndication);
  }

  override restarted(id: NodeId): void {
    this.#nodes[id] = undefined;
    this.#checks?.paxos.restarted(id);
    this.#checks?.conduct.forget(id);
  }
}
