/**
 * A process of its own that outlives ours, however ours ends (an exception, Ctrl-C, kill -9): its standard input is a
 * pipe that only our process holds. When the pipe closes without a word, everything of the run is ended.
 */
import { reapFolder } from './reaper.ts';

const [folder, run] = process.argv.slice(2);
if (folder === undefined || run === undefined || process.stdin.isTTY) {
  process.stderr.write('LC_USAGE: the watchdog is started by lightcone itself\n');
  process.exitCode = 2;
} else {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  let done = false;
  const end = (): void => {
    if (!done) reapFolder(folder, run);
    process.exit(0);
  };
  process.stdin
    .on('data', () => {
      done = true;
    })
    .on('end', end)
    .on('error', end);
}
