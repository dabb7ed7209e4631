import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Address } from './contract.ts';
import { loopbackPorts } from './ports.ts';
import { type ProxyLinks, proxyLinks } from './proxy-links.ts';
import { TestClient, TestServer, until } from './testing-sockets.ts';

/** Longer than anything on loopback takes: for what must not arrive. */
const SILENCE_MS = 60;
const silence = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, SILENCE_MS));

let links: ProxyLinks;
let server: TestServer;
let front: Address;
const clients: TestClient[] = [];

async function client(): Promise<TestClient> {
  const one = new TestClient(front);
  clients.push(one);
  await one.connected;
  return one;
}

async function serve(manner: 'echo' | 'listen' | 'deaf'): Promise<void> {
  server = new TestServer(manner);
  front = await links.open({ from: 'a', to: 'b', target: await server.listen() });
}

beforeAll(async () => {
  links = await proxyLinks({ seed: 7 });
});

afterEach(async () => {
  for (const one of clients.splice(0)) one.socket.destroy();
  server.close();
  await links.heal();
});

afterAll(() => links.close());

describe('a cut', () => {
  it('of a->b stops what a sends, not what b answers', async () => {
    await serve('listen');
    const a = await client();
    a.socket.write('before');
    await until(() => server.heard === 'before');
    await links.set('a', 'b', { cut: true });
    a.socket.write(' lost?');
    server.sockets[0]?.write('answer');
    await until(() => a.heard === 'answer');
    await silence();
    expect(server.heard).toBe('before');
    await links.set('a', 'b', {});
    await until(() => server.heard === 'before lost?');
  });

  it('of b->a stops what b answers, not what a sends, on new connections too', async () => {
    await serve('echo');
    await links.set('b', 'a', { cut: true });
    const a = await client();
    a.socket.write('request');
    await until(() => server.heard === 'request');
    await silence();
    expect(a.heard).toBe('');
    await links.heal();
    await until(() => a.heard === 'request');
  });

  it('lets new connections in, and says nothing: they go on after the heal', async () => {
    await serve('echo');
    await links.set('a', 'b', { cut: true });
    const a = await client();
    a.socket.write('hello');
    await silence();
    expect([server.sockets.length, a.closed, a.heard]).toEqual([0, false, '']);
    await links.heal();
    await until(() => a.heard === 'hello');
  });

  it('never delivers what was sent by a connection that was made and given up behind it', async () => {
    await serve('echo');
    await links.set('a', 'b', { cut: true });
    const [gone, stays] = [await client(), await client()];
    gone.socket.end('too late');
    stays.socket.write('patient');
    await silence();
    await links.heal();
    await until(() => stays.heard === 'patient');
    await silence();
    expect(server.heard).toBe('patient');
  });

  it('holds back an end and a reset until it is healed', async () => {
    await serve('echo');
    const [ends, resets] = [await client(), await client()];
    await ends.ask('x', 1);
    await resets.ask('y', 1);
    await links.set('b', 'a', { cut: true });
    server.sockets[0]?.end();
    server.sockets[1]?.resetAndDestroy();
    await silence();
    expect([ends.ended, resets.closed]).toEqual([false, false]);
    await links.heal();
    await until(() => ends.ended && resets.closed);
    expect(resets.code).toBe('ECONNRESET');
  });

  it('does not buffer: the sender is made to wait', async () => {
    await serve('listen');
    await links.set('a', 'b', { cut: true });
    const a = await client();
    const chunk = Buffer.alloc(1 << 20, 1);
    for (let i = 0; i < 64; i++) a.socket.write(chunk);
    const taken = (): number => a.socket.bytesWritten - a.socket.writableLength;
    for (let before = -1; before !== taken(); await silence()) before = taken();
    // What the two kernels hold: send buffer, receive buffer.
    expect(taken()).toBeLessThan(24 << 20);
    await links.heal();
    await until(() => server.heard.length === 64 << 20, 20_000);
  });

  it('is in force on every link when `set` resolves, and a probe sees it and its heal', async () => {
    await serve('echo');
    const names = ['a', 'b', 'c', 'd', 'e'];
    const pairs = names.flatMap((from) => names.filter((to) => to !== from).map((to) => [from, to] as const));
    const probes = (timeoutMs: number): Promise<boolean[]> => Promise.all(pairs.map(([from, to]) => links.probe(from, to, timeoutMs)));
    expect(await probes(3000)).toEqual(pairs.map(() => true));
    await Promise.all(pairs.map(([from, to]) => links.set(from, to, { cut: from === 'a' || to === 'a' })));
    expect(await probes(100)).toEqual(pairs.map(([from, to]) => from !== 'a' && to !== 'a'));
    await links.heal();
    expect(await probes(3000)).toEqual(pairs.map(() => true));
  });
});

describe('what else a link does', () => {
  it('delays each direction by its own, and keeps the order', async () => {
    await serve('echo');
    await links.set('a', 'b', { delayMs: { min: 30, max: 60 } });
    await links.set('b', 'a', { delayMs: { min: 20, max: 20 } });
    const a = await client();
    const start = performance.now();
    const text = Array.from({ length: 200 }, (_, i) => String(i).padStart(4, '0'));
    for (const word of text) {
      a.socket.write(word);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => a.heard.length === 800);
    expect(a.heard).toBe(text.join(''));
    expect(performance.now() - start).toBeGreaterThanOrEqual(49);
  });

  it('loses over TCP by stalls: all arrives in order, late', async () => {
    await serve('echo');
    await links.set('a', 'b', { lossRate: 0.2 });
    const a = await client();
    const start = performance.now();
    for (let i = 0; i < 20; i++) await a.ask(String(i % 10), i + 1);
    expect(a.heard).toBe('01234567890123456789');
    expect(performance.now() - start).toBeGreaterThan(190);
  });

  it('resets now and then where much is lost', async () => {
    await serve('echo');
    await links.set('a', 'b', { lossRate: 0.9 });
    const some = await Promise.all(Array.from({ length: 10 }, client));
    for (const one of some) one.socket.write('x');
    await until(() => some.some(({ closed, code }) => closed && code === 'ECONNRESET'));
  });

  it('lets no more bytes through than its bandwidth, over all connections', async () => {
    await serve('listen');
    await links.set('a', 'b', { bytesPerSecond: 400_000 });
    const some = [await client(), await client()];
    const start = performance.now();
    for (const one of some) one.socket.write(Buffer.alloc(100_000, 65));
    await until(() => server.heard.length === 200_000);
    expect(performance.now() - start).toBeGreaterThan(450);
  });

  it('passes an end on while the other side still speaks', async () => {
    await serve('listen');
    const a = await client();
    a.socket.end('question');
    await until(() => server.ends === 1);
    server.sockets[0]?.end('answer');
    await until(() => a.ended && a.heard === 'answer');
  });

  it('leaves connections that are open half open: silent, no end told, reset when it ends; new ones work', async () => {
    await serve('echo');
    const old = await client();
    expect(await old.ask('before', 6)).toBe('before');
    await links.set('a', 'b', { halfOpen: true });
    old.socket.write(' after');
    const young = await client();
    expect(await young.ask('young', 5)).toBe('young');
    await silence();
    expect([old.heard, old.closed, server.ends, server.heard]).toEqual(['before', false, 0, 'beforeyoung']);
    await links.set('a', 'b', {});
    await until(() => old.closed);
    expect([old.code, server.heard]).toEqual(['ECONNRESET', 'beforeyoung']);
    expect(await young.ask('!', 6)).toBe('young!');
  });

  it('tells an end and a reset later than the bytes before them', async () => {
    await serve('echo');
    await links.set('a', 'b', { closeDelayMs: 300 });
    const [ends, dies] = [await client(), await client()];
    const start = performance.now();
    ends.socket.end('last');
    dies.socket.write('words');
    await until(() => server.heard.length === 9);
    expect(performance.now() - start).toBeLessThan(250);
    dies.socket.resetAndDestroy();
    let closed = false;
    server.sockets.at(-1)?.on('close', () => {
      closed = true;
    });
    await silence();
    expect([server.ends, closed]).toEqual([0, false]);
    await until(() => server.ends === 1 && closed);
    expect(performance.now() - start).toBeGreaterThan(295);
  });

  it('resets where nobody listens, as a dead server does', async () => {
    await serve('echo');
    server.close();
    await once(server.server, 'close');
    const a = new TestClient(front);
    clients.push(a);
    await until(() => a.closed);
    expect(a.code).toBe('ECONNRESET');
  });

  describe('where it is patient, and the target does not listen yet', () => {
    const ports = loopbackPorts();
    afterAll(() => ports.close());
    const accepted = async (): Promise<number> => (await links.traffic()).find(({ from }) => from === 'a')?.connections ?? 0;

    /** Down, and its link patient. */
    async function down(patienceMs: number): Promise<number> {
      const port = await ports.take();
      front = await links.open({ from: 'a', to: 'b', target: { host: '127.0.0.1', port }, patienceMs });
      server = new TestServer();
      return port;
    }

    it('keeps the caller waiting, and loses nothing of what it said', async () => {
      const port = await down(5000);
      const a = await client();
      a.socket.write('early');
      await silence();
      expect([a.closed, a.heard]).toEqual([false, '']);
      await server.listen(port);
      await until(() => a.heard === 'early');
      a.socket.end(' and late');
      await until(() => a.heard === 'early and late' && server.ends === 1);
      expect(server.sockets.length).toBe(1);
    });

    it('resets it when patience is over', async () => {
      await down(100);
      const start = performance.now();
      const a = await client();
      await until(() => a.closed);
      expect(a.code).toBe('ECONNRESET');
      expect(performance.now() - start).toBeGreaterThan(90);
    });

    it('lets nothing through that was cut meanwhile', async () => {
      const port = await down(5000);
      const before = await accepted();
      const a = await client();
      a.socket.write('early');
      while ((await accepted()) === before) await silence();
      await links.set('a', 'b', { cut: true });
      await server.listen(port);
      await until(() => server.sockets.length === 1);
      await silence();
      expect(server.heard).toBe('');
      await links.heal();
      await until(() => a.heard === 'early');
    });
  });

  it('makes a fast sender wait for a slow receiver', async () => {
    await serve('deaf');
    const sentByA = async (): Promise<number> => (await links.traffic()).find(({ from }) => from === 'a')?.bytes ?? 0;
    const before = await sentByA();
    const a = await client();
    const chunk = Buffer.alloc(1 << 20, 1);
    for (let i = 0; i < 64; i++) a.socket.write(chunk);
    await until(() => server.sockets.length === 1);
    await silence();
    expect((await sentByA()) - before).toBeLessThan(24 << 20);
    let received = 0;
    server.sockets[0]?.on('data', (more: Buffer) => {
      received += more.length;
    });
    await until(() => received === 64 << 20, 20_000);
  });
});

it('datagrams are delayed, lost and cut, each direction on its own', async () => {
  server = new TestServer();
  const target = createSocket('udp4');
  const source = createSocket('udp4');
  const heard: string[] = [];
  let echoes = 0;
  target.on('message', (datagram, { port }) => {
    heard.push(datagram.toString());
    target.send(datagram, port, '127.0.0.1');
  });
  source.on('message', () => {
    echoes++;
  });
  try {
    target.bind(0, '127.0.0.1');
    await once(target, 'listening');
    const { port } = await links.open({
      from: 'a',
      to: 'b',
      target: { host: '127.0.0.1', port: target.address().port },
      protocol: 'udp',
    });
    const send = (text: string): void => source.send(text, port, '127.0.0.1');
    send('1');
    await until(() => echoes === 1);
    await links.set('b', 'a', { cut: true });
    send('2');
    await until(() => heard.length === 2);
    await links.set('a', 'b', { cut: true });
    send('3');
    await silence();
    expect([heard, echoes]).toEqual([['1', '2'], 1]);
    await links.heal();
    await links.set('a', 'b', { delayMs: { min: 40, max: 50 } });
    const start = performance.now();
    send('4');
    await until(() => echoes === 2);
    expect(performance.now() - start).toBeGreaterThan(39);
    await links.set('a', 'b', { lossRate: 0.5 });
    for (let i = 0; i < 200; i++) send('x');
    await silence();
    expect(heard.length).toBeGreaterThan(40);
    expect(heard.length).toBeLessThan(170);
  } finally {
    target.close();
    source.close();
  }
});

it('an order after the close is refused', async () => {
  const closed = await proxyLinks();
  await closed.close();
  await closed.close();
  await expect(closed.heal()).rejects.toMatchObject({ code: 'LC_ENVIRONMENT' });
});
