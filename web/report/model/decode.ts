/** From the text inside the page to the report: base64, gzip, then the parts that `src/runner/html-payload.ts` tells. */
import type { ColumnCoding, ReportMeta } from '../../../src/runner/index.ts';
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

/** The other half of the writer's `encodeColumn`. */
export function decodeColumn(bytes: Uint8Array, coding: ColumnCoding, count: number): Float64Array {
  const column = new Float64Array(count);
  let at = 0;
  let last = coding === 'recent' ? -1 : 0;
  for (let i = 0; i < count; i++) {
    let rest = 0;
    let scale = 1;
    let byte = 128;
    while (byte >= 128) {
      byte = bytes[at++] as number;
      rest += (byte & 127) * scale;
      scale *= 128;
    }
    const number = rest % 2 === 0 ? rest / 2 : -(rest + 1) / 2;
    if (coding === 'plain') column[i] = number;
    else if (coding === 'delta') {
      last += number;
      column[i] = last;
    } else if (number === 0) column[i] = -1;
    else {
      const value = last + 1 - (number > 0 ? number - 1 : number);
      column[i] = value;
      if (value > last) last = value;
    }
  }
  return column;
}

export async function decodeReport(text: string): Promise<Report> {
  const bytes = await unzipped(fromBase64(text.trim()));
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const meta = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as ReportMeta;
  const columns: { [name: string]: Float64Array } = {};
  let at = 4 + length;
  for (const { name, coding, bytes: size } of meta.columns) {
    columns[name] = decodeColumn(bytes.subarray(at, at + size), coding, meta.count);
    at += size;
  }
  return { meta, operations: new Operations(meta, columns as ColumnSet) };
}
