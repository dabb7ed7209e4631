/**
 * What the service keeps, as a state machine: a command is planned (what would it change?), its changes are made durable
 * by somebody else, and then they are put in place. A change is plain data: it is what the log holds, line by line.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A value under a name (null: none), or an item that goes into a queue or out of it. */
export type Change =
  | { readonly set: string; readonly to: Json }
  | { readonly push: string; readonly item: Json }
  | { readonly shift: string };
export type Entry = readonly Change[];

export interface Command {
  readonly f: string;
  readonly key?: string | null;
  readonly value?: Json;
}

/** The command is refused: it certainly changes nothing. */
export class Refused extends Error {}

/** In `steps` one after another: more than one entry is more than one moment. */
export interface Plan {
  readonly steps: readonly Entry[];
  readonly answer: Json;
}

export class State {
  readonly #values = new Map<string, Json>();
  readonly #queues = new Map<string, Json[]>();

  get(name: string): Json {
    return this.#values.get(name) ?? null;
  }

  under(prefix: string): readonly Json[] {
    return [...this.#values].flatMap(([name, value]) => (name.startsWith(prefix) && value !== null ? [value] : []));
  }

  balances(): Json {
    return Object.fromEntries([...this.#values].flatMap(([name, value]) => (name.startsWith('account/') ? [[name.slice(8), value]] : [])));
  }

  first(queue: string): Json {
    return this.#queues.get(queue)?.[0] ?? null;
  }

  /** Returns what takes it back, as far as values go: no bug takes back what happened to a queue. */
  apply(entry: Entry): () => void {
    const undo: (() => void)[] = [];
    for (const change of entry) {
      if ('set' in change) {
        const before = this.get(change.set);
        this.#values.set(change.set, change.to);
        undo.push(() => this.#values.set(change.set, before));
      } else {
        const name = 'push' in change ? change.push : change.shift;
        const queue = this.#queues.get(name) ?? [];
        this.#queues.set(name, queue);
        if ('push' in change) queue.push(change.item);
        else queue.shift();
      }
    }
    return () => {
      for (const back of undo.reverse()) back();
    };
  }
}
