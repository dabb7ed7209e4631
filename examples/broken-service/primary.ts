/**
 * The primary: one command after another is planned, replicated until a majority has it on disk, made durable here, and
 * only then put in place and acknowledged. Whoever has no majority within a while takes the command back: what is not in the
 * primary's own log did not happen. There is no election: the primary is the primary.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bug } from './bugs.ts';
import { onlyReads, plan, plannedEarly } from './commands.ts';
import type { DurableLog } from './durable-log.ts';
import { type Command, type Entry, type Json, type Plan, Refused, State } from './state.ts';

const MAJORITY_MS = 400;
const RETRY_MS = 50;
const BUFFERED = 50;

/** A follower as the primary sees it: how much it has, and a loop that brings it the rest. */
class Follower {
  readonly #send: (from: number, entries: readonly Entry[]) => Promise<number>;
  #has = 0;
  /** Grows when the log's end is taken back: what was sent before that counts no more. */
  #era = 0;

  constructor(send: (from: number, entries: readonly Entry[]) => Promise<number>) {
    this.#send = send;
  }

  has(length: number): boolean {
    return this.#has >= length;
  }

  takenBack(length: number): void {
    this.#era++;
    this.#has = Math.min(this.#has, length);
  }

  async keepUp(after: (length: number) => readonly Entry[], changed: () => Promise<void>, told: () => void): Promise<never> {
    for (;;) {
      const missing = after(this.#has);
      if (missing.length === 0) {
        await changed();
        continue;
      }
      const era = this.#era;
      try {
        const has = await this.#send(this.#has, missing);
        if (era === this.#era) this.#has = has;
        told();
      } catch {
        await sleep(RETRY_MS);
      }
    }
  }
}

export class Primary {
  readonly #state = new State();
  readonly #log: DurableLog;
  readonly #bug: Bug | null;
  readonly #followers: readonly Follower[];
  /** What is being replicated and not in the log yet. */
  #tentative: readonly Entry[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #wake: (() => void)[] = [];
  #told: (() => void)[] = [];

  constructor(log: DurableLog, peers: readonly ((from: number, entries: readonly Entry[]) => Promise<number>)[], bug: Bug | null) {
    this.#log = log;
    this.#bug = bug;
    this.#followers = peers.map((send) => new Follower(send));
    for (const entry of log.entries) this.#state.apply(entry);
    for (const follower of this.#followers)
      void follower.keepUp(
        (length) => this.#after(length),
        () => new Promise((resolve) => this.#wake.push(resolve)),
        () => ring(this.#told),
      );
  }

  #after(length: number): readonly Entry[] {
    const { entries } = this.#log;
    return length >= entries.length ? this.#tentative.slice(length - entries.length) : [...entries.slice(length), ...this.#tentative];
  }

  /** Throws Refused where nothing was changed. */
  execute(command: Command): Promise<Json> {
    if (onlyReads(command)) return Promise.resolve(plan(this.#state, command, this.#bug).answer);
    const early = plannedEarly(command, this.#bug) ? plan(this.#state, command, this.#bug) : null;
    const done = this.#turn.then(() => this.#carryOut(early ?? plan(this.#state, command, this.#bug)));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #carryOut({ steps, answer }: Plan): Promise<Json> {
    for (const entry of steps) {
      if (this.#bug === 'ack-before-write') {
        this.#state.apply(entry);
        this.#tentative = [...this.#tentative, entry];
        if (this.#tentative.length >= BUFFERED) await this.#flush();
      } else await this.#commit(entry);
    }
    return answer;
  }

  async #flush(): Promise<void> {
    const buffered = this.#tentative;
    this.#tentative = [];
    await this.#log.append(buffered);
    ring(this.#wake);
  }

  async #commit(entry: Entry): Promise<void> {
    const takeBack = this.#bug === 'dirty-read' ? this.#state.apply(entry) : null;
    this.#tentative = [entry];
    if (!(await this.#majorityHas(this.#log.length + 1))) {
      this.#tentative = [];
      for (const follower of this.#followers) follower.takenBack(this.#log.length);
      takeBack?.();
      throw new Refused('NO_MAJORITY');
    }
    this.#tentative = [];
    await this.#log.append([entry]);
    if (takeBack === null) this.#state.apply(entry);
  }

  async #majorityHas(length: number): Promise<boolean> {
    ring(this.#wake);
    const others = Math.floor((this.#followers.length + 1) / 2);
    const late = sleep(MAJORITY_MS, 'late' as const);
    while (this.#followers.filter((follower) => follower.has(length)).length < others) {
      const heard = new Promise<void>((resolve) => this.#told.push(resolve));
      if ((await Promise.race([heard, late])) === 'late') return false;
    }
    return true;
  }
}

/** Everybody who waits goes on. */
function ring(waiting: (() => void)[]): void {
  for (const go of waiting.splice(0)) go();
}
