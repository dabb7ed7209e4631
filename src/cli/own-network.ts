/**
 * `--links namespaces`: the same command once more, in a network of its own, where the kernel's packet filters stand for
 * links. What it says is passed on; Ctrl-C is passed to it, once, and it ends with us, however we end.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { exitCodes, LightconeError } from '../core/index.ts';
import { insideNamespace, namespaceCommand, programPath, whyNoNamespaces } from '../nemesis/index.ts';
import { namespaceNemesis, type SystemRunOptions } from '../runner/index.ts';
import type { Arguments } from './arguments.ts';
import type { Io } from './verb.ts';

const LOOK_MS = 100;

const wanted = (args: Arguments): boolean => args.text('links') === 'namespaces';

export const needsOwnNetwork = (args: Arguments): boolean => wanted(args) && !insideNamespace();

export const nemesisOf = (args: Arguments): Pick<SystemRunOptions, 'nemesis'> => (wanted(args) ? { nemesis: namespaceNemesis } : {});

const program = (): string => fileURLToPath(new URL('../../bin/lightcone.js', import.meta.url));

/** The exit code of the command inside. Throws LC_ENVIRONMENT where this machine cannot. */
export async function inOwnNetwork(args: Arguments, io: Io): Promise<number> {
  const why = whyNoNamespaces();
  if (why !== null) throw new LightconeError('LC_ENVIRONMENT', `--links namespaces cannot be used here: ${why}`, { links: 'namespaces' });
  // Whoever kills us interrupts it: it still heals and stops what it started.
  const heir = ['--pdeathsig', 'INT', '--', process.execPath];
  const { command, args: words, env } = namespaceCommand(programPath('setpriv') as string, [...heir, program(), 'check', ...args.words]);
  const child = spawn(command, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a group of its own: the terminal's Ctrl-C comes to us, and from us to it.
    detached: true,
    env: { ...process.env, ...env },
  });
  createInterface({ input: child.stdout }).on('line', (line) => io.out(line));
  createInterface({ input: child.stderr }).on('line', (line) => io.err(line));
  return new Promise((resolve, reject) => {
    let asked = false;
    const looking = setInterval(() => {
      if (!io.signal.aborted) return;
      if (!asked) child.kill('SIGINT');
      asked = true;
      io.progress('stopping what was started');
    }, LOOK_MS);
    child.once('error', (error) => {
      clearInterval(looking);
      reject(new LightconeError('LC_ENVIRONMENT', `a network of its own cannot be made: ${error.message}`, {}, error));
    });
    child.once('close', (code) => {
      clearInterval(looking);
      resolve(code ?? exitCodes.environment);
    });
  });
}
