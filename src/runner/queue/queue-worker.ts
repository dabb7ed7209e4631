/**
 * The worker's end of the queue: takes a run, says while it works that it is at it, sends the result, and only then
 * acknowledges. Whoever dies in between leaves the run to the next worker. It runs systems that it was started with, and
 * nothing that a message names.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { JsMsg } from '@nats-io/jetstream';
import type { RunOutcome } from '../campaign/run-outcome.ts';
import { type QueueAddress, withoutSecrets } from './queue-address.ts';
import { BEAT_MS, MOST_ATTEMPTS, makeConsumer, openQueue, type Queue, RUNS, subjectsOf, token } from './queue-streams.ts';
import { packFiles } from './run-files.ts';
import { type RunOrder, readOrder } from './run-order.ts';
import { publishResult } from './run-result.ts';
import { showPresence } from './worker-presence.ts';

/** What this worker may run. */
export interface WorkerSystem {
  /** As campaigns name it, and as it is told. */
  readonly name: string;
  /** In subjects. */
  readonly token: string;
  /** SHA-256 of its module; null for a system that comes along. */
  readonly module: string | null;
}

export interface QueueWorkerOptions {
  readonly address: QueueAddress;
  readonly systems: readonly WorkerSystem[];
  /** Runs at the same time. */
  readonly slots: number;
  /** Of this lightcone. */
  readonly version: string;
  /** Host and process: shown in results. */
  readonly worker: string;
  /** One run in a process of its own; `directory`: what is there of it, null where it did not get that far. */
  readonly run: (order: RunOrder, system: WorkerSystem) => Promise<{ readonly outcome: RunOutcome; readonly directory: string | null }>;
  readonly stopped: () => boolean;
  readonly nowMs: () => number;
  readonly log: (text: string) => void;
  /** End after so long without a run, milliseconds; for ever otherwise. */
  readonly idleMs?: number;
}

const IDLE_LOOK_MS = 500;
/** The shortest wait for a message that the server allows. */
const PULL_MS = 1000;
const AGAIN_MS = 1000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const nothing = (verdict: RunOutcome['verdict'], said: string): RunOutcome => ({ verdict, said, broken: [], figures: {}, tookMs: 0 });

/** Resolves with the number of runs done, once stopped or idle for long enough. Throws LC_ENVIRONMENT where the queue cannot be used. */
export async function workAtQueue(options: QueueWorkerOptions): Promise<number> {
  const queue = await openQueue(options.address, `lightcone worker ${options.worker}`);
  const worker = new Worker(options, queue);
  const sign = () => ({
    ...{ worker: options.worker, slots: options.slots, busy: worker.busy },
    systems: options.systems.map(({ name }) => name),
  });
  const hide = showPresence(queue.connection, sign);
  try {
    for (const system of options.systems) await makeConsumer(queue.manager, system.token);
    await Promise.all(Array.from({ length: options.slots }, () => worker.work()));
    return worker.done;
  } finally {
    hide();
    await queue.connection.close();
  }
}

class Worker {
  readonly #options: QueueWorkerOptions;
  readonly #queue: Queue;
  done = 0;
  busy = 0;
  #lastMs: number;
  #reachable = true;

  constructor(options: QueueWorkerOptions, queue: Queue) {
    this.#options = options;
    this.#queue = queue;
    this.#lastMs = options.nowMs();
  }

  async work(): Promise<void> {
    while (!this.#options.stopped() && !this.#idleForLong) {
      try {
        const message = await this.#next();
        if (!this.#reachable) this.#options.log('the queue answers again');
        this.#reachable = true;
        if (message === null) await pause(IDLE_LOOK_MS);
        else await this.#handle(message);
      } catch (error) {
        if (this.#reachable) this.#options.log(`the queue does not answer: ${withoutSecrets(error, this.#options.address)}; trying again`);
        this.#reachable = false;
        await pause(AGAIN_MS);
      }
    }
  }

  get #idleForLong(): boolean {
    const { idleMs, nowMs } = this.#options;
    return idleMs !== undefined && this.busy === 0 && nowMs() - this.#lastMs > idleMs;
  }

  /** Asks only for systems that have something in the queue: waiting at an empty one would keep the others waiting. */
  async #next(): Promise<JsMsg | null> {
    const subjects = [...(await subjectsOf(this.#queue.manager, RUNS, 'lightcone.runs.>')).keys()];
    for (const system of this.#options.systems) {
      const prefix = `lightcone.runs.${token(system.token)}.`;
      if (!subjects.some((subject) => subject.startsWith(prefix)) || this.#options.stopped()) continue;
      const consumer = await this.#queue.streams.consumers.get(RUNS, token(system.token));
      const message = await consumer.next({ expires: PULL_MS });
      if (message !== null) return message;
    }
    return null;
  }

  async #handle(message: JsMsg): Promise<void> {
    const beat = setInterval(() => message.working(), BEAT_MS);
    this.busy++;
    try {
      await this.#carryOut(message);
    } finally {
      clearInterval(beat);
      this.busy--;
      this.#lastMs = this.#options.nowMs();
    }
  }

  async #carryOut(message: JsMsg): Promise<void> {
    const { log, stopped, worker } = this.#options;
    let order: RunOrder;
    try {
      order = readOrder(message.data);
    } catch (error) {
      // Nobody could ever read it, and nobody can be told: out of the queue.
      log(error instanceof Error ? error.message : String(error));
      message.term();
      return;
    }
    log(`${order.name} of ${order.campaign}: ${order.system}, ${order.scenario.name}, seed ${order.scenario.seed}`);
    const refused = this.#refusal(order, message);
    const { outcome, directory } = refused === null ? await this.#run(order) : { outcome: refused, directory: null };
    if (stopped() && outcome.verdict !== 'violation') {
      message.nak();
      // Sent, before the connection is closed.
      await this.#queue.connection.flush();
      return;
    }
    log(`${order.name} of ${order.campaign}: ${outcome.verdict}${outcome.verdict === 'pass' ? '' : `: ${outcome.said}`}`);
    await this.#send(order, { ...outcome, worker }, outcome.verdict === 'pass' || !order.keeps ? null : directory);
    await message.ackAck();
    this.done++;
  }

  #run(order: RunOrder): ReturnType<QueueWorkerOptions['run']> {
    const system = this.#systemOf(order) as WorkerSystem;
    return this.#options.run(order, system).catch((error) => ({
      outcome: nothing('environment', error instanceof Error ? error.message : String(error)),
      directory: null,
    }));
  }

  #systemOf({ system }: RunOrder): WorkerSystem | undefined {
    return this.#options.systems.find(({ name }) => name === system);
  }

  /** Why this order is answered without being run; null: it is run. */
  #refusal(order: RunOrder, { info }: JsMsg): RunOutcome | null {
    const { version, worker } = this.#options;
    const system = this.#systemOf(order);
    if (info.deliveryCount > MOST_ATTEMPTS)
      return nothing('unknown', `given up: ${info.deliveryCount - 1} workers ended in the middle of this run`);
    if (system === undefined) return nothing('environment', `${worker} was not told that it may run ${order.system} (--allow-module)`);
    if (order.lightcone !== version)
      return nothing('environment', `${worker} has lightcone ${version}, and the campaign ${order.lightcone}: use the same`);
    if (order.module !== system.module)
      return nothing('environment', `${order.system} on ${worker} is not the file that the campaign has: use the same`);
    return null;
  }

  /** Until the server has it. The run is done: only the end of the process may lose it, and then it is done again. */
  async #send(order: RunOrder, outcome: RunOutcome, directory: string | null): Promise<void> {
    const packed = packFiles(directory);
    const attempt = randomBytes(6).toString('hex');
    for (;;) {
      try {
        await publishResult(this.#queue, order, attempt, outcome, packed);
        // The campaign has it all; what was too large to be sent stays.
        if (directory !== null && packed.left.length === 0) rmSync(directory, { recursive: true, force: true });
        return;
      } catch (error) {
        this.#options.log(`the result of ${order.name} cannot be sent: ${withoutSecrets(error, this.#options.address)}; trying again`);
        if (this.#options.stopped()) throw error;
        await pause(AGAIN_MS);
      }
    }
  }
}
