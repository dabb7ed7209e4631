/**
 * The service under test: registers behind HTTP on several nodes. One node, the primary, makes every write durable and
 * passes it on; `--reads primary` answers reads there, `--reads local` from whatever a node has: fast, and sometimes stale.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { parseArgs } from 'node:util';

const text = { type: 'string', default: '' } as const;
const { values: options } = parseArgs({ options: { name: text, port: text, primary: text, peers: text, reads: text, data: text } });
const peers = JSON.parse(options.peers) as { readonly [node: string]: string };
const leads = options.name === options.primary;
const registers = new Map<string, number>();

if (existsSync(options.data))
  for (const line of readFileSync(options.data, 'utf8').split('\n'))
    if (line !== '') registers.set(...(JSON.parse(line) as [string, number]));
const log = openSync(options.data, 'a');

function store(key: string, value: number): void {
  writeSync(log, `${JSON.stringify([key, value])}\n`);
  fsyncSync(log);
  registers.set(key, value);
}

async function body(request: IncomingMessage): Promise<string> {
  let all = '';
  for await (const piece of request) all += piece;
  return all;
}

/** Ask another node; nobody waits longer than a second for it. */
async function ask(node: string, method: string, path: string, content?: string): Promise<string> {
  const answer = await fetch(`${peers[node]}${path}`, {
    method,
    signal: AbortSignal.timeout(1000),
    ...(content === undefined ? {} : { body: content }),
  });
  if (!answer.ok) throw new Error(`${node} answered ${answer.status}`);
  return answer.text();
}

async function answer(request: IncomingMessage): Promise<string> {
  const path = request.url ?? '/';
  const key = path.replace(/^\/\w+\//, '');
  if (path === '/status') return JSON.stringify({ role: leads ? 'leader' : 'follower' });
  const content = await body(request);
  if (path.startsWith('/copy/')) {
    store(key, Number(content));
    return '';
  }
  if (request.method === 'PUT') {
    if (!leads) return ask(options.primary, 'PUT', path, content);
    store(key, Number(content));
    // Followers hear of it later: nobody waits for them.
    for (const node of Object.keys(peers)) if (node !== options.name) ask(node, 'POST', `/copy/${key}`, content).catch(() => undefined);
    return '';
  }
  if (!leads && options.reads === 'primary') return ask(options.primary, 'GET', path);
  return JSON.stringify(registers.get(key) ?? null);
}

const server = createServer((request, response) => {
  answer(request).then(
    (said) => response.end(said),
    (error: unknown) => {
      response.statusCode = 503;
      response.end(String(error));
    },
  );
});
server.listen(Number(options.port), '127.0.0.1');
process.on('SIGTERM', () => {
  closeSync(log);
  process.exit(0);
});
