/** Who works at the queue: workers say every two seconds that they are there, and the campaign counts those who can run its system. */
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import { WORKERS } from './queue-streams.ts';

export interface WorkerSign {
  /** Host and process. */
  readonly worker: string;
  readonly slots: number;
  readonly busy: number;
  readonly systems: readonly string[];
}

const SIGN_MS = 2000;
/** Three signs missed. */
const GONE_MS = 7000;

export class PresentWorkers {
  readonly #seen = new Map<string, { readonly sign: WorkerSign; readonly atMs: number }>();
  readonly #nowMs: () => number;

  constructor(subscription: Subscription, nowMs: () => number) {
    this.#nowMs = nowMs;
    void this.#listen(subscription);
  }

  /** Names of the workers that may run it. */
  able(system: string): readonly string[] {
    const sinceMs = this.#nowMs() - GONE_MS;
    return [...this.#seen].flatMap(([name, { sign, atMs }]) => (atMs > sinceMs && sign.systems.includes(system) ? [name] : []));
  }

  async #listen(subscription: Subscription): Promise<void> {
    for await (const { data } of subscription) {
      const sign = readSign(data);
      if (sign !== null) this.#seen.set(sign.worker, { sign, atMs: this.#nowMs() });
    }
  }
}

function readSign(data: Uint8Array): WorkerSign | null {
  try {
    const { worker, slots, busy, systems } = JSON.parse(new TextDecoder().decode(data)) as { readonly [field: string]: unknown };
    if (typeof worker !== 'string' || !Array.isArray(systems)) return null;
    return { worker, slots: Number(slots), busy: Number(busy), systems: systems.map(String) };
  } catch {
    return null;
  }
}

/** Gives back how to stop. */
export function showPresence(connection: NatsConnection, sign: () => WorkerSign): () => void {
  const show = (): void => {
    if (!connection.isClosed()) connection.publish(WORKERS, JSON.stringify(sign()));
  };
  show();
  const timer = setInterval(show, SIGN_MS);
  return () => clearInterval(timer);
}
