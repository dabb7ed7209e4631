/**
 * Output files appear whole or not at all: written under a temporary name beside their place, then linked into it.
 * A file that is there already is never overwritten (LC_FILE_EXISTS).
 */
import { accessSync, constants, existsSync, linkSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LightconeError } from '../core/index.ts';

const exists = (path: string): LightconeError =>
  new LightconeError('LC_FILE_EXISTS', `${path} is there already, and nothing is overwritten: choose another name`, { path });

/** Said before the work begins rather than after it. */
export function refuseExisting(path: string | undefined): void {
  if (path !== undefined && existsSync(path)) throw exists(path);
}

/** Before what takes long, that its result has somewhere to go: a folder that is there and takes files. */
export function refuseUnwritable(path: string | undefined): void {
  if (path === undefined) return;
  refuseExisting(path);
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw fileError(error, path);
  }
}

export function writeOutput(path: string, content: string | Uint8Array): void {
  refuseExisting(path);
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  try {
    writeFileSync(temporary, content, { flag: 'wx' });
    place(temporary, path);
  } catch (error) {
    throw fileError(error, path);
  } finally {
    if (existsSync(temporary)) unlinkSync(temporary);
  }
}

/** A link refuses to replace, a rename does not; some file systems have no links. */
function place(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw exists(path);
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    refuseExisting(path);
    renameSync(temporary, path);
  }
}

const reasons: { readonly [code: string]: string } = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of the path is not a folder',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
};

/** An error of the file system as one of ours; anything else is handed back as it is. */
export function fileError(error: unknown, path?: string): unknown {
  if (error instanceof LightconeError || !(error instanceof Error)) return error;
  const { code, syscall, path: named } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  const file = path ?? named ?? 'the output';
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new LightconeError('LC_DISK_FULL', `no space is left to write ${file}`, { path: file }, error);
  return new LightconeError('LC_FILE', `${file} cannot be used: ${reasons[code] ?? code}`, { path: file, code }, error);
}
