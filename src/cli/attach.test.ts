import { expect, it } from 'vitest';
import { check } from './check.ts';
import { run } from './main.ts';
import { recordingIo } from './testing.ts';

const three = '127.0.0.1:1,127.0.0.1:2,127.0.0.1:3';

async function told(args: readonly string[]): Promise<string> {
  const io = recordingIo({});
  const code = await run(['check', 'etcd', ...args], io, [check]);
  expect([code, io.outText()]).toEqual([2, '']);
  return io.errText().trim();
}

it.each([
  [
    ['--scenario', 'default'],
    'LC_FAULT_UNSUPPORTED: `faults[0]` (partition) cannot be carried out: the links between the nodes of a running',
  ],
  [['--allow', 'partition'], 'LC_USAGE: --allow "partition": it cannot be done to a running cluster; there are: delay, loss, pause, kill'],
  [['--allow', 'paus'], 'LC_USAGE: --allow "paus": it cannot be done to a running cluster; did you mean pause?'],
  [['--allow', 'pause'], 'LC_USAGE: --allow pause needs the pid of every node: n1 is not in --pids'],
  [['--pids', 'n1'], 'LC_USAGE: --pids takes NODE=PID, joined by commas, not "n1"'],
  [['--pids', 'n1=5000,n1=5001'], 'LC_USAGE: --pids names n1 twice'],
  [['--pids', 'n9=77777'], 'LC_USAGE: --pids names n9, which is no node of the scenario'],
  [['--nodes', '3'], 'LC_USAGE: --attach and --nodes do not go together: leave one out'],
])('what does not fit a running cluster is refused in one sentence, before anybody is asked: %j', async (args, message) => {
  const said = await told(['--attach', three, ...args]);
  expect(said.startsWith(message) ? message : said).toBe(message);
  expect(said.split('\n')).toHaveLength(1);
});

it.each(['--allow', '--pids'])('%s without --attach is refused', async (option) => {
  expect(await told([option, 'n1=5000'])).toBe(`LC_USAGE: ${option} is about a cluster that runs already: say --attach ADDRESSES too`);
});

it.each([
  [
    'https://me:hidden@db:2379',
    '"https://***@db:2379" wants an encrypted connection, which is not supported; attach through a local tunnel',
  ],
  ['me:hidden@db', '"***@db" needs a host and a port, such as 127.0.0.1:2379'],
  ['http://me:hidden@db:1/x', '"http://***@db:1/x" has more than a host and a port; leave out what follows the port'],
  ['me:hid den@:', '"***@:" is no address; write it as http://HOST:PORT or HOST:PORT'],
  ['db:1,db:1', 'db:1 is named twice; every node has an address of its own'],
  [' , ', 'it names no address'],
])('a wrong address is told without its secret: %s', async (addresses, message) => {
  expect(await told(['--attach', addresses])).toBe(`LC_USAGE: --attach: ${message}`);
});
