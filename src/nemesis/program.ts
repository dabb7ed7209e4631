/** Programs of the operating system that are used on the way: found, fed with text, their complaint told. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LightconeError } from '../core/index.ts';

/** The full path of a program on PATH or where Debian keeps those of root; null where there is none. */
export function programPath(name: string): string | null {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']) {
    if (folder === '') continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return null;
}

/** Runs a program with `text` as its input; rejects with LC_ENVIRONMENT and what it complained of. */
export function feed(name: string, args: readonly string[], text = ''): Promise<void> {
  const path = programPath(name);
  if (path === null) return Promise.reject(new LightconeError('LC_ENVIRONMENT', `there is no program ${name}`, { program: name }));
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { stdio: ['pipe', 'ignore', 'pipe'], timeout: 10_000 });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    child.once('error', reject);
    child.stdin.on('error', () => {});
    child.stdin.end(text);
    child.once('close', (code, signal) => {
      const why = complaint.trim().split('\n')[0] || `it ended with ${code ?? signal}`;
      if (code === 0) resolve();
      else reject(new LightconeError('LC_ENVIRONMENT', `${name} ${args.join(' ')}: ${why}`, { program: name, code, signal }));
    });
  });
}
