/** What RabbitMQ's clients ask: confirmed publishing to one durable queue, and taking from it. */
import type { Value } from '../../core/index.ts';
import type { Address } from '../../nemesis/index.ts';
import { completionOf, ok, type Perform, perform, Refused } from '../completion.ts';
import { Deadline } from '../patience.ts';
import type { ClientOptions, SystemClient } from '../system.ts';
import { Amqp } from './amqp.ts';

export const QUEUE = 'lightcone';

export function rabbitmqClient(address: Address, { timeoutMs }: ClientOptions): SystemClient {
  const deadline = new Deadline(timeoutMs);
  let amqp: Amqp | null = null;
  const connected = async (): Promise<Amqp> => {
    if (amqp?.isOpen === true) return amqp;
    try {
      amqp = await Amqp.connect(address, deadline.left);
      return amqp;
    } catch (error) {
      // Nothing was asked yet.
      throw new Refused(completionOf(error, true).code ?? 'UNREACHABLE', true);
    }
  };
  const functions: { readonly [f: string]: Perform } = {
    enqueue: async ({ value }) => {
      await (await connected()).publish(QUEUE, JSON.stringify(value ?? null));
      return ok();
    },
    dequeue: async () => {
      const taken = await (await connected()).take(QUEUE);
      return ok(taken === null ? null : (JSON.parse(taken) as Value));
    },
  };
  return {
    invoke(operation) {
      deadline.begin();
      return perform(functions, operation);
    },
    async close() {
      amqp?.close();
    },
  };
}
