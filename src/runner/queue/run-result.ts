/** What a worker sends back: the parts of the files, then one message with the outcome, which makes them count. */
import { asOutcome, type RunOutcome } from '../campaign/run-outcome.ts';
import { type Queue, token } from './queue-streams.ts';
import { MOST_BYTES, type PackedFiles, type SentFile, unpackFiles } from './run-files.ts';
import type { RunOrder } from './run-order.ts';

export interface RunResult {
  readonly result: 1;
  readonly outcome: RunOutcome;
  readonly files: readonly SentFile[];
  readonly sha256: string;
  readonly left: readonly SentFile[];
}

const MOST_CHUNK = 512 * 1024;
/** What headers and the protocol take of a message. */
const OVERHEAD = 4096;

/** `lightcone.results.CAMPAIGN.NAME.ATTEMPT.part` and `.done`. */
export const resultSubject = (campaign: string, name: string, attempt: string, what: 'part' | 'done'): string =>
  `lightcone.results.${token(campaign)}.${token(name)}.${token(attempt)}.${what}`;

/** Resolves when the server has all of it. A repetition changes nothing: each message has an id, and the outcome of a run is taken once. */
export async function publishResult(
  queue: Queue,
  order: RunOrder,
  attempt: string,
  outcome: RunOutcome,
  packed: PackedFiles,
): Promise<void> {
  const { campaign, name, session } = order;
  const size = Math.min(MOST_CHUNK, (queue.connection.info?.max_payload ?? MOST_CHUNK) - OVERHEAD);
  const { content, files, sha256, left } = packed;
  for (let at = 0, i = 0; at < content.length; at += size, i++)
    await queue.streams.publish(resultSubject(campaign, name, attempt, 'part'), content.subarray(at, at + size), {
      msgID: `${campaign}.${name}.${attempt}.${i}`,
    });
  const result: RunResult = { result: 1, outcome, files, sha256, left };
  await queue.streams.publish(resultSubject(campaign, name, attempt, 'done'), JSON.stringify(result), {
    msgID: `${campaign}.${name}.${session}.done`,
  });
}

export interface ArrivedResult {
  readonly name: string;
  readonly outcome: RunOutcome;
  /** Puts the files into a folder, and says what became of them where that needs saying. */
  unpack(folder: string): string;
}

/** Puts the messages of the results of one campaign together again, in the order of the stream. */
export class ResultCollector {
  readonly #parts = new Map<string, Uint8Array[]>();
  readonly #sizes = new Map<string, number>();

  /** A result when it is whole, else null. */
  take(subject: string, data: Uint8Array): ArrivedResult | null {
    const [, , , name, attempt, what] = subject.split('.');
    if (name === undefined || attempt === undefined) return null;
    const key = `${name}.${attempt}`;
    if (what === 'part') {
      const size = (this.#sizes.get(key) ?? 0) + data.length;
      this.#sizes.set(key, size);
      // More than any worker sends: kept in mind no longer.
      this.#parts.set(key, size > MOST_BYTES ? [] : [...(this.#parts.get(key) ?? []), data]);
      return null;
    }
    const content = Buffer.concat(this.#parts.get(key) ?? []);
    // Those of workers that died on it too.
    for (const other of [...this.#parts.keys()]) if (other.startsWith(`${name}.`)) this.#forget(other);
    const result = what === 'done' ? readResult(data) : null;
    if (result === null) return null;
    const unpack = (folder: string): string => {
      const whole = unpackFiles(folder, result.files, content, result.sha256);
      if (!whole) return ' (its files did not arrive whole)';
      const left = result.left.map(({ name: file, bytes }) => `${file} of ${bytes} bytes`).join(', ');
      return left === '' ? '' : ` (too large to be sent: ${left}, left on ${result.outcome.worker ?? 'its worker'})`;
    };
    return { name, outcome: result.outcome, unpack };
  }

  #forget(key: string): void {
    this.#parts.delete(key);
    this.#sizes.delete(key);
  }
}

function readResult(data: Uint8Array): RunResult | null {
  try {
    const { result, outcome, files, sha256, left } = JSON.parse(new TextDecoder().decode(data)) as { readonly [field: string]: unknown };
    const read = asOutcome(outcome);
    if (result !== 1 || read === null || typeof sha256 !== 'string') return null;
    return { result, outcome: read, files: sentFiles(files), sha256, left: sentFiles(left) };
  } catch {
    return null;
  }
}

function sentFiles(value: unknown): SentFile[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap(({ name, bytes }: { name?: unknown; bytes?: unknown }) =>
    typeof name === 'string' && typeof bytes === 'number' && bytes >= 0 ? [{ name, bytes }] : [],
  );
}
