/**
 * A session with one ZooKeeper server: connect, then numbered requests, one at a time. It never moves to another server
 * by itself. An error in a reply is definite: the write became a transaction that does nothing. Pings keep the session
 * while nobody asks, because its ephemeral nodes are locks.
 */
import type { Address } from '../../nemesis/index.ts';
import { Broken, Refused } from '../completion.ts';
import type { Patience } from '../patience.ts';
import { type Parsed, Wire } from '../wire.ts';
import { JuteReader, JuteWriter } from './jute.ts';

const OPERATION = { create: 1, delete: 2, getData: 4, setData: 5, getChildren: 8, sync: 9, ping: 11, close: -11 } as const;
const NOTIFICATION = -1;
const PING = -2;
const ALL_PERMISSIONS = 31;
const MAX_PACKET = 32 << 20;

const errors: { readonly [code: number]: string } = {
  [-4]: 'CONNECTION_LOSS',
  [-101]: 'NO_NODE',
  [-103]: 'BAD_VERSION',
  [-110]: 'NODE_EXISTS',
  [-112]: 'SESSION_EXPIRED',
};
/** Said of the connection, not of the request. */
const UNSURE = new Set([-4, -112]);

export const flags = { persistent: 0, ephemeral: 1, sequential: 2, ephemeralSequential: 3 } as const;

interface Reply {
  readonly zxid: bigint;
  readonly body: JuteReader;
}

/** The first whole packet; null while it is not there. */
function packet(bytes: Buffer, at = 0): Parsed<Buffer> | null {
  if (bytes.length < at + 4) return null;
  const length = bytes.readInt32BE(at);
  if (length < 0 || length > MAX_PACKET) throw new Broken('NOT_ZOOKEEPER', true);
  const end = at + 4 + length;
  return bytes.length < end ? null : { value: bytes.subarray(at + 4, end), used: end };
}

export class ZooKeeper {
  readonly #wire: Wire;
  readonly #patience: Patience;
  readonly #pings: NodeJS.Timeout;
  /** Before every path that is asked for, and off every path that is told. */
  readonly #chroot: string;
  #xid = 0;

  private constructor(wire: Wire, patience: Patience, sessionMs: number, chroot: string) {
    this.#chroot = chroot;
    this.#wire = wire;
    this.#patience = patience;
    const ping = new JuteWriter().int(PING).int(OPERATION.ping).packet();
    this.#pings = setInterval(() => (wire.isOpen ? wire.write(ping) : clearInterval(this.#pings)), sessionMs / 3);
    this.#pings.unref();
  }

  static async connect(address: Address, patience: Patience, sessionMs: number, chroot = ''): Promise<ZooKeeper> {
    const wire = await Wire.connect(address, patience());
    const hello = new JuteWriter().int(0).long(0n).int(sessionMs).long(0n).bytes(Buffer.alloc(16)).flag(false).packet();
    const granted = await wire.ask(
      hello,
      (bytes) => {
        const answer = packet(bytes);
        if (answer === null) return null;
        const reader = new JuteReader(answer.value);
        reader.int();
        return { value: reader.int(), used: answer.used };
      },
      patience(),
    );
    return new ZooKeeper(wire, patience, granted, chroot);
  }

  get isOpen(): boolean {
    return this.#wire.isOpen;
  }

  /** The path as it became (with its number where it is sequential), and the transaction's number. */
  async create(path: string, data: string, flag: number): Promise<{ readonly path: string; readonly zxid: bigint }> {
    const request = (writer: JuteWriter): void => {
      writer
        .text(this.#chroot + path)
        .text(data)
        .int(1)
        .int(ALL_PERMISSIONS)
        .text('world')
        .text('anyone')
        .int(flag);
    };
    const { body, zxid } = await this.#ask(OPERATION.create, request);
    return { path: body.text().slice(this.#chroot.length), zxid };
  }

  async delete(path: string, version = -1): Promise<void> {
    await this.#ask(OPERATION.delete, (writer) => writer.text(this.#chroot + path).int(version));
  }

  async getData(path: string): Promise<{ readonly data: string; readonly version: number }> {
    const { body } = await this.#ask(OPERATION.getData, (writer) => writer.text(this.#chroot + path).flag(false));
    const data = body.text();
    // The numbers and times of its creation and last change come first in the description.
    for (let skipped = 0; skipped < 4; skipped++) body.long();
    return { data, version: body.int() };
  }

  /** The transaction's number. */
  async setData(path: string, data: string, version = -1): Promise<bigint> {
    return (
      await this.#ask(OPERATION.setData, (writer) =>
        writer
          .text(this.#chroot + path)
          .text(data)
          .int(version),
      )
    ).zxid;
  }

  async getChildren(path: string): Promise<string[]> {
    return (await this.#ask(OPERATION.getChildren, (writer) => writer.text(this.#chroot + path).flag(false))).body.texts();
  }

  /** The server catches up with the leader before it answers what comes next. */
  async sync(path: string): Promise<void> {
    await this.#ask(OPERATION.sync, (writer) => writer.text(this.#chroot + path));
  }

  /** Ephemeral nodes go with the session, if the server still hears us. */
  close(): void {
    clearInterval(this.#pings);
    this.#wire.write(
      new JuteWriter()
        .int(++this.#xid)
        .int(OPERATION.close)
        .packet(),
    );
    this.#wire.finish();
  }

  async #ask(operation: number, write: (writer: JuteWriter) => void): Promise<Reply> {
    const xid = ++this.#xid;
    const writer = new JuteWriter().int(xid).int(operation);
    write(writer);
    const { error, reply } = await this.#wire.ask(writer.packet(), (bytes) => replyTo(xid, bytes), this.#patience());
    // Its errors are negative.
    if (error > 0) throw new Broken('NOT_ZOOKEEPER', true);
    if (error !== 0) throw new Refused(errors[error] ?? `ZOOKEEPER_${-error}`, !UNSURE.has(error));
    return reply;
  }
}

/** Past pongs and notifications. */
function replyTo(xid: number, bytes: Buffer): Parsed<{ readonly error: number; readonly reply: Reply }> | null {
  for (let at = 0; ; ) {
    const next = packet(bytes, at);
    if (next === null) return null;
    at = next.used;
    const body = new JuteReader(next.value);
    const answers = body.int();
    if (answers === PING || answers === NOTIFICATION) continue;
    if (answers !== xid) throw new Broken('OUT_OF_ORDER', true);
    const zxid = body.long();
    return { value: { error: body.int(), reply: { zxid, body } }, used: at };
  }
}
