/**
 * Clients of a running system: each asks the generator, carries the question to its node, records both halves, paces
 * itself. After an outcome of which nothing is known it becomes a new process on a new connection.
 */
import type { Random } from '../../core/index.ts';
import type { RunningSystem, SystemClient } from '../../systems/index.ts';
import type { Completion, Generator, Operation } from '../../workloads/index.ts';
import { Deadlines } from './deadlines.ts';
import { breath, pause, within } from './pause.ts';
import type { Recorder } from './recorder.ts';

/** Beyond the client's own time-out, until we answer for it. */
const GRACE_MS = 500;
const CONNECT_MS = 2000;
/** A node that refuses is asked again after this, doubled each time. */
const BACKOFF_MS = { first: 5, most: 200 };
/** Synchronous clients (a toy in this process) would starve the timers. */
const OPERATIONS_PER_BREATH = 32;
const IDLE_MS = 5;

export interface ClientsOptions {
  readonly running: RunningSystem;
  /** The workload's kind. */
  readonly workload: string;
  readonly generator: Generator;
  readonly recorder: Recorder;
  readonly nodes: readonly string[];
  readonly clients: number;
  readonly placement: 'pinned' | 'roaming';
  readonly timeoutMs: number;
  /** Operations of all clients together. */
  readonly operations: number;
  readonly ratePerSecond: number | undefined;
  readonly chance: Random;
}

/** What a client went through, beside what the trace says. */
export interface ClientCounts {
  /** Connections that could not be made. */
  refused: number;
  acknowledged: number;
  reconnected: number;
}

export class Clients {
  readonly options: ClientsOptions;
  readonly counts: ClientCounts = { refused: 0, acknowledged: 0, reconnected: 0 };
  readonly #deadlines: Deadlines;
  readonly #all: Client[];
  #begun = 0;

  constructor(options: ClientsOptions) {
    this.options = options;
    this.#deadlines = new Deadlines(() => options.recorder.nowMs());
    this.#all = Array.from({ length: options.clients }, (_, number) => new Client(options, number, this.#deadlines, this.counts));
  }

  /** Ends when the signal says so, or the operations are used up. */
  async work(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#all.map((client) => this.#loop(client, signal)));
  }

  /** The final questions, all clients at once; reads go through every node. */
  async finish(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#all.map((client) => client.finish(this.#nodesOf(client.number), signal)));
  }

  /** Every node is somebody's: with more clients than nodes one each, else all that fall to a client. */
  #nodesOf(client: number): readonly string[] {
    const { nodes, clients } = this.options;
    return clients >= nodes.length ? [nodes[client % nodes.length] as string] : nodes.filter((_, i) => i % clients === client);
  }

  async close(): Promise<void> {
    this.#deadlines.close();
    await Promise.all(this.#all.map((client) => client.close()));
  }

  async #loop(client: Client, signal: AbortSignal): Promise<void> {
    const { generator, operations, clients, ratePerSecond, chance, recorder } = this.options;
    const paceMs = ratePerSecond === undefined ? 0 : (clients * 1000) / ratePerSecond;
    let nextMs = recorder.nowMs() + (paceMs * chance.below(1000)) / 1000;
    let sinceBreath = 0;
    while (!signal.aborted && this.#begun < operations && recorder.failure === null) {
      const waitMs = nextMs - recorder.nowMs();
      if (paceMs > 0 && waitMs > 0) await pause(waitMs, signal);
      // Who fell behind (a fault, a slow answer) does not make up for it in a burst.
      if (paceMs > 0) nextMs = Math.max(nextMs, recorder.nowMs() - paceMs) + (paceMs * (500 + chance.below(1000))) / 1000;
      if (signal.aborted || !(await client.connect(signal))) continue;
      const operation = this.#begun < operations ? generator.next(client.number) : null;
      if (operation === null) {
        await pause(IDLE_MS, signal);
        continue;
      }
      this.#begun++;
      await client.perform(operation, signal);
      if (++sinceBreath % OPERATIONS_PER_BREATH === 0) await breath();
    }
  }
}

class Client {
  readonly number: number;
  readonly #options: ClientsOptions;
  readonly #deadlines: Deadlines;
  readonly #counts: ClientCounts;
  #process: number;
  #place: number;
  #connection: SystemClient | null = null;
  #backoffMs = 0;
  #events = 0;

  constructor(options: ClientsOptions, number: number, deadlines: Deadlines, counts: ClientCounts) {
    this.number = number;
    this.#options = options;
    this.#deadlines = deadlines;
    this.#counts = counts;
    this.#process = number;
    this.#place = number % options.nodes.length;
  }

  get node(): string {
    return this.#options.nodes[this.#place] as string;
  }

  /** False where nobody listens now; waits a little then. */
  async connect(signal: AbortSignal): Promise<boolean> {
    if (this.#backoffMs > 0) await pause(this.#backoffMs, signal);
    if (this.#connection !== null) return true;
    const { running, timeoutMs, workload } = this.#options;
    const name = `client-${this.number + 1}`;
    try {
      const opening = running.client({ workload, node: this.node, name, timeoutMs });
      this.#connection = await within(opening, CONNECT_MS, () => {
        opening.then((late) => late.close()).catch(() => undefined);
        return Promise.reject(new Error('no connection in time'));
      });
      return true;
    } catch {
      this.#counts.refused++;
      this.#failed();
      return false;
    }
  }

  async perform(operation: Operation, signal: AbortSignal): Promise<Completion> {
    const { recorder, generator, clients, timeoutMs } = this.#options;
    const connection = this.#connection as SystemClient;
    recorder.invoke(this.#process, operation, this.node);
    let asked: Promise<Completion>;
    try {
      asked = connection.invoke(operation);
    } catch (error) {
      asked = Promise.reject(error);
    }
    const completion = await this.#deadlines.answer(asked, timeoutMs + GRACE_MS);
    recorder.complete(this.#process, operation.f, completion);
    generator.completed(this.number, operation, completion);
    if (completion.outcome === 'ok') this.#counts.acknowledged++;
    if (operation.f === 'poll' && completion.outcome === 'ok') this.#notified(completion);
    if (completion.outcome === 'info') {
      this.#process += clients;
      this.#counts.reconnected++;
      this.#events = 0;
      await this.disconnect();
    }
    // A fail without a code is an answer (a comparison that did not hold); with one, the node does not serve.
    if (completion.outcome === 'info' || (completion.outcome === 'fail' && completion.code !== undefined)) this.#failed();
    else this.#backoffMs = 0;
    if (signal.aborted) this.#backoffMs = 0;
    return completion;
  }

  /** Asks `last` until there is none, each read through each of `nodes`; who fails is asked again while the signal lets us. */
  async finish(nodes: readonly string[], signal: AbortSignal): Promise<void> {
    for (let operation = this.#last(signal); operation !== null; operation = this.#last(signal)) {
      const through = onlyReads(operation) ? nodes : nodes.slice(0, 1);
      for (const node of through) {
        await this.#moveTo(node);
        let done = false;
        while (!done && !signal.aborted) {
          if (!(await this.connect(signal))) {
            if (this.node !== node) await this.#moveTo(node);
            continue;
          }
          const { outcome, code } = await this.perform(operation, signal);
          done = outcome === 'ok' || (outcome === 'fail' && code === undefined) || !onlyReads(operation);
          if (!done) await this.#moveTo(node);
        }
      }
    }
  }

  async disconnect(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    // Not awaited: a connection to a node that stands still may take for ever to close.
    connection?.close().catch(() => undefined);
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    if (connection !== null) await within(connection.close(), CONNECT_MS, () => undefined).catch(() => undefined);
  }

  #last(signal: AbortSignal): Operation | null {
    return signal.aborted ? null : this.#options.generator.last(this.number);
  }

  async #moveTo(node: string): Promise<void> {
    const place = this.#options.nodes.indexOf(node);
    if (place === this.#place) return;
    await this.disconnect();
    this.#place = place;
  }

  #failed(): void {
    this.#backoffMs = Math.min(BACKOFF_MS.most, Math.max(BACKOFF_MS.first, this.#backoffMs * 2));
    if (this.#options.placement !== 'roaming' || this.#options.nodes.length === 1) return;
    this.disconnect();
    this.#place = (this.#place + 1) % this.#options.nodes.length;
  }

  #notified({ value }: Completion): void {
    if (!Array.isArray(value)) return;
    // A new connection begins anew: what it is told from then on is another subscription.
    const subscription = `client-${this.number + 1}/${this.#process}`;
    for (const item of value) this.#options.recorder.record({ type: 'event', subscription, index: this.#events++, value: item });
  }
}

/** Asking it twice changes nothing. */
function onlyReads({ f, value }: Operation): boolean {
  if (f === 'read' || f === 'get') return true;
  return f === 'txn' && Array.isArray(value) && value.every((step) => Array.isArray(step) && step[0] === 'r');
}
