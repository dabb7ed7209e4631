/** What goes over HTTP: one message of the vote each way, in the canonical bytes of core, never more of them than fit. */
import { LightconeError, Reader, type Schema, schema, Writer } from '../core/index.ts';
import { messageSchema, type VoteMessage } from '../protocols/vote/index.ts';

/** A question among 100 voters with all their answers takes some 12 KiB. */
export const MOST_BYTES = 65_536;
export const VOTE_PATH = '/vote';
export const CONTENT_TYPE = 'application/octet-stream';

/** What an asker posts: who votes, and what it has to say to this one. */
export interface Envelope {
  readonly keys: readonly string[];
  readonly faults: number;
  readonly message: VoteMessage;
}

const { list, struct, text, uint } = schema;
const envelopeSchema: Schema<Envelope> = struct<Envelope>({ keys: list(text), faults: uint, message: messageSchema });

function bytesOf<T>(of: Schema<T>, value: T): Uint8Array<ArrayBuffer> {
  const w = new Writer();
  of.write(w, value);
  return Uint8Array.from(w.take());
}

function read<T>(of: Schema<T>, bytes: Uint8Array): T {
  if (bytes.length > MOST_BYTES)
    throw new LightconeError('LC_CODEC', `${bytes.length} bytes are more than ${MOST_BYTES}`, { bytes: bytes.length });
  const reader = new Reader(bytes);
  const value = of.read(reader);
  reader.done();
  return value;
}

export const envelopeBytes = (envelope: Envelope): Uint8Array<ArrayBuffer> => bytesOf(envelopeSchema, envelope);
/** @throws LC_CODEC */
export const readEnvelope = (bytes: Uint8Array): Envelope => read(envelopeSchema, bytes);
export const messageBytes = (message: VoteMessage): Uint8Array<ArrayBuffer> => bytesOf(messageSchema, message);
/** @throws LC_CODEC */
export const readMessage = (bytes: Uint8Array): VoteMessage => read(messageSchema, bytes);
