/** What each server says it holds true now, and the invariant that no epoch has two leaders. */
import { InvariantViolation, type NodeId, type Value } from '../core/index.ts';

export class Beliefs {
  /** By id - 1. */
  readonly leads: Uint8Array;
  /** Epoch of the newest `role` or `epoch` belief. */
  readonly epoch: Float64Array;
  readonly position: Float64Array;
  /** Newest `members` belief. */
  readonly members: Value[];
  readonly roles: string[];
  /** Elections won so far. */
  elections = 0;
  /** Newest node that coordinated something, in protocols without leaders. */
  #coordinator: NodeId = 0;
  readonly #leaderOf = new Map<number, NodeId>();
  /** Whom honest servers took for the leader of an epoch, or who lied that it was. */
  readonly #takenForLeader = new Map<number, NodeId>();

  constructor(servers: number) {
    this.leads = new Uint8Array(servers);
    this.epoch = new Float64Array(servers);
    this.position = new Float64Array(servers);
    this.members = new Array<Value>(servers).fill(null);
    this.roles = new Array<string>(servers).fill('');
  }

  /** `lies`: its claims are known to it alone, and prove nothing. */
  believed(node: NodeId, kind: string, value: Value, epoch: number, lies = false): void {
    const index = node - 1;
    switch (kind) {
      case 'position':
        this.position[index] = value as number;
        return;
      case 'epoch':
        this.epoch[index] = value as number;
        return;
      case 'role':
        this.roles[index] = value as string;
        if (value === 'coordinator') this.#coordinator = node;
        this.leads[index] = value === 'leader' ? 1 : 0;
        if (value === 'leader') this.#elected(node, epoch, lies);
        return;
      case 'leader':
        if (!lies && typeof value === 'number' && !this.#leaderOf.has(epoch)) this.#takenForLeader.set(epoch, value);
        return;
      case 'decision':
        if (this.roles[index] === 'coordinator') this.#coordinator = node;
        return;
      case 'members':
        this.members[index] = value;
    }
  }

  /** Who led `epoch`, by its own word or by that of those that follow; 0: nobody is known. */
  leaderIn(epoch: number): NodeId {
    return this.#leaderOf.get(epoch) ?? this.#takenForLeader.get(epoch) ?? 0;
  }

  #elected(node: NodeId, epoch: number, lies: boolean): void {
    this.epoch[node - 1] = epoch;
    if (lies) {
      if (!this.#leaderOf.has(epoch)) this.#takenForLeader.set(epoch, node);
      return;
    }
    const other = this.#leaderOf.get(epoch);
    if (other === undefined) {
      this.#leaderOf.set(epoch, node);
      this.elections++;
    } else if (other !== node) throw new InvariantViolation('election-safety', `n${other} and n${node} both lead epoch ${epoch}`);
  }

  died(node: NodeId): void {
    const index = node - 1;
    this.leads[index] = 0;
    this.roles[index] = '';
    this.position[index] = 0;
  }

  /** Who leads with the newest epoch among those that say they lead; else who coordinated last, if it still does; 0: nobody. */
  leader(): NodeId {
    let best = 0;
    for (let i = 0; i < this.leads.length; i++) {
      if (this.leads[i] !== 0 && (best === 0 || (this.epoch[i] as number) > (this.epoch[best - 1] as number))) best = i + 1;
    }
    if (best === 0 && this.#coordinator !== 0 && this.roles[this.#coordinator - 1] === 'coordinator') return this.#coordinator;
    return best;
  }
}
