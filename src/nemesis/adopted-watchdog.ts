/**
 * Outlives our process, however that ends: when its standard input closes without a word, those of the named processes
 * (`pid:start time`) that were made to stand still go on, and so do their descendants.
 */
import { withDescendants } from './adopted-processes.ts';
import { isStillThere, send } from './process-table.ts';

const named = process.argv.slice(2).map((word) => {
  const [pid, startTime = ''] = word.split(':');
  return { pid: Number(pid), startTime };
});
if (named.length === 0 || process.stdin.isTTY) {
  process.stderr.write('LC_USAGE: the watchdog is started by lightcone itself\n');
  process.exitCode = 2;
} else {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  let done = false;
  const end = (): void => {
    if (!done) for (const one of named) if (isStillThere(one)) for (const { pid } of withDescendants(one.pid)) send(pid, 'SIGCONT');
    process.exit(0);
  };
  process.stdin
    .on('data', () => {
      done = true;
    })
    .on('end', end)
    .on('error', end);
}
