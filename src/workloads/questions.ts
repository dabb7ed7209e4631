/**
 * What generators share: a stream of chance for each client (so that a client's questions do not depend on how busy the
 * others are), values that nobody else writes, and final questions asked one after another.
 */
import { Random, type Value } from '../core/index.ts';
import type { Completion, Generator, Operation, WorkloadOptions } from './workload.ts';

export const keyName = (number: number): string => `k${number}`;

export abstract class Questions implements Generator {
  readonly setup: readonly Operation[] = [];
  protected readonly options: WorkloadOptions;
  readonly #chance: readonly Random[];
  readonly #given: number[];
  readonly #final: (readonly Operation[] | null)[];
  readonly #asked: number[];

  constructor(options: WorkloadOptions, kind: string) {
    this.options = options;
    const each = Array.from({ length: options.clients }, (_, client) => client);
    this.#chance = each.map((client) => new Random(options.seed, 'workload', kind, client));
    this.#given = each.map(() => 0);
    this.#final = each.map(() => null);
    this.#asked = each.map(() => 0);
  }

  abstract next(client: number): Operation | null;

  completed(_client: number, _operation: Operation, _completion: Completion): void {}

  last(client: number): Operation | null {
    const questions = this.#final[client] ?? this.finals(client);
    this.#final[client] = questions;
    const asked = this.#asked[client] as number;
    this.#asked[client] = asked + 1;
    return questions[asked] ?? null;
  }

  /** Asked once for each client, when the run is over. */
  protected finals(_client: number): readonly Operation[] {
    return [];
  }

  protected random(client: number): Random {
    return this.#chance[client] as Random;
  }

  /** From 1 upwards, never the same for two clients. */
  protected unique(client: number): number {
    const before = this.#given[client] as number;
    this.#given[client] = before + 1;
    return 1 + client + before * this.options.clients;
  }

  protected reads(client: number): boolean {
    return this.random(client).chance(Math.round(this.options.readShare * 1_000_000));
  }
}

/** Keys that retire after some writes: what a checker has to search stays small, however long the run (Jepsen's `independent`). */
export class KeyWindow {
  readonly #live: number[];
  readonly #writes: number[];
  readonly #writesPerKey: number;
  #next: number;

  constructor(keys: number, writesPerKey: number) {
    this.#live = Array.from({ length: keys }, (_, i) => i);
    this.#writes = this.#live.map(() => 0);
    this.#writesPerKey = writesPerKey;
    this.#next = keys;
  }

  /** Keys so far: 0, 1, ... */
  get used(): number {
    return this.#next;
  }

  pick(random: Random): number {
    return random.pick(this.#live);
  }

  wrote(key: number): void {
    const place = this.#live.indexOf(key);
    if (place < 0) return;
    const writes = (this.#writes[place] as number) + 1;
    this.#writes[place] = writes;
    if (writes < this.#writesPerKey) return;
    this.#live[place] = this.#next++;
    this.#writes[place] = 0;
  }
}

/** More final reads than this of one client are spread over the clients: the end of a run should not outlast it. */
const FINAL_READS = 200;

/** The keys that `client` reads at the end: all where they are few (so that every node is asked for each), else its share. */
export function finalKeys(used: number, client: number, clients: number): readonly number[] {
  const all = Array.from({ length: used }, (_, key) => key);
  return used <= FINAL_READS ? all : all.filter((key) => key % clients === client);
}

export const read = (key: string): Operation => ({ f: 'read', key });
export const txn = (...steps: readonly (readonly [f: string, key: string, value: Value])[]): Operation => ({ f: 'txn', value: steps });
