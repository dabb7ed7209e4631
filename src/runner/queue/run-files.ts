/**
 * Files of a run on their way to the campaign: each compressed, all in one row, cut into messages. What would be more than
 * the limit stays with the worker, and is named.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { keptFiles } from '../campaign/kept-files.ts';

export interface SentFile {
  readonly name: string;
  /** Compressed. */
  readonly bytes: number;
}

export interface PackedFiles {
  readonly files: readonly SentFile[];
  readonly content: Buffer;
  readonly sha256: string;
  /** Files that were too large, with their size in bytes. */
  readonly left: readonly SentFile[];
}

/** Compressed, of one run. */
export const MOST_BYTES = 16 * 1024 * 1024;
/** Larger ones are not even tried: compressing them would take the run's machine for long. */
const MOST_RAW_BYTES = 512 * 1024 * 1024;

const digest = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

export function packFiles(directory: string | null, most = MOST_BYTES): PackedFiles {
  const files: SentFile[] = [];
  const left: SentFile[] = [];
  const parts: Buffer[] = [];
  let total = 0;
  for (const name of directory === null ? [] : keptFiles) {
    const path = join(directory as string, name);
    if (!existsSync(path)) continue;
    const { size } = statSync(path);
    const part = size > MOST_RAW_BYTES ? null : gzipSync(readFileSync(path));
    if (part === null || total + part.length > most) {
      left.push({ name, bytes: size });
      continue;
    }
    total += part.length;
    files.push({ name, bytes: part.length });
    parts.push(part);
  }
  const content = Buffer.concat(parts);
  return { files, content, sha256: digest(content), left };
}

/** False where the content is not what was sent; then nothing is written. Names are only ever those that a run has. */
export function unpackFiles(folder: string, files: readonly SentFile[], content: Buffer, sha256: string): boolean {
  const sum = files.reduce((total, { bytes }) => total + bytes, 0);
  if (sum !== content.length || digest(content) !== sha256 || files.some(({ name }) => !keptFiles.includes(name))) return false;
  mkdirSync(folder, { recursive: true });
  let at = 0;
  try {
    for (const { name, bytes } of files) {
      writeFileSync(join(folder, name), gunzipSync(content.subarray(at, at + bytes), { maxOutputLength: MOST_RAW_BYTES }));
      at += bytes;
    }
    return true;
  } catch {
    return false;
  }
}
