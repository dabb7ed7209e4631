import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Random } from '../../core/index.ts';
import { loopback } from '../link-book.ts';
import { always } from '../patience.ts';
import { Amqp } from './amqp.ts';
import { contentFrames, frames, METHOD, MethodReader, MethodWriter } from './amqp-frames.ts';
import { PortMapper } from './port-mapper.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function listening(serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  });
  return (server.address() as { port: number }).port;
}

describe('frames', () => {
  it('come back as they were written, wherever they are torn', () => {
    const written = Buffer.concat([
      new MethodWriter(METHOD.tune).short(7).long(131_072).short(0).frame(0),
      contentFrames(1, 2, Buffer.from('"x"')),
    ]);
    const whole = [...frames(written)];
    expect(whole.map(({ kind, channel, method }) => [kind, channel, method])).toEqual([
      ['method', 0, METHOD.tune],
      ['header', 1, 0],
      ['body', 1, 0],
    ]);
    const tune = new MethodReader(whole[0]?.payload ?? Buffer.alloc(0));
    expect([tune.short(), tune.long()]).toEqual([7, 131_072]);
    for (let cut = 0; cut < written.length; cut++)
      expect([...frames(written.subarray(0, cut))].length).toBe(whole.filter(({ end }) => end <= cut).length);
  });

  it('of garbage are refused with a code, or waited for, and nothing else', () => {
    const random = new Random(1, 'amqp');
    let refused = 0;
    for (let run = 0; run < 2000; run++) {
      const bytes = Buffer.from(Array.from({ length: random.below(60) }, () => random.below(256)));
      try {
        for (const { payload } of frames(bytes)) new MethodReader(payload).text();
      } catch (error) {
        refused++;
        expect(error).toMatchObject({ name: 'Broken', code: 'NOT_AMQP' });
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});

/** Answers each method by the table; greets first. */
function broker(answers: { readonly [method: number]: readonly Buffer[] }): Promise<number> {
  return listening((socket) => {
    let greeted = false;
    socket.on('data', (bytes: Buffer) => {
      if (!greeted) {
        greeted = true;
        socket.write(new MethodWriter(METHOD.start).octet(0).frame(0));
        return;
      }
      for (const { method } of frames(bytes)) for (const answer of answers[method] ?? []) socket.write(answer);
    });
  });
}
const answer = (method: number, channel = 1): readonly Buffer[] => [new MethodWriter(method).long(0).long(0).frame(channel)];
const hello = {
  [METHOD.startOk]: [new MethodWriter(METHOD.tune).short(10).long(131_072).short(60).frame(0)],
  [METHOD.open]: answer(METHOD.openOk, 0),
  [METHOD.channelOpen]: answer(METHOD.channelOpenOk),
  [METHOD.confirmSelect]: answer(METHOD.confirmSelectOk),
};
const closed = (code: number): readonly Buffer[] => [
  new MethodWriter(METHOD.channelClose).short(code).text('why').short(60).short(40).frame(1),
];
const connect = async (answers: { readonly [method: number]: readonly Buffer[] }): Promise<Amqp> => {
  const amqp = await Amqp.connect(loopback(await broker({ ...hello, ...answers })), always(500));
  open.push(amqp);
  return amqp;
};

describe('a client', () => {
  it('takes a confirm for an acknowledgement, a nack for not knowing, and what no queue took for a failure', async () => {
    await (await connect({ [METHOD.publish]: answer(METHOD.ack) })).publish('q', '1');
    await expect((await connect({ [METHOD.publish]: answer(METHOD.nack) })).publish('q', '1')).rejects.toMatchObject({
      code: 'NACK',
      definite: false,
    });
    const returned = [...answer(METHOD.returned), ...answer(METHOD.ack)];
    await expect((await connect({ [METHOD.publish]: returned })).publish('q', '1')).rejects.toMatchObject({
      code: 'UNROUTABLE',
      definite: true,
    });
  });

  it('knows nothing of what it was not answered, or was answered with an error that is no refusal', async () => {
    await expect((await connect({})).publish('q', '1')).rejects.toMatchObject({ code: 'LC_TIMEOUT', sent: true });
    await expect((await connect({ [METHOD.get]: closed(541) })).take('q')).rejects.toMatchObject({ code: 'AMQP_541', definite: false });
    await expect((await connect({ [METHOD.get]: closed(404) })).take('q')).rejects.toMatchObject({ code: 'AMQP_404', definite: true });
  });

  it('takes a message in pieces, and tells an empty queue', async () => {
    const taken = [...answer(METHOD.getOk), contentFrames(1, 2, Buffer.from('"long enough to be torn"'))];
    const joined = Buffer.concat(taken);
    const pieces = [joined.subarray(0, 9), joined.subarray(9, 40), joined.subarray(40)];
    expect(await (await connect({ [METHOD.get]: pieces })).take('q')).toBe('"long enough to be torn"');
    expect(await (await connect({ [METHOD.get]: answer(METHOD.getEmpty) })).take('q')).toBeNull();
  });
});

describe('a port mapper', () => {
  const ask = (port: number, request: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      const socket = createConnection({ host: '127.0.0.1', port }, () => socket.write(request));
      open.push({ close: () => socket.destroy() });
      socket.on('data', (piece) => {
        pieces.push(piece);
        // Who registers stays connected.
        if (request[2] === 120) resolve(Buffer.concat(pieces));
      });
      socket.on('end', () => resolve(Buffer.concat(pieces)));
      socket.on('error', reject);
    });
  const request = (...bytes: readonly (number | string)[]): Buffer => {
    const body = Buffer.concat(bytes.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));
    return Buffer.concat([Buffer.from([0, body.length]), body]);
  };

  it('names links of others at once, and its owner from when it has registered', async () => {
    const port = await listening(() => {});
    open.splice(0).forEach((one) => {
      one.close();
    });
    const mapper = new PortMapper(
      port,
      'n1',
      new Map([
        ['n1', 5001],
        ['n2', 5002],
      ]),
    );
    open.push(mapper);
    await mapper.listen();
    expect((await ask(port, request(122, 'n2'))).readUInt16BE(2)).toBe(5002);
    expect([...(await ask(port, request(122, 'n1')))]).toEqual([119, 1]);
    const registered = await ask(port, request(120, 0x13, 0x89, 77, 0, 0, 6, 0, 5, 0, 2, 'n1', 0, 0));
    expect([registered[0], registered[1], registered.length]).toEqual([118, 0, 6]);
    expect((await ask(port, request(122, 'n1'))).readUInt16BE(2)).toBe(5001);
    expect((await ask(port, request(110))).toString('utf8', 4)).toBe('name n1 at port 5001\nname n2 at port 5002\n');
    expect([...(await ask(port, request(122, 'n9')))]).toEqual([119, 1]);
  });
});
