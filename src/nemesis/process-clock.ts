/**
 * A wall clock of its own for one process: libfaketime, loaded before it, adds what a file says to what the kernel says.
 * The monotonic clock stays the kernel's. It reaches programs that ask the C library for the time (PostgreSQL, Node.js);
 * Go's ask the kernel directly, and some do not start with it (Redis 7.0): those have no clock of their own here.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LightconeError } from '../core/index.ts';

/** Of Debian's package `libfaketime`; the one for programs with threads. */
const NAME = join('faketime', 'libfaketimeMT.so.1');
/** How long an answer of the file is believed, seconds: a server asks for the time more often than a file should be read. */
const BELIEVED_SECONDS = 1;

/** Null where it is not installed. */
export function clockLibrary(): string | null {
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib').map((name) => join('/usr/lib', name)) : [];
  return [...folders, '/usr/local/lib', '/usr/lib64'].map((folder) => join(folder, NAME)).find((path) => existsSync(path)) ?? null;
}

export class ProcessClock {
  /** For `spawn`. */
  readonly env: { readonly [name: string]: string };
  readonly #path: string;
  #offsetMs = 0;

  /** `path`: a file that the process may read. Throws LC_ENVIRONMENT where the library is not installed. */
  constructor(path: string) {
    const library = clockLibrary();
    if (library === null)
      throw new LightconeError('LC_ENVIRONMENT', 'a clock of its own needs libfaketime: apt-get install libfaketime', {
        package: 'libfaketime',
      });
    this.#path = path;
    this.env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: path,
      FAKETIME_CACHE_DURATION: String(BELIEVED_SECONDS),
      DONT_FAKE_MONOTONIC: '1',
    };
    this.jump(0);
  }

  /** How far it is ahead of the kernel's; negative: behind. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** In force within about a second; also for the process's next life. */
  jump(byMs: number): void {
    this.#offsetMs += byMs;
    const seconds = this.#offsetMs / 1000;
    writeFileSync(this.#path, `${seconds < 0 ? '' : '+'}${seconds}\n`, { mode: 0o644 });
  }
}
