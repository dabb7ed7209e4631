/**
 * Exactly-once sessions (Ongaro, thesis 6.3): the table of what each session asked last and was answered. It is part
 * of the replicated state and changes only by applied commands, so that all replicas drop the same duplicates. A
 * session has one request under way at a time; its ids increase.
 */
import type { Value, Writer } from '../../core/index.ts';

interface Session {
  /** Id of its newest applied command. */
  lastId: number;
  /** Position of that command: the session's age when one has to go. */
  lastIndex: number;
  answer: Value;
}

/** `fresh`: apply it. `duplicate`: answer as before. `late`: a newer one was applied already. `unknown`: no such session (any more). */
export type Standing = 'fresh' | 'duplicate' | 'late' | 'unknown';

export class Sessions {
  /** At most this many; the one that was idle longest (in positions) goes first, on all replicas alike. */
  readonly limit: number;
  #sessions = new Map<number, Session>();

  constructor(limit: number) {
    this.limit = limit;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** A new session, named by the position of the command that opened it. */
  open(index: number): number {
    if (this.#sessions.size >= this.limit) this.#evict();
    this.#sessions.set(index, { lastId: 0, lastIndex: index, answer: null });
    return index;
  }

  standing(session: number, id: number): Standing {
    const known = this.#sessions.get(session);
    if (known === undefined) return 'unknown';
    if (id > known.lastId) return 'fresh';
    return id === known.lastId ? 'duplicate' : 'late';
  }

  /** The answer to the session's newest command, and where it was applied. */
  answer(session: number): { readonly value: Value; readonly index: number } {
    const known = this.#sessions.get(session);
    return { value: known?.answer ?? null, index: known?.lastIndex ?? 0 };
  }

  record(session: number, id: number, index: number, answer: Value): void {
    const known = this.#sessions.get(session);
    if (known === undefined) return;
    known.lastId = id;
    known.lastIndex = index;
    known.answer = answer;
  }

  #evict(): void {
    let oldest = 0;
    let oldestIndex = Number.POSITIVE_INFINITY;
    for (const [id, session] of this.#sessions) {
      if (session.lastIndex < oldestIndex) {
        oldest = id;
        oldestIndex = session.lastIndex;
      }
    }
    this.#sessions.delete(oldest);
  }

  /** `[[session, lastId, lastIndex, answer], ...]`, ascending, as they were opened. */
  snapshot(): Value {
    const list: Value[] = [];
    for (const [id, session] of this.#sessions) list.push([id, session.lastId, session.lastIndex, session.answer]);
    return list;
  }

  restore(snapshot: Value): void {
    this.#sessions = new Map(
      (snapshot as unknown as readonly (readonly [number, number, number, Value])[]).map(([id, lastId, lastIndex, answer]) => [
        id,
        { lastId, lastIndex, answer },
      ]),
    );
  }

  clone(): Sessions {
    const copy = new Sessions(this.limit);
    for (const [id, session] of this.#sessions) copy.#sessions.set(id, { ...session });
    return copy;
  }

  encode(w: Writer): void {
    w.value(this.snapshot());
  }
}
