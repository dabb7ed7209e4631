/**
 * Golden scripts: a group whose network, disks and clocks stand still until the script moves them. What the nodes do is
 * written down line by line, for people to review. README.md of this folder lists the commands.
 */
import type { Effects, Input, NodeId, OrderingIndication, Request, Value } from '../../../core/index.ts';
import { schema } from '../../../core/index.ts';
import { emptyConfiguration, type MemberChange } from '../confchange.ts';
import { defaultRaftConfig, type RaftConfig } from '../config.ts';
import { messageNames, type RaftMessage, renderMessage } from '../message.ts';
import { Raft } from '../raft.ts';
import type { RaftRecord } from '../record.ts';
import type { Argument, Case } from './format.ts';

type Out = Effects<RaftMessage, RaftRecord, OrderingIndication>;

interface Write {
  readonly token: number;
  readonly record: RaftRecord;
  readonly complete: boolean;
}

interface Packet {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: RaftMessage;
}

interface Server {
  readonly id: NodeId;
  readonly config: RaftConfig;
  node: Raft | null;
  nowUs: number;
  timers: Map<number, number>;
  writing: Write[];
  durable: Write[];
  durableToken: number;
  waiting: (Packet & { readonly after: number })[];
  state: Value[];
}

const numbers = (args: readonly Argument[]): number[] => args.filter(({ values }) => values.length === 0).map(({ key }) => Number(key));
const one = (args: readonly Argument[], key: string): string | undefined => args.find((arg) => arg.key === key)?.values[0];
const ids = (args: readonly Argument[], key: string): number[] => (args.find((arg) => arg.key === key)?.values ?? []).map(Number);
const changeTypes: Readonly<Record<string, MemberChange['type']>> = { v: 'add-voter', l: 'add-learner', w: 'add-witness', r: 'remove' };
const groupKeys = ['voters', 'learners', 'witnesses'];

export class Script {
  readonly #servers = new Map<NodeId, Server>();
  #network: Packet[] = [];
  #lines: string[] = [];
  #nextId = 1;

  run(item: Case): string {
    this.#lines = [];
    this.#command(item);
    return this.#lines.length === 0 ? 'ok' : this.#lines.join('\n');
  }

  #say(line: string): void {
    this.#lines.push(line);
  }

  #server(id: number | undefined): Server {
    const server = this.#servers.get(id ?? 0);
    if (server === undefined) throw new Error(`no node ${id}`);
    return server;
  }

  #command({ command, args, input }: Case): void {
    const [first, second] = numbers(args);
    switch (command) {
      case 'nodes':
        return this.#nodes(first as number, args);
      case 'campaign':
        return this.#admin(this.#server(first), { type: 'campaign' });
      case 'write':
        for (const op of input.split(/\s+/)) this.#request(this.#server(first), { mode: 'write', op });
        return;
      case 'read':
        return this.#request(this.#server(first), { mode: 'linearizable', op: null });
      case 'change':
        return this.#change(this.#server(first), one(args, 'transition') ?? 'auto', input);
      case 'transfer':
        return this.#admin(this.#server(first), { type: 'transfer-leadership', to: second as number });
      case 'compact': {
        const server = this.#server(first);
        return this.#admin(server, { type: 'compact', index: (server.node as Raft).applied, snapshot: [...server.state] });
      }
      case 'deliver':
        return this.#deliver(numbers(args), one(args, 'type'), ids(args, 'drop'));
      case 'disk':
        return this.#disk(this.#server(first), Number(one(args, 'writes') ?? 1));
      case 'pass':
        for (const id of numbers(args)) this.#pass(this.#server(id), Number(one(args, 'ms')) * 1000);
        return;
      case 'settle':
        return this.#settle(numbers(args));
      case 'crash':
        return this.#crash(this.#server(first));
      case 'restart':
        return this.#start(this.#server(first));
      default:
        return this.#show(command, args);
    }
  }

  #show(command: string, args: readonly Argument[]): void {
    if (command !== 'state' && command !== 'log' && command !== 'progress') throw new Error(`unknown command ${command}`);
    if (command === 'state') {
      for (const { node, id, state } of this.#servers.values()) {
        if (node === null) this.#say(`${id}: down`);
        else this.#say(`${id}: ${node.standing} term ${node.term} leader ${node.leader} commit ${node.commit} state [${state.join(' ')}]`);
      }
      return;
    }
    const node = this.#server(numbers(args)[0]).node as Raft;
    if (command === 'log') {
      this.#say(`after ${node.log.baseTerm}/${node.log.base}`);
      for (let index = node.log.first; index <= node.log.last; index++) {
        const { term, op } = node.log.entry(index);
        this.#say(`${term}/${index} ${schema.renderValue(op)}${index >= node.log.offset ? ' (not durable)' : ''}`);
      }
      return;
    }
    for (const { id, state, match, next, paused, inflights } of node.members) {
      this.#say(
        `${id}: ${state} match ${match} next ${next}${paused ? ' paused' : ''}${inflights.count > 0 ? ` in flight ${inflights.count}` : ''}`,
      );
    }
  }

  #nodes(count: number, args: readonly Argument[]): void {
    const voters = ids(args, 'voters');
    const initial = { ...emptyConfiguration, voters, learners: ids(args, 'learners'), witnesses: ids(args, 'witnesses') };
    const settings: Record<string, unknown> = {};
    for (const { key, values } of args) {
      if (values.length !== 1 || groupKeys.includes(key)) continue;
      const value = values[0] as string;
      settings[key] = value === 'true' ? true : value === 'false' ? false : Number.isNaN(Number(value)) ? value : Number(value);
    }
    for (let i = 0; i < count; i++) {
      const id = this.#servers.size + 1;
      const config = { ...defaultRaftConfig, electionSlots: 1, ...settings, initial } as RaftConfig;
      const server: Server = {
        id,
        config,
        node: null,
        nowUs: 0,
        timers: new Map(),
        writing: [],
        durable: [],
        durableToken: 0,
        waiting: [],
        state: [],
      };
      this.#servers.set(id, server);
      this.#start(server);
    }
  }

  #start(server: Server): void {
    server.node = new Raft(server.id, [...this.#servers.keys()], server.config);
    server.timers = new Map();
    server.durableToken = 0;
    server.state = [];
    const complete = server.durable.findLastIndex((write) => write.complete);
    server.durable = server.durable.slice(Math.max(complete, 0));
    this.#step(server, { kind: 'start', now: server.nowUs, records: server.durable.map(({ record }) => record) });
  }

  /** Memory is gone, and every write that was not durable. */
  #crash(server: Server): void {
    server.node = null;
    server.writing = [];
    server.waiting = [];
  }

  #step(server: Server, input: Input<RaftMessage, RaftRecord>): void {
    server.node?.step(input, this.#effects(server));
  }

  #request(server: Server, request: Partial<Request> & { readonly op: Value }): void {
    const full: Request = { id: this.#nextId++, session: 1, mode: 'write', ...request };
    this.#step(server, { kind: 'request', now: server.nowUs, from: 99, request: full });
  }

  #admin(server: Server, op: Value): void {
    this.#request(server, { mode: 'admin', op });
  }

  #change(server: Server, transition: string, input: string): void {
    const tokens = input.split(/\s+/).filter((token) => token !== '');
    const changes = tokens.map((token) => ({ type: changeTypes[token.charAt(0)] as string, node: Number(token.slice(1)) }));
    this.#admin(server, { type: 'change-membership', transition, changes });
  }

  #effects(server: Server): Out {
    const { id } = server;
    const none = (): never => {
      throw new Error('Raft does not do that');
    };
    return {
      send: (to, message, after) => {
        const packet = { from: id, to, message };
        const waits = after > server.durableToken;
        this.#say(`${id}->${to} ${renderMessage(message)}${waits ? ` (after write ${after})` : ''}`);
        if (waits) server.waiting.push({ ...packet, after });
        else this.#network.push(packet);
      },
      persist: (token, record) => this.#write(server, { token, record, complete: false }),
      checkpoint: (token, record) => this.#write(server, { token, record, complete: true }),
      timer: (timer, atUs) => {
        server.timers.set(timer, atUs);
      },
      reply: (_to, { id: request, outcome, code, leader, value }) => {
        const more = [
          code,
          leader === undefined ? undefined : `leader ${leader}`,
          value === undefined ? undefined : schema.renderValue(value),
        ];
        this.#say(`${id} answers request ${request}: ${[outcome, ...more.filter((part) => part !== undefined)].join(' ')}`);
      },
      indicate: (indication) => this.#indicated(server, indication),
      belief: (kind, value, epoch) => {
        if (kind === 'role') this.#say(`${id} is ${value} in term ${epoch}`);
        else if (kind === 'members') this.#say(`${id} has members ${schema.renderValue(value)}`);
      },
      choose: () => 0,
      load: none,
      sign: none,
      verify: none,
      request: none,
    };
  }

  #write(server: Server, write: Write): void {
    const { term, vote, commit, first, entries, snapshot } = write.record;
    const range = entries.length === 0 ? 'no entries' : `entries ${first}-${first + entries.length - 1}`;
    const base = snapshot === null ? '' : `, snapshot at ${snapshot.term}/${snapshot.index}`;
    this.#say(`${server.id} writes ${write.token}: term ${term} vote ${vote} commit ${commit}, ${range}${base}`);
    server.writing.push(write);
  }

  #indicated(server: Server, indication: OrderingIndication): void {
    if (indication.kind === 'apply') {
      for (const command of indication.commands) if (command !== null) server.state.push(command.op);
      const shown = indication.commands.map((command) => (command === null ? '-' : schema.renderValue(command.op)));
      this.#say(`${server.id} applies ${indication.first}: ${shown.join(' ')}`);
    } else if (indication.kind === 'restore') {
      server.state = [...(indication.snapshot as Value[])];
      this.#say(`${server.id} restores ${indication.index}: ${schema.renderValue(indication.snapshot)}`);
    } else if (indication.kind === 'readReady') {
      this.#say(`${server.id} may answer read ${indication.id} from ${indication.index} on`);
    }
  }

  // What the script moves.

  #deliver(to: readonly number[], type: string | undefined, drop: readonly number[]): void {
    const wanted = (packet: Packet, of: readonly number[]): boolean =>
      (of.length === 0 || of.includes(packet.to)) && (type === undefined || messageNames[packet.message.type] === type);
    if (drop.length > 0) this.#network = this.#network.filter((packet) => !wanted(packet, drop));
    if (drop.length > 0 && to.length === 0) return;
    const now = this.#network.filter((packet) => wanted(packet, to));
    this.#network = this.#network.filter((packet) => !now.includes(packet));
    for (const { from, to: id, message } of now) {
      const server = this.#servers.get(id);
      if (server === undefined || server.node === null) continue;
      this.#step(server, { kind: 'message', now: server.nowUs, from, message });
    }
  }

  #disk(server: Server, count: number): void {
    for (const write of server.writing.splice(0, count)) {
      server.durable.push(write);
      server.durableToken = write.token;
      const released = server.waiting.filter(({ after }) => after <= write.token);
      server.waiting = server.waiting.filter(({ after }) => after > write.token);
      this.#network.push(...released);
      this.#step(server, { kind: 'persisted', now: server.nowUs, token: write.token });
    }
  }

  /** Let time pass on one node, timer by timer. */
  #pass(server: Server, us: number): void {
    const end = server.nowUs + us;
    for (;;) {
      let next: number | null = null;
      for (const [timer, atUs] of server.timers)
        if (atUs <= end && (next === null || atUs < (server.timers.get(next) as number))) next = timer;
      if (next === null) break;
      server.nowUs = Math.max(server.nowUs, server.timers.get(next) as number);
      server.timers.delete(next);
      this.#step(server, { kind: 'timer', now: server.nowUs, timer: next });
    }
    server.nowUs = end;
  }

  /** Deliver and write until nothing is left, for these nodes only, quietly but for what is applied and believed. */
  #settle(of: readonly number[]): void {
    const chosen = of.length === 0 ? [...this.#servers.keys()] : of;
    const before = this.#lines;
    this.#lines = [];
    for (let moved = true; moved; ) {
      moved = false;
      for (const id of chosen) {
        const server = this.#server(id);
        if (server.writing.length > 0) {
          moved = true;
          this.#disk(server, 1);
        }
        if (this.#network.some(({ to }) => to === id)) {
          moved = true;
          this.#deliver([id], undefined, []);
        }
      }
    }
    const kept = this.#lines.filter((line) => !line.includes('->') && !line.includes(' writes '));
    this.#lines = [...before, ...kept];
  }
}
