import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { namespaceCommand, namespaceNetwork, whyNoNamespaces } from './namespace-links.ts';
import { hostRules } from './namespace-rules.ts';

const why = whyNoNamespaces();
const door = new URL('./index.ts', import.meta.url).href;

/** Runs in a network of its own: a service on each of three nodes, and what becomes of questions to it. */
const script = `
  import { connect } from 'node:net';
  import { carryOut, managedProcesses, namespaceNetwork } from ${JSON.stringify(door)};
  const directory = process.argv[1];
  const own = managedProcesses({ directory });
  const { links, processes } = await namespaceNetwork({ nodes: ['n1', 'n2', 'n3'], processes: own });
  const told = {};
  const start = (node, code) => processes.spawn({
    owner: node, command: process.execPath, args: ['-e', code], cwd: directory, logFile: directory + '/' + node + '.log', user: 'nobody',
  });
  const ask = ({ host, port }, ms = 3000) => new Promise((resolve) => {
    const socket = connect({ host, port }, () => socket.write('x'));
    const done = (heard) => { clearTimeout(timer); socket.destroy(); resolve(heard); };
    const timer = setTimeout(() => done(false), ms);
    socket.on('data', () => done(true)).on('error', () => done(false));
  });
  const until = async (holds) => { while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20)); };
  try {
    const target = (i) => ({ host: '127.0.0.1', port: 20000 + i });
    const front = [];
    for (const i of [1, 2, 3]) front.push(await links.open({ from: '*', to: 'n' + i, target: target(i) }));
    const service = (i) => 'require("net").createServer((s) => s.on("error", () => {}).pipe(s)).listen(' + target(i).port + ', "127.0.0.1");' +
      // n2 asks n1, and itself, all the time, and says what it hears on a further port.
      (i !== 2 ? '' : 'const net = require("net"); let heard = [0, 0];' +
        [front[0], front[1]].map((a, k) => 'setInterval(() => { const s = net.connect(' + a.port + ', "' + a.host + '", () => s.write("x")); s.on("data", () => { heard[' + k + ']++; s.destroy(); }).on("error", () => {}); setTimeout(() => s.destroy(), 200); }, 20);').join('') +
        'net.createServer((s) => { s.on("error", () => {}); s.end(heard.join(" ")); }).listen(20012, "127.0.0.1");');
    for (const i of [1, 2, 3]) await start('n' + i, service(i));
    const news = await links.open({ from: '*', to: 'n2', target: target(12), service: 'news' });
    const heard = () => new Promise((resolve) => {
      const socket = connect(20012, '127.0.0.1');
      let text = '';
      socket.on('data', (more) => { text += more; }).on('error', () => resolve([0, 0])).on('end', () => resolve(text.split(' ').map(Number)));
    });
    for (const i of [1, 2, 3]) await until(() => ask(target(i), 200));
    told.throughLinks = await Promise.all(front.map((one) => ask(one)));
    told.aroundLinks = await ask(target(3));
    await until(async () => (await heard()).every((count) => count > 0));
    await links.set('n2', 'n1', { cut: true });
    const before = await heard();
    await until(async () => (await heard())[1] > before[1] + 5);
    told.cutHeard = (await heard())[0] - before[0];
    told.probes = [await links.probe('n2', 'n1', 100), await links.probe('n1', 'n2', 2000)];
    await links.heal();
    const healed = await heard();
    await until(async () => (await heard())[0] > healed[0] + 2);
    await links.set('client', 'n3', { cut: true });
    told.client = [await ask(front[2], 300), await ask(target(3))];
    await links.set('client', 'n3', { lossRate: 0.5 });
    told.lossy = await links.probe('client', 'n3', 3000);
    await links.heal();
    const events = [];
    const began = performance.now();
    const run = (faults) => carryOut({
      faults, nodes: ['n1', 'n2', 'n3'], links, processes, system: { startNode: async () => {}, wipe: async () => {} },
      leader: () => 'n1', clock: { nowMs: () => performance.now() - began }, durationMs: 3000,
      record: ({ phase, detail }) => events.push([phase, detail.node, detail.carriedOut.verified, detail.carriedOut.probed]), logFile: directory + '/log',
    });
    await run([{ fault: 'partition', shape: 'isolate', node: 'leader', atMs: 0, forMs: 1500 }]);
    told.events = events;
    told.delay = await run([{ fault: 'delay', minMs: 1, maxMs: 2, atMs: 0 }]).catch((error) => error.code);
    told.set = await links.set('n1', 'n2', { delayMs: { min: 1, max: 1 } }).catch((error) => error.code);
  } finally {
    await processes.stopAll(0);
    await links.close();
  }
  console.log(JSON.stringify(told));
`;

function run(): unknown {
  const directory = mkdtempSync(join(tmpdir(), 'lightcone-namespaces-'));
  try {
    const { command, args, env } = namespaceCommand(process.execPath, ['--input-type=module', '-e', script, directory]);
    const ran = spawnSync(command, args, { encoding: 'utf8', timeout: 50_000, env: { ...process.env, ...env } });
    return ran.status === 0 ? JSON.parse(ran.stdout) : `${ran.stderr}\n${ran.stdout}\n${ran.signal}`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe('links by network namespaces', () => {
  it.skipIf(why !== null)(`cut, lose and heal without a proxy, and carry a schedule out${why === null ? '' : `: ${why}`}`, () => {
    expect(run()).toEqual({
      throughLinks: [true, true, true],
      aroundLinks: true,
      cutHeard: 0,
      probes: [false, true],
      client: [false, true],
      lossy: true,
      events: [
        ['start', 'n1', true, 4],
        ['end', 'n1', true, 4],
      ],
      delay: 'LC_FAULT_UNSUPPORTED',
      set: 'LC_FAULT_UNSUPPORTED',
    });
  });

  it('are refused in the network of the machine', async () => {
    const processes = { of: () => [] } as unknown as Parameters<typeof namespaceNetwork>[0]['processes'];
    await expect(namespaceNetwork({ nodes: ['n1'], processes })).rejects.toMatchObject({ code: 'LC_ENVIRONMENT' });
  });

  it('are one transaction: what was there before goes in the same one', () => {
    const link = { from: '10.77.0.1', to: '10.77.0.2' };
    const rules = hostRules(
      [
        { ...link, condition: { cut: true } },
        { ...link, condition: { lossRate: 0.25 } },
        { ...link, condition: {} },
      ],
      [],
    );
    expect(rules.match(/ip saddr .*/g)).toEqual([
      'ip saddr 10.77.0.1 ip daddr 10.77.0.2 drop',
      'ip saddr 10.77.0.1 ip daddr 10.77.0.2 numgen random mod 1000000 < 250000 drop',
    ]);
    expect(rules.indexOf('delete table')).toBeLessThan(rules.indexOf('chain links'));
  });
});
