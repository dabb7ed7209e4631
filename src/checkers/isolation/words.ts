/** Transactions and cycles in words: what each did, and why one comes before the next. */
import type { Value } from '../../core/index.ts';
import { INFO } from '../../trace/index.ts';
import { showValue, Teller } from '../story.ts';
import type { Step } from './cycles.ts';
import { PROCESS, REALTIME, RW, WR, WW } from './graph.ts';
import { READ, type Transactions } from './transactions.ts';

const SHOWN_MAX = 8;

export class TransactionTeller {
  readonly #transactions: Transactions;
  readonly #teller: Teller;

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
    this.#teller = new Teller(transactions.history, transactions.timed);
  }

  /** `T3`: the transaction of row 3. */
  name(t: number): string {
    return `T${this.#transactions.row[t]}`;
  }

  key(key: number): string {
    const value = this.#transactions.keys[key] as Value;
    return typeof value === 'string' ? value : showValue(value);
  }

  /** `read x=[1,2]`, `appended 3 to x`. */
  micro(i: number): string {
    const { kind, key, value } = this.#transactions;
    const name = this.key(key[i] as number);
    const item = value[i];
    if (kind[i] === READ) return item === undefined ? `read ${name}` : `read ${name}=${showValue(item)}`;
    return kind[i] === 1 ? `appended ${showValue(item as Value)} to ${name}` : `wrote ${name}=${showValue(item as Value)}`;
  }

  /** One line: the whole transaction. */
  line(t: number): string {
    const { from, history, row } = this.#transactions;
    const at = row[t] as number;
    const [first, end] = [from[t] as number, from[t + 1] as number];
    const all = Array.from({ length: Math.min(SHOWN_MAX, end - first) }, (_, i) => this.micro(first + i));
    if (end - first > SHOWN_MAX) all.push(`${end - first - SHOWN_MAX} more`);
    const until = history.status[at] === INFO ? 'outcome unknown' : `to ${this.#teller.end(at)}`;
    return `${this.name(t)} (${this.#teller.process(at)}, from ${this.#teller.begin(at)} ${until}) ${all.join(', ')}`;
  }

  #find(t: number, fits: (i: number) => boolean, last = false): number {
    const { from } = this.#transactions;
    let found = -1;
    for (let i = from[t] as number; i < (from[t + 1] as number); i++) {
      if (!fits(i)) continue;
      found = i;
      if (!last) break;
    }
    return found;
  }

  #write(t: number, key: number, last: boolean): string {
    const { kind } = this.#transactions;
    const i = this.#find(t, (at) => kind[at] !== READ && this.#transactions.key[at] === key, last);
    return i < 0 ? `wrote ${this.key(key)}` : this.micro(i);
  }

  #read(t: number, key: number): string {
    const { kind, value } = this.#transactions;
    const i = this.#find(t, (at) => kind[at] === READ && this.#transactions.key[at] === key && value[at] !== undefined);
    return i < 0 ? `read ${this.key(key)}` : this.micro(i);
  }

  /** Why `from` comes before `to`. */
  step({ from, to, kind, key }: Step): string {
    const { row } = this.#transactions;
    const [one, other] = [this.name(from), this.name(to)];
    switch (kind) {
      case WW:
        return `${one} ${this.#write(from, key, true)} before ${other} ${this.#write(to, key, false)}`;
      case WR:
        return `${other} ${this.#read(to, key)}, which ${one} ${this.#write(from, key, true)}`;
      case RW:
        return `${one} ${this.#read(from, key)}, without what ${other} ${this.#write(to, key, false)}`;
      case PROCESS:
        return `${one} came before ${other} in ${this.#teller.process(row[from] as number)}`;
      case REALTIME:
        return `${one} had completed (${this.#teller.end(row[from] as number)}) before ${other} began (${this.#teller.begin(row[to] as number)})`;
    }
    return `${one} comes before ${other}`;
  }

  /** The whole ring in one sentence. */
  cycle(steps: readonly Step[]): string {
    const told = steps.slice(0, SHOWN_MAX).map((step) => this.step(step));
    if (steps.length > SHOWN_MAX) told.push(`and ${steps.length - SHOWN_MAX} more steps`);
    const [first] = steps as readonly [Step, ...Step[]];
    return `${told.join('; ')}; so ${this.name(first.from)} would come before itself`;
  }
}
