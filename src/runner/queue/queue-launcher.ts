/**
 * The campaign's end of the queue: publishes runs, takes results, whoever did the work. Runs that nobody has any more (a
 * server that lost its disk) are published again; results that came while no campaign listened are taken first.
 */
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { LightconeError } from '../../core/index.ts';
import type { Launcher, RunRequest } from '../campaign/campaign.ts';
import type { RunOutcome } from '../campaign/run-outcome.ts';
import { type QueueAddress, withoutSecrets } from './queue-address.ts';
import { makeConsumer, openQueue, type Queue, RESULTS, RUNS, runSubject, subjectsOf, token, WORKERS } from './queue-streams.ts';
import type { RunOrder } from './run-order.ts';
import { type ArrivedResult, ResultCollector } from './run-result.ts';
import { PresentWorkers } from './worker-presence.ts';

export interface QueueLauncherOptions {
  readonly address: QueueAddress;
  /** What is the same in every order of this campaign. */
  readonly orders: Pick<RunOrder, 'lightcone' | 'campaign' | 'system' | 'module' | 'budget'>;
  /** The system's token in subjects. */
  readonly systemToken: string;
  /** Names of the runs that are written down already. */
  readonly done: readonly string[];
  readonly stopped: () => boolean;
  readonly nowMs: () => number;
}

/** More than any crew of workers carries out at once; more would only fill the queue. */
const MOST_ASKED = 1000;
const LOOK_MS = 200;
/** How often it is looked whether the runs that are waited for are still in the queue. */
const AUDIT_MS = 15_000;
const interrupted: RunOutcome = { verdict: 'unknown', said: 'interrupted', broken: [], figures: {}, tookMs: 0 };

interface Awaited {
  readonly file: string;
  readonly order: RunOrder;
  readonly settle: (outcome: RunOutcome) => void;
  /** It was not in the queue at the last look. */
  missing: boolean;
}

export class QueueLauncher implements Launcher {
  readonly slots = MOST_ASKED;
  readonly remote = true;
  readonly #options: QueueLauncherOptions;
  readonly #queue: Queue;
  readonly #session = randomBytes(6).toString('hex');
  readonly #awaited = new Map<string, Awaited>();
  /** Whose results were taken: another one changes nothing. */
  readonly #known: Set<string>;
  /** Results that nobody has asked for yet. */
  readonly #early = new Map<string, ArrivedResult>();
  readonly #collector = new ResultCollector();
  readonly #workers: PresentWorkers;
  readonly #timers: NodeJS.Timeout[] = [];
  #closed = false;

  private constructor(options: QueueLauncherOptions, queue: Queue) {
    this.#options = options;
    this.#known = new Set(options.done);
    this.#queue = queue;
    this.#workers = new PresentWorkers(queue.connection.subscribe(WORKERS), options.nowMs);
  }

  /** Throws LC_ENVIRONMENT where the queue cannot be reached or used. */
  static async open(options: QueueLauncherOptions): Promise<QueueLauncher> {
    const queue = await openQueue(options.address, `lightcone campaign ${options.orders.campaign}`);
    const launcher = new QueueLauncher(options, queue);
    await makeConsumer(queue.manager, options.systemToken);
    await launcher.#listen().catch(async (error) => {
      await launcher.close(false);
      const said = withoutSecrets(error, options.address);
      throw new LightconeError('LC_ENVIRONMENT', `the results of the queue at ${options.address.shown} cannot be read: ${said}`, {});
    });
    return launcher;
  }

  /** What a reader of the progress wants to know: who works, or what is waited for. */
  get workersInWords(): string {
    const able = this.#workers.able(this.#options.orders.system);
    if (able.length > 0) return `${able.length} ${able.length === 1 ? 'worker' : 'workers'}`;
    return `waiting for a worker that may run ${this.#options.orders.system}`;
  }

  get hasWorkers(): boolean {
    return this.#workers.able(this.#options.orders.system).length > 0;
  }

  async launch({ name, file, scenario, keeps }: RunRequest): Promise<RunOutcome> {
    const early = this.#early.get(token(name));
    this.#early.delete(token(name));
    if (early !== undefined) return this.#kept(early, file, keeps);
    const order: RunOrder = { order: 1, ...this.#options.orders, session: this.#session, name: token(name), keeps, scenario };
    const outcome = new Promise<RunOutcome>((settle) => this.#awaited.set(order.name, { file, order, settle, missing: false }));
    await this.#publish(order, '');
    return await outcome;
  }

  /** Takes what nobody has begun yet out of the queue; results are dropped once they are all written down. */
  async close(done: boolean): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    const { campaign } = this.#options.orders;
    try {
      await this.#queue.manager.streams.purge(RUNS, { filter: this.#allRuns });
      if (done) await this.#queue.manager.streams.purge(RESULTS, { filter: `lightcone.results.${token(campaign)}.>` });
    } catch {
      // The queue is gone: its streams forget by themselves, and runs done twice are taken once.
    }
    await this.#queue.connection.close();
  }

  get #allRuns(): string {
    return `lightcone.runs.${token(this.#options.systemToken)}.${token(this.#options.orders.campaign)}.>`;
  }

  /** Until the server has it: while it is not reachable, and nobody stops us, there is nothing else to do. */
  async #publish(order: RunOrder, again: string): Promise<void> {
    const { systemToken, stopped } = this.#options;
    const msgID = `${order.campaign}.${order.name}.${order.session}${again}`;
    for (;;) {
      try {
        await this.#queue.streams.publish(runSubject(systemToken, order.campaign, order.name), JSON.stringify(order), { msgID });
        return;
      } catch (error) {
        if (stopped()) return;
        if (/maximum payload|exceeded/i.test(String(error))) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  /** Resolves when the results that are there already are taken; then goes on taking. */
  async #listen(): Promise<void> {
    await new Promise<void>((caughtUp, failed) => void this.#take(caughtUp, failed));
    this.#timers.push(
      setInterval(() => this.#lookForStop(), LOOK_MS),
      setInterval(() => void this.#audit(), AUDIT_MS),
    );
  }

  /** Message by message, by number: that stands on nothing that a server could forget when it starts again. */
  async #take(caughtUp: () => void, failed: (error: unknown) => void): Promise<void> {
    const next_by_subj = `lightcone.results.${token(this.#options.orders.campaign)}.>`;
    for (let seq = 1; !this.#closed; ) {
      const message = await this.#queue.manager.direct.getMessage(RESULTS, { seq, next_by_subj }).catch((error) => {
        // Later ones are waited out; at the beginning they are the end.
        failed(error);
        return null;
      });
      if (message === null) {
        caughtUp();
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        continue;
      }
      seq = message.seq + 1;
      this.#arrive(this.#collector.take(message.subject, message.data));
    }
    caughtUp();
  }

  #arrive(result: ArrivedResult | null): void {
    if (result === null || this.#known.has(result.name)) return;
    this.#known.add(result.name);
    const waiting = this.#awaited.get(result.name);
    this.#awaited.delete(result.name);
    if (waiting === undefined) this.#early.set(result.name, result);
    else waiting.settle(this.#kept(result, waiting.file, waiting.order.keeps));
  }

  #kept({ outcome, unpack }: ArrivedResult, file: string, keeps: boolean): RunOutcome {
    return outcome.verdict === 'pass' || !keeps ? outcome : { ...outcome, said: `${outcome.said}${unpack(dirname(file))}` };
  }

  #lookForStop(): void {
    if (!this.#options.stopped()) return;
    for (const { settle } of this.#awaited.values()) settle(interrupted);
    this.#awaited.clear();
  }

  async #audit(): Promise<void> {
    try {
      const there = await subjectsOf(this.#queue.manager, RUNS, this.#allRuns);
      for (const [name, waiting] of this.#awaited) {
        const { order } = waiting;
        const missing = !there.has(runSubject(this.#options.systemToken, order.campaign, order.name));
        // Twice: between two looks the result of a run that has just left is still on its way.
        if (missing && waiting.missing) await this.#publish(order, `.${Math.round(this.#options.nowMs())}`);
        if (this.#awaited.has(name)) waiting.missing = missing && !waiting.missing;
      }
    } catch {
      // Not reachable now: the next look will do.
    }
  }
}
