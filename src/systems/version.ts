/** What a binary says of itself when asked for its version; nothing may depend on the answer. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LIMITS = { timeout: 20_000, maxBuffer: 1 << 20 } as const;

/** The first group of `pattern` in what `binary args` prints; `unknown` where there is none. */
export async function versionOf(binary: string, args: readonly string[], pattern: RegExp): Promise<string> {
  try {
    const { stdout, stderr } = await run(binary, [...args], LIMITS);
    return pattern.exec(`${stdout}\n${stderr}`)?.[1] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
