/**
 * Role, term and leader of a node as its own log tells them, in one line each. Its status cannot be asked for these:
 * there etcd 3.4 says the leader of now beside the term of the last entry that was applied, so a leader that has not
 * committed anything yet looks like a second leader of the term before.
 */
import { closeSync, openSync, readSync } from 'node:fs';

/** Read at a time; what is left is read when asked again. */
const CHUNK_BYTES = 1 << 20;
const ROLE = /"msg":"[0-9a-f]+ became (pre-candidate|candidate|follower|leader) at term (\d+)"/;
const LEADER = /"msg":"raft\.node: [0-9a-f]+ (?:elected leader|changed leader from [0-9a-f]+ to) ([0-9a-f]+) at term (\d+)"/;
const LOST = /"msg":"raft\.node: [0-9a-f]+ lost leader [0-9a-f]+ at term (\d+)"/;

export interface RaftState {
  readonly role: 'leader' | 'follower' | 'candidate' | 'pre-candidate';
  readonly term: number;
  /** A member's number, as etcd's answers write it: decimal; null where it knows none. */
  readonly leader: string | null;
}

const decimal = (hex: string): string => BigInt(`0x${hex}`).toString();

/** What `line` makes of the state; the state itself where it is about something else. */
export function afterLine(state: RaftState | null, line: string): RaftState | null {
  const became = ROLE.exec(line);
  if (became !== null) {
    const [, role, term] = became as unknown as [string, RaftState['role'], string];
    const known = role === 'follower' && state?.term === Number(term) ? state.leader : null;
    return { role, term: Number(term), leader: known };
  }
  const elected = LEADER.exec(line);
  if (elected !== null && state !== null) return { ...state, term: Number(elected[2]), leader: decimal(elected[1] as string) };
  const lost = LOST.exec(line);
  if (lost !== null && state !== null) return { ...state, term: Number(lost[1]), leader: null };
  return state;
}

/** Follows one log file, which only grows. */
export class RaftLog {
  readonly #path: string;
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #offset = 0;
  #rest = '';
  #state: RaftState | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** The state after all that was written so far; null before the first line about it, or without a file. */
  read(): RaftState | null {
    let file: number;
    try {
      file = openSync(this.#path, 'r');
    } catch {
      return this.#state;
    }
    try {
      for (let read = CHUNK_BYTES; read === CHUNK_BYTES; ) {
        read = readSync(file, this.#buffer, 0, CHUNK_BYTES, this.#offset);
        this.#offset += read;
        this.#take(this.#buffer.toString('latin1', 0, read));
      }
    } finally {
      closeSync(file);
    }
    return this.#state;
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#state = afterLine(this.#state, line);
  }
}
