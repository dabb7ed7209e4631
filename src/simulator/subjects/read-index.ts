/**
 * A linearizable read is answered from a state that includes everything committed before it was asked (thesis 6.4):
 * checked for the index that the ordering protocol names, so that a stale one shows although no value happens to tell.
 */
import { InvariantViolation, type NodeId, type OrderingIndication, type Request } from '../../core/index.ts';

const key = (session: number, id: number): string => `${session}/${id}`;

export class ReadIndexes {
  /** By server: what was committed when each open read was first asked there. */
  readonly #asked = new Map<NodeId, Map<string, number>>();

  /** `committed`: the highest index that anybody has committed by now. */
  asked(server: NodeId, { mode, session, id }: Request, committed: number): void {
    if (mode !== 'linearizable') return;
    let reads = this.#asked.get(server);
    if (reads === undefined) {
      reads = new Map();
      this.#asked.set(server, reads);
    }
    const name = key(session, id);
    // Retries are the same read: any answer to the first of them will do, however late, also across a restart.
    if (!reads.has(name)) reads.set(name, committed);
  }

  indicated(server: NodeId, indication: OrderingIndication): void {
    if (indication.kind !== 'readReady') return;
    const { session, id, index } = indication;
    const committed = this.#asked.get(server)?.get(key(session, id));
    if (committed === undefined || index >= committed) return;
    throw new InvariantViolation(
      'read-index',
      `n${server} may answer read ${id} of session ${session} at index ${index}, but ${committed} was committed when it was asked`,
    );
  }
}
