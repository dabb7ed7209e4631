/**
 * A linearizable read is answered from a state that includes everything committed before it was asked (thesis 6.4):
 * checked for the index that the ordering protocol names, so that a stale one shows although no value happens to tell.
 */
import { InvariantViolation, type NodeId, type OrderingIndication, type Request } from '../../core/index.ts';

/** The newest read of a session at a server, and what was committed when it was first asked there. */
interface Asked {
  readonly id: number;
  readonly committed: number;
}

export class ReadIndexes {
  /** By server and session. A session asks one thing at a time: an answer to an older read reaches nobody any more. */
  readonly #asked: (Map<number, Asked> | undefined)[] = [];

  /** `committed`: the highest index that anybody has committed by now. */
  asked(server: NodeId, { mode, session, id }: Request, committed: number): void {
    if (mode !== 'linearizable') return;
    let reads = this.#asked[server];
    if (reads === undefined) {
      reads = new Map();
      this.#asked[server] = reads;
    }
    const newest = reads.get(session);
    // Retries are the same read: any answer to the first of them will do, however late, also across a restart.
    if (newest === undefined || newest.id < id) reads.set(session, { id, committed });
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
