/** Paxos's own invariants, and what of Paxos was reached. */
import type { NodeId, Value } from '../../../core/index.ts';
import type { WatchedWorld } from '../../observer.ts';
import { Invariants, type Reach } from '../../subject.ts';

export class WatchedPaxos extends Invariants {
  constructor(_reach: Reach, _world: WatchedWorld, _own: boolean) {
    super();
  }
  override believed(_id: NodeId, _kind: string, _value: Value): void {}
}
