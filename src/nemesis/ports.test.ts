import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { loopbackPorts } from './ports.ts';

const script = `
  import { loopbackPorts } from ${JSON.stringify(new URL('./ports.ts', import.meta.url).href)};
  const ports = loopbackPorts();
  const taken = [];
  for (let i = 0; i < 100; i++) taken.push(await ports.take());
  console.log(taken.join(' '));
  process.stdin.resume();
`;

it('no port is handed out twice, not to concurrent runs either, and each is free', async () => {
  const runs = [1, 2].map(() => spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] }));
  const mine = loopbackPorts();
  const other = loopbackPorts();
  try {
    const told = Promise.all(runs.map((run) => new Promise<string>((resolve) => run.stdout.once('data', (data) => resolve(String(data))))));
    const here = await Promise.all(Array.from({ length: 150 }, (_, i) => (i % 2 === 0 ? mine : other).take()));
    const all = [...here, ...(await told).flatMap((text) => text.trim().split(' ').map(Number))];
    expect(all).toHaveLength(350);
    expect(new Set(all).size).toBe(350);
    expect(Math.max(...all)).toBeLessThan(32_768);
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port: here[0] }, resolve);
    });
    server.close();
  } finally {
    for (const run of runs) run.stdin.end();
    await Promise.all([mine.close(), other.close()]);
  }
});
