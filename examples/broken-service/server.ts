/**
 * One node over HTTP: `POST /do` a command, `POST /replicate` entries for a follower's log, `GET /status`. A follower hands
 * every command on to the primary. 200 is an answer, 409 a refusal (nothing changed), 503 says that nobody knows.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import type { Bug } from './bugs.ts';
import { DurableLog } from './durable-log.ts';
import { Primary } from './primary.ts';
import { type Command, type Entry, type Json, Refused } from './state.ts';

const text = { type: 'string', default: '' } as const;
const { values: options } = parseArgs({ options: { name: text, port: text, primary: text, peers: text, bug: text, data: text } });
const peers = JSON.parse(options.peers) as { readonly [node: string]: string };
const leads = options.name === options.primary;
const bug = options.bug === '' ? null : (options.bug as Bug);
const log = new DurableLog(options.data);

const REPLICATE_MS = 1000;
const FORWARD_MS = 1200;

async function post(url: string, content: unknown, withinMs: number): Promise<{ status: number; said: string }> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(content), signal: AbortSignal.timeout(withinMs) });
  return { status: answer.status, said: await answer.text() };
}

const senders = Object.values(peers).map((url) => async (from: number, entries: readonly Entry[]): Promise<number> => {
  const { status, said } = await post(`${url}/replicate`, { from, entries }, REPLICATE_MS);
  if (status !== 200) throw new Error(said);
  return Number(said);
});
const primary = leads ? new Primary(log, senders, bug) : null;

/** Of `stale-cache`: what was read. */
const cache = new Map<string, string>();

/** What came before `from` is known to be the same: the primary sent it. Answers how much this node has. */
async function follow({ from, entries }: { readonly from: number; readonly entries: readonly Entry[] }): Promise<number> {
  if (from > log.length) return log.length;
  log.truncate(from);
  await log.append(entries);
  for (const change of entries.flat()) if ('set' in change) cache.delete(change.set);
  return log.length;
}

async function forward(command: Command): Promise<{ status: number; said: string }> {
  const key = bug === 'stale-cache' && command.f === 'read' ? String(command.key) : null;
  const known = key === null ? undefined : cache.get(key);
  if (known !== undefined) return { status: 200, said: known };
  const answer = await post(`${peers[options.primary]}/do`, command, FORWARD_MS);
  if (key !== null && answer.status === 200) cache.set(key, answer.said);
  return answer;
}

async function answer(request: IncomingMessage): Promise<{ status: number; said: string }> {
  if (request.url === '/status') return ok({ role: leads ? 'leader' : 'follower', position: log.length });
  let body = '';
  for await (const piece of request) body += piece;
  if (request.url === '/replicate') return ok(await follow(JSON.parse(body) as { from: number; entries: Entry[] }));
  const command = JSON.parse(body) as Command;
  return primary === null ? forward(command) : ok(await primary.execute(command));
}

const ok = (value: Json): { status: number; said: string } => ({ status: 200, said: JSON.stringify(value) });

function respond(response: ServerResponse, status: number, said: string): void {
  response.statusCode = status;
  response.end(said);
}

createServer((request, response) => {
  answer(request).then(
    ({ status, said }) => respond(response, status, said),
    (error: unknown) => respond(response, error instanceof Refused ? 409 : 503, error instanceof Error ? error.message : 'ERROR'),
  );
}).listen(Number(options.port), '127.0.0.1');
process.on('SIGTERM', () => {
  log.close();
  process.exit(0);
});
