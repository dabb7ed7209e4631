/** Every client against a server that answers garbage: noise, and answers that were right before they were spoilt. */
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../core/index.ts';
import type { Address } from '../nemesis/index.ts';
import type { Completion } from '../workloads/index.ts';
import { etcdClient } from './etcd/client.ts';
import { natsClient } from './nats/client.ts';
import { postgresClient } from './postgres/client.ts';
import { redisClient } from './redis-sentinel/client.ts';
import type { ClientOptions, SystemClient } from './system.ts';
import { zookeeperClient } from './zookeeper/client.ts';
import { JuteWriter } from './zookeeper/jute.ts';

const ROUNDS = 40;
const TIMEOUT_MS = 40;
const options: ClientOptions = { workload: 'register', node: 'n1', name: 'client-1', timeoutMs: TIMEOUT_MS };

/** What the server says to the next pieces that it is sent; then it hangs up. */
let script: Buffer[] = [];
let server: Server;
let address: Address;
const sockets = new Set<Socket>();

beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', () => {
      const piece = script.shift();
      if (piece === undefined) socket.destroy();
      else socket.write(piece);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = { host: '127.0.0.1', port: (server.address() as { port: number }).port };
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

const http = (body: string): Buffer =>
  Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
const pg = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
};
const pgReady = pg('Z', Buffer.from('I'));
const pgRow = (text: string): Buffer => {
  const body = Buffer.alloc(6 + text.length);
  body.writeInt16BE(1, 0);
  body.writeInt32BE(text.length, 2);
  body.write(text, 6);
  return pg('D', body);
};
const tag = (text: string): Buffer => pg('C', Buffer.from(`${text}\0`));
const jsBody = JSON.stringify({ message: { data: Buffer.from('7').toString('base64'), seq: 3 } });

/** Each protocol: its client, and what a server that works would say to a read of a register that holds 7, piece by piece. */
const protocols: {
  readonly [name: string]: { readonly client: (to: Address) => SystemClient; readonly right: (nth: number) => readonly Buffer[] };
} = {
  etcd: {
    client: (to) => etcdClient(to, options, {}),
    right: () => [
      http(`{"header":{"revision":"5"},"kvs":[{"key":"ci9r","value":"${Buffer.from('7').toString('base64')}","mod_revision":"4"}]}`),
    ],
  },
  redis: {
    client: (to) => redisClient({ sentinel: to, replica: to, server: async () => to }, options, {}),
    right: () => [
      Buffer.from('*2\r\n$9\r\n127.0.0.1\r\n$4\r\n7000\r\n'),
      Buffer.from('*3\r\n$6\r\nmaster\r\n:10\r\n*0\r\n'),
      Buffer.from('$1\r\n7\r\n'),
    ],
  },
  postgres: {
    client: (to) => postgresClient([to], options, {}),
    right: () => [
      Buffer.concat([pg('R', Buffer.alloc(4)), pgReady]),
      Buffer.concat([pg('T', Buffer.alloc(2)), pgRow('f'), tag('SELECT 1'), pgReady]),
      Buffer.concat([pg('T', Buffer.alloc(2)), pgRow('7'), tag('SELECT 1'), pgReady]),
    ],
  },
  zookeeper: {
    client: (to) => zookeeperClient(to, options, {}),
    right: () => {
      const hello = new JuteWriter().int(0).int(6000).long(9n).bytes(Buffer.alloc(16)).packet();
      const stat = new JuteWriter().int(1).long(4n).int(0).text('7').long(1n).long(1n).long(1n).long(1n).int(2).packet();
      return [hello, stat];
    },
  },
  nats: {
    client: (to) => natsClient(to, options),
    right: (nth) => [
      Buffer.from('INFO {}\r\nPONG\r\n'),
      Buffer.from(`MSG _INBOX.${process.pid}.${nth}.1 1 ${jsBody.length}\r\n${jsBody}\r\n`),
    ],
  },
};

/** Somewhere wrong: bytes changed, left out, doubled, or the end missing. */
function spoilt(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  const at = random.below(copy.length);
  switch (random.below(4)) {
    case 0:
      for (let i = 0; i <= random.below(4); i++) copy[random.below(copy.length)] = random.below(256);
      return copy;
    case 1:
      return copy.subarray(0, at);
    case 2:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(Math.min(copy.length, at + 1 + random.below(8)))]);
    default:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(Math.max(0, at - random.below(8)))]);
  }
}

const noise = (random: Random): Buffer => Buffer.from(Array.from({ length: 1 + random.below(300) }, () => random.below(256)));

/** One question to a server that answers with `pieces`. The client never throws, whatever it is told. */
async function asked(name: string, pieces: readonly Buffer[], f: 'read' | 'write'): Promise<Completion> {
  script = [...pieces];
  const client = protocols[name]?.client(address) as SystemClient;
  try {
    return await client.invoke(f === 'read' ? { f, key: 'k' } : { f, key: 'k', value: 1 });
  } finally {
    await client.close();
  }
}

describe.each(Object.keys(protocols))('the client of %s', (name) => {
  const right = protocols[name]?.right as (nth: number) => readonly Buffer[];

  it('understands the right answers', async () => {
    // NATS names its inbox by the number of the connection, so that one is heard only by who counted right.
    for (let nth = 1, value: unknown; value !== 7; nth++) {
      if (nth > 400) throw new Error('no answer was understood');
      const completion = await asked(name, right(nth), 'read');
      if (completion.outcome === 'ok') value = completion.value;
      if (completion.outcome === 'ok') expect(value).toBe(7);
    }
  });

  it('takes noise for no answer: a read has failed, of a write it does not know', async () => {
    const random = new Random(11, name);
    for (let round = 0; round < ROUNDS; round++) {
      const pieces = Array.from({ length: 4 }, () => noise(random));
      const read = await asked(name, pieces, 'read');
      expect([read.outcome, read.code]).toEqual(['fail', expect.stringMatching(/^[A-Z][A-Z0-9_]+$/)]);
      expect((await asked(name, pieces, 'write')).outcome).not.toBe('ok');
    }
  });

  it('takes a spoilt answer for none, or for what it says, and never breaks', async () => {
    const random = new Random(12, name);
    for (let round = 0; round < ROUNDS; round++) {
      const pieces = right(1);
      const at = random.below(pieces.length);
      const answers = pieces.map((piece, i) => (i === at ? spoilt(piece, random) : piece));
      const read = await asked(name, answers, 'read');
      expect(['ok', 'fail']).toContain(read.outcome);
      if (read.outcome === 'fail') expect(read.code).toMatch(/^[A-Z0-9][A-Z0-9_]*$/);
      const write = await asked(name, answers, 'write');
      // What was asked for is a write: an answer to a read acknowledges nothing, unless the protocol's answers look alike.
      if (write.outcome !== 'ok') expect(write.code).toMatch(/^[A-Z0-9][A-Z0-9_]*$/);
    }
  });
});
