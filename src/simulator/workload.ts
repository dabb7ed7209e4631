/**
 * What the clients do, and what came of it: draws each client's next operation from that client's own stream (or takes
 * the planned ones), keeps one operation a client open, and writes the history down in columns.
 */
import { type NodeId, Random, type Reply, type Value } from '../core/index.ts';
import { FAIL, type History, INFO, NEVER, NONE, OK } from '../trace/index.ts';
import type { Beliefs } from './beliefs.ts';
import { nodeName } from './names.ts';
import type { Observer } from './observer.ts';
import type { PlannedOperation, WorkloadPlan } from './plan.ts';
import type { World } from './world.ts';

/** Values of client c are c * OWN + 1, c * OWN + 2, ... */
const OWN = 1_000_000;

interface Client {
  readonly id: NodeId;
  readonly random: Random;
  /** Process number; a new one after an unknown outcome. */
  process: number;
  written: number;
  /** The open operation and its row (NONE: not in the history), or null. */
  open: PlannedOperation | null;
  row: number;
  requests: number;
  invokedUs: number;
  /** A value that this client has seen at a key: what cas expects. */
  seen: Value;
  readonly waiting: PlannedOperation[];
}

export class Workload {
  /** Acknowledged operations, those with another end, all invoked ones. */
  acknowledged = 0;
  ended = 0;
  invoked = 0;
  /** Newest revision that an acknowledged write carried. */
  acknowledgedRevision = 0;
  running = true;
  /** Acknowledged operations that were invoked at `freshSinceUs` or later. */
  acknowledgedFresh = 0;
  /** All that were. */
  invokedFresh = 0;
  freshSinceUs = Number.POSITIVE_INFINITY;
  /** What was invoked, when: for shrinking. Null unless asked for. */
  readonly invocations: PlannedOperation[] | null;
  readonly #plan: WorkloadPlan;
  readonly #world: World;
  readonly #beliefs: Beliefs;
  readonly #observer: Observer | null;
  readonly #clients: Client[] = [];
  readonly #rows: Rows = new Rows();
  #processes: number;
  #drawn = 0;

  constructor(world: World, beliefs: Beliefs, observer: Observer | null, record: boolean) {
    this.#observer = observer;
    const { plan } = world;
    this.#plan = plan.workload;
    this.#world = world;
    this.#beliefs = beliefs;
    this.#processes = plan.clients;
    this.invocations = record ? [] : null;
    for (let i = 0; i < plan.clients; i++) {
      const random = new Random(plan.seed, 'workload', i);
      this.#clients.push({
        id: plan.nodes + i + 1,
        random,
        process: i,
        written: 0,
        open: null,
        row: NONE,
        requests: 0,
        invokedUs: 0,
        seen: null,
        waiting: [],
      });
    }
  }

  /** Ask for the first operations; `what` is the director's name for `next`. */
  begin(what: number): void {
    const { planned } = this.#plan;
    if (planned === undefined) {
      for (const [i, client] of this.#clients.entries()) this.#world.schedule(this.#pause(client), what, i);
      return;
    }
    for (const operation of planned) {
      const client = this.#clients[operation.client];
      if (client === undefined) continue;
      client.waiting.push(operation);
      this.#world.schedule(operation.atUs, what, operation.client);
    }
  }

  /** From now on operations count towards liveness. A workload that had come to its end goes on: progress needs something to do. */
  freshen(what: number): void {
    this.freshSinceUs = this.#world.now;
    if (this.#plan.planned !== undefined || this.#drawn < this.#plan.operations) return;
    for (const [i, client] of this.#clients.entries()) if (client.open === null) this.#world.schedule(this.#pause(client), what, i);
  }

  #pause(client: Client): number {
    const { thinkMinUs, thinkMaxUs } = this.#plan;
    return this.#world.now + client.random.between(thinkMinUs, thinkMaxUs);
  }

  /** It is time for client `index`'s next operation. */
  next(index: number): void {
    const client = this.#clients[index] as Client;
    if (!this.running || client.open !== null) return;
    const operation = this.#plan.planned === undefined ? this.#draw(index, client) : client.waiting.shift();
    if (operation !== undefined) this.#invoke(client, operation);
  }

  #draw(index: number, client: Client): PlannedOperation | undefined {
    const plan = this.#plan;
    if (this.#drawn >= plan.operations && this.freshSinceUs === Number.POSITIVE_INFINITY) return undefined;
    const { random } = client;
    const number = this.#drawn++;
    const key = plan.keyOrder === 'sequential' ? number % plan.keys : random.below(plan.keys);
    const kind = random.below(1_000_000);
    const atUs = this.#world.now;
    if (index === 0 && random.chance(plan.adminPpm)) {
      const op = this.#world.subject.drawAdmin?.(random, this.#world, this.#beliefs) ?? null;
      if (op !== null) return { atUs, client: index, f: 'admin', key, value: 0, expected: null, op };
    }
    if (kind < plan.readPpm) return { atUs, client: index, f: 'read', key, value: 0, expected: null };
    const value = (index + 1) * OWN + ++client.written;
    if (kind >= plan.readPpm + plan.casPpm || this.#world.subject.withoutCas === true)
      return { atUs, client: index, f: 'write', key, value, expected: null };
    return { atUs, client: index, f: 'cas', key, value, expected: client.seen as number | null };
  }

  #invoke(client: Client, operation: PlannedOperation): void {
    const world = this.#world;
    client.open = operation;
    client.invokedUs = world.now;
    this.invoked++;
    if (this.invocations !== null) this.invocations.push({ ...operation, atUs: world.now });
    const admin = operation.f === 'admin';
    if (!admin && world.now >= this.freshSinceUs) this.invokedFresh++;
    client.row = admin ? NONE : this.#rows.invoke(client.process, operation, world.now);
    if (this.#observer !== null && !admin) this.#tell(client, operation);
    const mode = admin ? 'admin' : operation.f !== 'read' ? 'write' : this.#plan.staleReads ? 'stale' : 'linearizable';
    world.invoke(client.id, { id: ++client.requests, session: 0, op: this.#op(operation), mode });
  }

  #op(operation: PlannedOperation): Value {
    if (operation.f === 'admin') return operation.op ?? null;
    const { subject } = this.#world;
    if (subject.operation !== undefined) return subject.operation(operation);
    const { f, key, value, expected } = operation;
    if (f === 'read') return { f, key };
    return f === 'cas' ? { f, key, value, expected } : { f, key, value };
  }

  /** The client node answers: its operation is over. Schedules its next one as `what`. */
  completed(id: NodeId, reply: Reply, server: NodeId, what: number): void {
    const index = id - this.#world.plan.nodes - 1;
    const client = this.#clients[index] as Client;
    const operation = client.open;
    if (operation === null || reply.id !== client.requests) return;
    client.open = null;
    this.ended++;
    // Who was asked in vain is known where there was nobody else to ask.
    const asked = server === 0 && this.#plan.placement === 'pinned' ? (index % this.#world.plan.nodes) + 1 : server;
    if (client.row !== NONE) this.#record(client, operation, reply, asked);
    if (reply.outcome === 'ok' && operation.f !== 'admin') {
      this.acknowledged++;
      if (client.invokedUs >= this.freshSinceUs) this.acknowledgedFresh++;
      if (operation.f !== 'read' && reply.revision !== undefined && reply.revision > this.acknowledgedRevision)
        this.acknowledgedRevision = reply.revision;
      if (operation.f === 'read') client.seen = reply.value ?? null;
      else if (operation.f === 'write') client.seen = operation.value;
    }
    if (this.#plan.planned === undefined) this.#world.schedule(this.#pause(client), what, index);
    else if (client.waiting.length > 0 && (client.waiting[0] as PlannedOperation).atUs <= this.#world.now)
      this.#world.schedule(this.#world.now, what, index);
  }

  #tell(client: Client, { f, key, value, expected }: PlannedOperation): void {
    const argument = f === 'read' ? undefined : f === 'cas' ? [expected, value] : value;
    const half = { phase: 'invoke' as const, process: client.process, f, key, server: 0 };
    this.#observer?.operation?.(argument === undefined ? half : { ...half, value: argument });
  }

  #record(client: Client, { f, key }: PlannedOperation, reply: Reply, server: NodeId): void {
    const now = this.#world.now;
    const { outcome: phase, revision, code } = reply;
    if (this.#observer !== null) {
      this.#observer.operation?.({
        phase,
        process: client.process,
        f,
        key,
        ...(f !== 'write' && phase === 'ok' ? { value: reply.value ?? null } : {}),
        server,
        ...(revision === undefined ? {} : { revision }),
        ...(code === undefined ? {} : { code }),
      });
    }
    if (reply.outcome === 'ok') this.#rows.complete(client.row, OK, now, f === 'write' ? undefined : (reply.value ?? null), server, reply);
    else if (reply.outcome === 'info') {
      this.#rows.complete(client.row, INFO, now, undefined, server, reply);
      client.process = this.#processes++;
    } else this.#rows.complete(client.row, FAIL, now, undefined, server, reply);
  }

  history(): History {
    return this.#rows.history(this.#world.plan.nodes);
  }
}

/** The growing columns of a history. */
class Rows {
  readonly process: number[] = [];
  readonly f: number[] = [];
  readonly key: number[] = [];
  readonly argument: number[] = [];
  readonly expected: number[] = [];
  readonly result: number[] = [];
  readonly status: number[] = [];
  readonly invokedSeq: number[] = [];
  readonly completeSeq: number[] = [];
  readonly invokeUs: number[] = [];
  readonly completeUs: number[] = [];
  readonly server: number[] = [];
  readonly revision: number[] = [];
  readonly code: number[] = [];
  readonly #functions = new Map<Value, number>();
  readonly #codes = new Map<Value, number>();
  readonly #keys = new Map<Value, number>();
  readonly #values = new Map<Value, number>([[null, 0]]);
  #seq = 0;

  invoke(process: number, { f, key, value, expected }: PlannedOperation, now: number): number {
    const row = this.process.length;
    this.process.push(process);
    this.f.push(intern(this.#functions, f));
    this.key.push(intern(this.#keys, key));
    this.argument.push(f === 'read' ? NONE : intern(this.#values, value));
    this.expected.push(f === 'cas' ? intern(this.#values, expected) : NONE);
    this.result.push(NONE);
    this.status.push(INFO);
    this.invokedSeq.push(this.#seq++);
    this.completeSeq.push(NEVER);
    this.invokeUs.push(now);
    this.completeUs.push(Number.NaN);
    this.server.push(NONE);
    this.revision.push(NONE);
    this.code.push(NONE);
    return row;
  }

  complete(row: number, status: number, now: number, result: Value | undefined, server: NodeId, { revision, code }: Reply): void {
    this.status[row] = status;
    if (code !== undefined) this.code[row] = intern(this.#codes, code);
    const seq = this.#seq++;
    if (server > 0) this.server[row] = server - 1;
    if (status === INFO) return;
    this.completeSeq[row] = seq;
    this.completeUs[row] = now;
    if (result !== undefined) this.result[row] = intern(this.#values, result);
    if (revision !== undefined) this.revision[row] = revision;
  }

  history(servers: number): History {
    return {
      count: this.process.length,
      process: new Int32Array(this.process),
      f: new Int32Array(this.f),
      key: new Int32Array(this.key),
      argument: new Int32Array(this.argument),
      expected: new Int32Array(this.expected),
      result: new Int32Array(this.result),
      status: new Uint8Array(this.status),
      invoke: new Int32Array(this.invokedSeq),
      complete: new Int32Array(this.completeSeq),
      invokeNs: nanoseconds(this.invokeUs),
      completeNs: nanoseconds(this.completeUs),
      node: new Int32Array(this.server),
      revision: new Float64Array(this.revision),
      code: new Int32Array(this.code),
      codes: [...this.#codes.keys()] as string[],
      functions: [...this.#functions.keys()] as string[],
      keys: [...this.#keys.keys()],
      values: [...this.#values.keys()],
      nodes: Array.from({ length: servers }, (_, i) => nodeName(i + 1, servers)),
    };
  }
}

function intern(table: Map<Value, number>, value: Value): number {
  let id = table.get(value);
  if (id === undefined) {
    id = table.size;
    table.set(value, id);
  }
  return id;
}

function nanoseconds(microseconds: readonly number[]): Float64Array {
  const out = new Float64Array(microseconds.length);
  for (let i = 0; i < out.length; i++) out[i] = (microseconds[i] as number) * 1000;
  return out;
}
