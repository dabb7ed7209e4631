/**
 * A linearizable read is answered from a state that includes everything committed before it was asked (thesis 6.4):
 * checked for the index that the ordering protocol names, so that a stale one shows although no value happens to tell.
 */
import { InvariantViolation, type NodeId, type OrderingIndication, type Request } from '../../../core/index.ts';

export class ReadIndexes {
  /** By session: the id of its newest read, and what was committed when it was first asked anywhere. */
  readonly #asked = new Map<number, { readonly id: number; readonly committed: number }>();

  /** `committed`: the highest index that anybody has committed by now. */
  asked({ mode, session, id }: Request, committed: number): void {
    if (mode !== 'linearizable') return;
    const known = this.#asked.get(session);
    // Retries are the same read: any answer to the first of them will do, however late, and whoever passed it on.
    if (known === undefined || known.id < id) this.#asked.set(session, { id, committed });
  }

  indicated(server: NodeId, indication: OrderingIndication): void {
    if (indication.kind !== 'readReady') return;
    const { session, id, index } = indication;
    const asked = this.#asked.get(session);
    if (asked === undefined || asked.id !== id || index >= asked.committed) return;
    throw new InvariantViolation(
      'read-index',
      `n${server} may answer read ${id} of session ${session} at index ${index}, but ${asked.committed} was committed when it was asked`,
    );
  }
}
