/**
 * What one operation of a protocol costs, counted in the simulator: every message takes one unit of time, no message is
 * lost, disks are instant, and one client asks one write after another, far apart. What goes on without any operation
 * (heartbeats) is counted too and taken off.
 */
import { Writer } from '../../src/core/index.ts';
import type { Fault } from '../../src/scenario/index.ts';
import { type Observer, type Plan, type Settings, type Subject, simulate } from '../../src/simulator/index.ts';

/** One message delay. */
export const DELAY_US = 10_000;
const SETTLE_US = 10_000_000;
/** No multiple of any heartbeat: operations meet all its phases, and the median operation no heartbeat. */
const GAP_US = 4_037_000;
const WARM_UP = 3;
const OPERATIONS = 15;

export interface Cost {
  readonly acknowledged: number;
  /** An operation's messages between servers, by type, ascending by name; whole numbers unless the protocol varies. */
  readonly byType: { readonly [type: string]: number };
  readonly messages: number;
  /** Messages from and to the client. */
  readonly clientMessages: number;
  readonly bytes: number;
  /** From asking to answer, in message delays, those of the client included. */
  readonly delays: number;
  /** Messages that the busiest server sends and receives for an operation, those of the client included. */
  readonly busiest: number;
  /** Messages a second while nothing is asked. */
  readonly idlePerSecond: number;
}

interface Sent {
  readonly atUs: number;
  readonly from: number;
  readonly to: number;
  /** '': of a client. */
  readonly type: string;
  readonly bytes: number;
}

/** `prepare v0 ...` and `type=echo ...` are named by their first word; where there is none, all are one type. */
const typeOf = (rendered: string): string => /^(?:type=)?([a-zA-Z]+)(?:[ ]|$)/.exec(rendered)?.[1] ?? 'message';

class Counter implements Observer {
  readonly sentMessages: Sent[] = [];
  readonly delays: number[] = [];
  readonly #subject: Subject;
  readonly #nodes: number;
  readonly #writer = new Writer(4096);
  #now: () => number = () => 0;
  #invokedUs = 0;

  constructor(subject: Subject, nodes: number) {
    this.#subject = subject;
    this.#nodes = nodes;
  }

  begin(world: { readonly now: number }): void {
    this.#now = () => world.now;
  }

  sent(from: number, to: number, kind: string, payload: unknown): void {
    const between = kind === 'message' && from <= this.#nodes && to <= this.#nodes;
    this.#writer.reset();
    if (between) this.#subject.message.write(this.#writer, payload);
    const type = between ? typeOf(this.#subject.message.render(payload)) : '';
    this.sentMessages.push({ atUs: this.#now(), from, to, type, bytes: this.#writer.length });
  }

  operation({ phase }: { readonly phase: string }): void {
    if (phase === 'invoke') this.#invokedUs = this.#now();
    else if (phase === 'ok') this.delays.push((this.#now() - this.#invokedUs) / DELAY_US);
  }

  dropped(): void {}
  delivered(): void {}
  believed(): void {}
  indicated(): void {}
  fault(): void {}
  note(): void {}
}

const links = { minUs: DELAY_US, maxUs: DELAY_US, tailPpm: 0, tailUs: 0, lossPpm: 0, duplicatePpm: 0, reorderPpm: 0 };

export interface Measured {
  readonly subject: Subject;
  readonly settings: Settings;
  readonly nodes: number;
  readonly faults?: readonly Fault[];
}

export function planOf({ settings, nodes, faults = [] }: Measured, operations = WARM_UP + OPERATIONS): Plan {
  const planned = Array.from({ length: operations }, (_, i) => ({
    atUs: SETTLE_US + i * GAP_US,
    client: 0,
    f: 'write' as const,
    key: 0,
    value: i + 1,
    expected: null,
  }));
  return {
    seed: 1,
    nodes,
    clients: 1,
    durationMs: (SETTLE_US + (operations + 2) * GAP_US) / 1000,
    settings,
    links,
    clientLinks: links,
    disk: { syncMinUs: 0, syncMaxUs: 0 },
    clockOffsetUs: 0,
    clockDriftPpm: 0,
    workload: {
      keys: 1,
      thinkMinUs: 0,
      thinkMaxUs: 0,
      readPpm: 0,
      casPpm: 0,
      staleReads: false,
      adminPpm: 0,
      operations,
      placement: 'roaming',
      keyOrder: 'sequential',
      planned,
    },
    faults,
    encoded: false,
    liveness: null,
  };
}

/** Throws when an invariant breaks or nothing is acknowledged: then there is nothing to compare. */
export function measureCost(measured: Measured): Cost {
  const { subject, nodes } = measured;
  const counter = new Counter(subject, nodes);
  const { violation, acknowledged } = simulate(subject, planOf(measured), { observer: counter });
  if (violation !== null) throw new Error(`${subject.name}, ${nodes} nodes: ${violation.invariant}: ${violation.message}`);
  const windows = Array.from({ length: OPERATIONS + 1 }, (_, i) => {
    const from = SETTLE_US + (i === 0 ? -1 : WARM_UP + i - 1) * GAP_US;
    return counter.sentMessages.filter(({ atUs }) => atUs >= from && atUs < from + GAP_US);
  });
  const [idle = [], ...busy] = windows;
  return { acknowledged, ...summed(nodes, busy, idle), delays: middle(counter.delays.slice(WARM_UP)) };
}

/** `busy`: a window for each operation; `idle`: as long a one, with nothing asked. */
function summed(nodes: number, busy: readonly (readonly Sent[])[], idle: readonly Sent[]): Omit<Cost, 'acknowledged' | 'delays'> {
  const types = [...new Set(busy.flat().map(({ type }) => type))].filter((type) => type !== '').sort();
  const net = (of: (sent: Sent) => number): number => middle(busy.map((window) => Math.max(0, total(window, of) - total(idle, of))));
  const byType: { [type: string]: number } = {};
  for (const type of types) {
    const count = net((sent) => (sent.type === type ? 1 : 0));
    if (count !== 0) byType[type] = count;
  }
  const servers = Array.from({ length: nodes }, (_, i) => i + 1);
  const listed = (type: string): boolean => type === '' || byType[type] !== undefined;
  return {
    byType,
    messages: Object.values(byType).reduce((sum, count) => sum + count, 0),
    clientMessages: net(({ type }) => (type === '' ? 1 : 0)),
    bytes: net(({ type, bytes }) => (listed(type) ? bytes : 0)),
    busiest: Math.max(...servers.map((id) => net(({ type, from, to }) => (listed(type) && (from === id || to === id) ? 1 : 0)))),
    idlePerSecond: Math.round((total(idle, () => 1) * 1e6) / GAP_US),
  };
}

const total = (list: readonly Sent[], of: (sent: Sent) => number): number => list.reduce((sum, sent) => sum + of(sent), 0);
const middle = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
