/** For tests: an `Io` that records what a verb prints, and the example of a service of one's own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LightconeError } from '../core/index.ts';
import type { Io } from './verb.ts';

export interface RecordingIo extends Io {
  outText(): string;
  errText(): string;
  readonly progressLines: readonly string[];
  /** As Ctrl-C: the next `breathe` throws. */
  interrupt(): void;
}

export function recordingIo(environment: Io['environment'] = {}): RecordingIo {
  const out: string[] = [];
  const err: string[] = [];
  const progressLines: string[] = [];
  const controller = new AbortController();
  return {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    progress: (text) => void progressLines.push(text),
    signal: controller.signal,
    breathe(sofar) {
      if (controller.signal.aborted) throw new LightconeError('LC_INTERRUPTED', `interrupted: ${sofar()}`);
    },
    nowMs: () => performance.now(),
    environment,
    outText: () => out.map((text) => `${text}\n`).join(''),
    errText: () => err.map((text) => `${text}\n`).join(''),
    progressLines,
    interrupt: () => controller.abort(),
  };
}

/** `my-system.ts` and its service in a folder, on the sources instead of an installed package. */
export function writeExampleSystem(folder: string): void {
  const example = fileURLToPath(new URL('../../examples/my-service/', import.meta.url));
  const room = (name: string): string => new URL(`../${name}/index.ts`, import.meta.url).href;
  const text = readFileSync(join(example, 'my-system.ts'), 'utf8');
  writeFileSync(
    join(folder, 'my-system.ts'),
    text.replaceAll(/'lightcone\/(\w+)'/g, (_whole, name: string) => `'${room(name)}'`),
  );
  copyFileSync(join(example, 'service.ts'), join(folder, 'service.ts'));
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  out(): string;
}

/** The command as a process that works in a folder, and who of all it started still lives. */
export function commandIn(folder: string): {
  started(line: string, environment?: NodeJS.ProcessEnv): Started;
  lightcone(line: string): Promise<Ended>;
  alive(): readonly string[];
} {
  const command = fileURLToPath(new URL('../../bin/lightcone.js', import.meta.url));
  const started = (line: string, environment: NodeJS.ProcessEnv = {}): Started => {
    const env = { ...process.env, ...environment };
    const child = spawn(process.execPath, [command, ...line.split(' ')], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env });
    let [out, err] = ['', ''];
    child.stdout.on('data', (piece) => {
      out += piece;
    });
    child.stderr.on('data', (piece) => {
      err += piece;
    });
    return { child, out: () => out, ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err }))) };
  };
  /** Linux. Servers and runs name a path in the folder on their command line. */
  const alive = (): string[] =>
    readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && Number(pid) !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    });
  return { started, lightcone: (line) => started(line).ended, alive };
}
