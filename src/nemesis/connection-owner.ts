/**
 * Whose socket is at the other end of a connection on loopback: the kernel's table (/proc/net/tcp) names the socket's
 * inode, and the process that has it open (/proc/PID/fd) is the source. Sources cannot lie about it, and need not be
 * changed. Looks are gathered: a burst of connections costs one walk.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { family } from './process-table.ts';

/** Inode by `protocol:local port:remote port`. IPv6 sockets may talk to an IPv4 address and stand in the other table. */
function socketInodes(protocols: readonly string[]): Map<string, string> {
  const inodes = new Map<string, string>();
  for (const table of protocols.flatMap((protocol) => [protocol, `${protocol}6`])) {
    let text: string;
    try {
      text = readFileSync(`/proc/net/${table}`, 'latin1');
    } catch {
      continue;
    }
    for (const line of text.split('\n').slice(1)) {
      const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
      if (local === undefined || remote === undefined || inode === undefined || inode === '0') continue;
      inodes.set(`${table.slice(0, 3)}:${portOf(local)}:${portOf(remote)}`, inode);
    }
  }
  return inodes;
}

const portOf = (address: string): number => Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16);

function socketsOf(pid: number): string[] {
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
  const inodes: string[] = [];
  for (const name of names) {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${name}`);
      if (target.startsWith('socket:[')) inodes.push(target.slice(8, -1));
    } catch {
      // Closed since the folder was read.
    }
  }
  return inodes;
}

const LISTENING = '0A';

/** Does one of these processes listen on this TCP port? */
export function listensOn(pids: readonly number[], port: number): boolean {
  const inodes = new Set<string>();
  for (const table of ['tcp', 'tcp6']) {
    let text: string;
    try {
      text = readFileSync(`/proc/net/${table}`, 'latin1');
    } catch {
      continue;
    }
    for (const line of text.split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local !== undefined && inode !== undefined && state === LISTENING && portOf(local) === port) inodes.add(inode);
    }
  }
  return pids.some((pid) => socketsOf(pid).some((inode) => inodes.has(inode)));
}

/** A connection by its two ports. */
export interface Ends {
  readonly protocol: 'tcp' | 'udp';
  readonly source: number;
  readonly listener: number;
}

/** Null: our own process. Undefined: none of the processes that are known. */
export type Owner = string | null | undefined;

/** The owner of each connection's source. `known` are the processes with owners by pid; their descendants count as theirs. */
export function ownersOf(connections: readonly Ends[], known: ReadonlyMap<number, string>): Owner[] {
  const inodes = socketInodes([...new Set(connections.map(({ protocol }) => protocol))]);
  const wanted = new Map<string, number[]>();
  connections.forEach(({ protocol, source, listener }, i) => {
    // A datagram socket need not be connected to whom it writes to.
    const inode = inodes.get(`${protocol}:${source}:${listener}`) ?? inodes.get(`${protocol}:${source}:0`);
    if (inode !== undefined) wanted.set(inode, [...(wanted.get(inode) ?? []), i]);
  });
  const found = new Array<Owner>(connections.length).fill(undefined);
  const look = (pid: number, owner: string | null): void => {
    for (const inode of socketsOf(pid)) {
      for (const i of wanted.get(inode) ?? []) found[i] = owner;
      wanted.delete(inode);
    }
  };
  look(process.pid, null);
  for (const [pid, owner] of known) if (wanted.size > 0) look(pid, owner);
  if (wanted.size === 0) return found;
  for (const [root, owner] of known) {
    for (const { pid } of family([root])) if (wanted.size > 0 && pid !== root) look(pid, owner);
  }
  return found;
}

/** Gathers questions that come in one turn of the event loop and answers them together. */
export class OwnerFinder {
  known: ReadonlyMap<number, string> = new Map();
  #asked: { readonly ends: Ends; readonly answer: (owner: Owner) => void }[] = [];

  find(ends: Ends): Promise<Owner> {
    return new Promise((resolve) => {
      this.#asked.push({ ends, answer: resolve });
      if (this.#asked.length === 1) setImmediate(() => this.#answer());
    });
  }

  #answer(): void {
    const asked = this.#asked;
    this.#asked = [];
    const owners = ownersOf(
      asked.map(({ ends }) => ends),
      this.known,
    );
    asked.forEach(({ answer }, i) => {
      answer(owners[i]);
    });
  }
}
