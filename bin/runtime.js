/**
 * Makes sure that a Node.js runs us that can: plain old JavaScript, because it is what an old Node.js has to read.
 * Where Node is too old, the Node that the package `node-<platform>` put into a node_modules above us takes over.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

const OLDEST = [22, 18];

/** `version` like v20.20.2. */
export function isNewEnough(version) {
  const parts = version.replace('v', '').split('.').map(Number);
  return parts[0] > OLDEST[0] || (parts[0] === OLDEST[0] && parts[1] >= OLDEST[1]);
}

/** The Node.js that came along with an installed package, or null. */
export function bundledNode(from) {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const file = join('node_modules', `node-${platform}-${process.arch}`, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, file))) return join(folder, file);
    if (dirname(folder) === folder) return null;
  }
}

function runInstead(node, script, args) {
  const child = spawn(node, [script, ...args], {
    stdio: 'inherit',
    env: { ...process.env, LIGHTCONE_RUNTIME: '1', LIGHTCONE_PARENT: String(process.pid) },
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const forward = (signal) => child.kill(signal);
  for (const signal of signals) process.on(signal, forward);
  child.on('error', (error) => {
    process.stderr.write(`LC_RUNTIME: Node.js at ${node} cannot be started (${error.message}).\n`);
    process.exitCode = 5;
  });
  child.on('exit', (code, signal) => {
    for (const name of signals) process.removeListener(name, forward);
    if (code !== null) process.exitCode = code;
    else process.exitCode = 128 + (constants.signals[signal] || 0);
  });
}

/** When the older Node.js before us is killed (137, as it), nobody is left to hear an answer. Children of ours are not meant. */
function endWithParent() {
  const parent = Number(process.env.LIGHTCONE_PARENT);
  delete process.env.LIGHTCONE_PARENT;
  if (!(parent > 0)) return;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(137);
  }, 1000).unref();
}

/**
 * Calls `main` when this Node.js will do; else runs `script` again under a newer one, with signals and exit code
 * passed on; else says in one sentence what is missing, and exits with 5.
 */
export function withRuntime(root, script, args, main) {
  endWithParent();
  if (isNewEnough(process.version)) return main();
  const node = process.env.LIGHTCONE_RUNTIME ? null : bundledNode(root);
  if (node) return runInstead(node, script, args);
  process.stderr.write(
    `LC_RUNTIME: Node.js ${process.version} is too old: use Node.js ${OLDEST.join('.')} or newer ` +
      '(in a checkout, `npm ci` brings one along for Linux and Windows).\n',
  );
  process.exitCode = 5;
  return undefined;
}
