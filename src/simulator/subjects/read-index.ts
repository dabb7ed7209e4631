/**
 * A linearizable read is answered from a state that includes everything committed before it was asked (thesis 6.4):
 * checked for the index that the ordering protocol names, so that a stale one shows although no value happens to tell.
 */
import { InvariantViolation, type NodeId, type OrderingIndication, type Request } from '../../core/index.ts';

/** A session has one request under way at a time: its newest read, and what was committed when it was first asked. */
interface Asked {
  id: number;
  committed: number;
}

export class ReadIndexes {
  /** By server, then by session. */
  readonly #asked: (Map<number, Asked> | undefined)[] = [];

  /** `committed`: the highest index that anybody has committed by now. */
  asked(server: NodeId, { mode, session, id }: Request, committed: number): void {
    if (mode !== 'linearizable') return;
    let reads = this.#asked[server];
    if (reads === undefined) {
      reads = new Map();
      this.#asked[server] = reads;
    }
    const known = reads.get(session);
    if (known === undefined) reads.set(session, { id, committed });
    // Retries are the same read: any answer to the first of them will do, however late, also across a restart.
    else if (known.id < id) {
      known.id = id;
      known.committed = committed;
    }
  }

  indicated(server: NodeId, indication: OrderingIndication): void {
    if (indication.kind !== 'readReady') return;
    const { session, id, index } = indication;
    const asked = this.#asked[server]?.get(session);
    if (asked === undefined || asked.id !== id || index >= asked.committed) return;
    throw new InvariantViolation(
      'read-index',
      `n${server} may answer read ${id} of session ${session} at index ${index}, but ${asked.committed} was committed when it was asked`,
    );
  }
}
