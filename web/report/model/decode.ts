/** From the text inside the page to the report: base64, gzip, then the parts that `src/runner/html-payload.ts` tells. */
import type { ColumnCoding, ColumnName, ReportMeta } from '../../../src/runner/index.ts';
import { type ColumnSet, Operations } from './operations.ts';

export interface Report {
  readonly meta: ReportMeta;
  readonly operations: Operations;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const native = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }).fromBase64;
  if (native !== undefined) return native.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function unzipped(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The numbers of one column, one after another. */
class Varints {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(): number {
    const first = this.#bytes[this.#at++] as number;
    // Nearly all are of one byte.
    if (first < 128) return (first & 1) === 0 ? first >> 1 : -((first + 1) >> 1);
    let rest = first & 127;
    let scale = 128;
    let byte = first;
    while (byte >= 128) {
      byte = this.#bytes[this.#at++] as number;
      rest += (byte & 127) * scale;
      scale *= 128;
    }
    return rest % 2 === 0 ? rest / 2 : -(rest + 1) / 2;
  }
}

/** The other half of the writer's `encodeColumn`; `column` decides how wide its numbers are. */
export function decodeColumn<C extends Int32Array | Float64Array>(bytes: Uint8Array, coding: ColumnCoding, column: C): C {
  const numbers = new Varints(bytes);
  const count = column.length;
  if (coding === 'plain') {
    for (let i = 0; i < count; i++) column[i] = numbers.next();
    return column;
  }
  if (coding === 'delta') {
    let last = 0;
    for (let i = 0; i < count; i++) {
      last += numbers.next();
      column[i] = last;
    }
    return column;
  }
  let newest = -1;
  for (let i = 0; i < count; i++) {
    const number = numbers.next();
    const value = number === 0 ? -1 : newest + 1 - (number > 0 ? number - 1 : number);
    column[i] = value;
    if (value > newest) newest = value;
  }
  return column;
}

/** These may be larger than 32 bits. */
const wide: ReadonlySet<string> = new Set(['row', 'invoke', 'span', 'begin', 'lasting', 'revision'] satisfies ColumnName[]);

export async function decodeReport(text: string): Promise<Report> {
  const bytes = await unzipped(fromBase64(text.trim()));
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const meta = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as ReportMeta;
  const columns: { [name: string]: Int32Array | Float64Array } = {};
  let at = 4 + length;
  for (const { name, coding, bytes: size } of meta.columns) {
    columns[name] = decodeColumn(
      bytes.subarray(at, at + size),
      coding,
      wide.has(name) ? new Float64Array(meta.count) : new Int32Array(meta.count),
    );
    at += size;
  }
  return { meta, operations: new Operations(meta, columns as ColumnSet) };
}
