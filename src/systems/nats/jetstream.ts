/**
 * JetStream's API as requests: streams of three replicas, publishing with acknowledgement, reading a stream from its
 * beginning, the last message of a subject.
 */
import type { Value } from '../../core/index.ts';
import { Broken, Refused } from '../completion.ts';
import { jsonAnswer } from '../json-answer.ts';
import type { Message, Nats } from './protocol.ts';

type Json = { readonly [field: string]: unknown };
const BATCH = 1000;
/** `wrong last sequence` (two codes) and `insufficient resources`: said before anything is proposed. */
const DEFINITE = new Set([10_071, 10_164, 10_023]);
const NOT_FOUND = 10_037;

const object = (value: unknown): Json => (value !== null && typeof value === 'object' ? (value as Json) : {});

function answerOf({ payload }: Message): Json {
  const json = object(jsonAnswer(payload));
  if (json.error === undefined) return json;
  const { err_code: code, description } = object(json.error);
  throw new Refused(`JETSTREAM_${Number(code ?? 0)}`, DEFINITE.has(Number(code)), String(description));
}

const decoded = (data: unknown): Value => jsonAnswer(Buffer.from(String(data ?? ''), 'base64').toString('utf8'));

/** Throws Broken: an answer without the number of the message acknowledges nothing. */
function sequence(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw new Broken('NOT_JETSTREAM', true);
  return value as number;
}

const isRefused = (error: unknown, code: number): boolean => error instanceof Refused && error.code === `JETSTREAM_${code}`;

export class JetStream {
  readonly #nats: Nats;

  constructor(nats: Nats) {
    this.#nats = nats;
  }

  async ask(subject: string, body: Json = {}): Promise<Json> {
    return answerOf(await this.#nats.request(`$JS.API.${subject}`, JSON.stringify(body)));
  }

  /** The message's number in the stream. */
  async publish(subject: string, payload: string, headers: { readonly [name: string]: string } = {}): Promise<number> {
    return sequence(answerOf(await this.#nats.request(subject, payload, headers)).seq);
  }

  /** Value and number of the last message of a subject, as the stream's leader has it; null where there is none. */
  async last(stream: string, subject: string): Promise<{ readonly value: Value; readonly seq: number } | null> {
    try {
      const { message } = await this.ask(`STREAM.MSG.GET.${stream}`, { last_by_subj: subject });
      const { data, seq } = object(message);
      return { value: decoded(data), seq: sequence(seq) };
    } catch (error) {
      if (isRefused(error, NOT_FOUND)) return null;
      throw error;
    }
  }

  /** All payloads, through a consumer of our own, which the server puts at one of the replicas. */
  async readAll(stream: string): Promise<readonly string[]> {
    const config = { ack_policy: 'none', deliver_policy: 'all', replay_policy: 'instant', inactive_threshold: 10_000_000_000 };
    const { name, num_pending } = await this.ask(`CONSUMER.CREATE.${stream}`, { stream_name: stream, config });
    const payloads: string[] = [];
    for (let pending = Number(num_pending ?? 0); pending > 0; ) {
      const batch = Math.min(BATCH, pending);
      let left = batch;
      const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${String(name)}`;
      const messages = await this.#nats.collect(subject, JSON.stringify({ batch, no_wait: true }), ({ status }) => {
        left--;
        return status !== '' || left === 0;
      });
      const got = messages.filter(({ status }) => status === '');
      if (got.length === 0) throw new Refused('STREAM_UNREADABLE', true);
      for (const { payload } of got) payloads.push(payload);
      // Its own count of what is left is the last word of the subject for acknowledgements.
      pending = Number(got.at(-1)?.reply.split('.').at(-1) ?? 0);
    }
    return payloads;
  }
}
