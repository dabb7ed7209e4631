/**
 * A failing run told to people: the faults that it needs, what clients asked, and its last messages as a diagram. It is
 * made from the run's trace, so it holds for any protocol.
 */
import type { Value } from '../core/index.ts';
import type { Fault } from '../scenario/index.ts';
import { Recorder, type ReplayFile, type Subject, simulate } from '../simulator/index.ts';
import type { FaultRecord, OperationRecord, TraceRecord } from '../trace/index.ts';
import { type DiagramEvent, messageDiagram } from './message-diagram.ts';

export interface FailureStory {
  /** One line a fault, in order. */
  readonly faults: readonly string[];
  /** One line an operation, in order of their invocations. */
  readonly operations: readonly string[];
  readonly diagram: readonly string[];
  /** Messages and events left out of the diagram. */
  readonly leftOut: number;
  readonly records: readonly TraceRecord[];
}

export interface StoryOptions {
  /** Rows of the diagram at most. */
  readonly rows?: number;
  /** Columns of the diagram. */
  readonly width?: number;
}

/** How many of one kind of message between the same two nodes are shown: the last ones. */
const ALIKE = 2;
/** More operations than these stand in a list of their own only. */
const OPERATIONS = 6;

const list = (names: readonly string[]): string => names.join(', ');

/** A fault in words, without its times. */
export function faultInWords(fault: Fault): string {
  switch (fault.fault) {
    case 'partition':
      return partitionInWords(fault);
    case 'loss':
      return `${Math.round(fault.rate * 100)} % of messages are lost${on(fault.links)}`;
    case 'delay':
      return `messages take ${fault.minMs} to ${fault.maxMs} ms${on(fault.links)}`;
    case 'duplicate':
      return `${Math.round(fault.rate * 100)} % of messages arrive twice${on(fault.links)}`;
    case 'reorder':
      return `${Math.round(fault.rate * 100)} % of messages overtake others${on(fault.links)}`;
    case 'bandwidth':
      return `no more than ${fault.bytesPerSecond} bytes a second get through${on(fault.links)}`;
    case 'half-open':
      return `connections that are open fall silent, and nobody is told${on(fault.links)}`;
    case 'slow-close':
      return `that a connection ends is told ${fault.closeMs} ms later${on(fault.links)}`;
    case 'clock-jump':
      return `the clock of ${fault.node} jumps by ${fault.byMs} ms`;
    case 'clock-drift':
      return `the clock of ${fault.node} runs ${fault.ppm} ppm too fast`;
    case 'slow-disk':
      return `each write of ${fault.node} takes ${fault.syncMs} ms to become durable`;
    case 'version':
      return `${fault.node} starts again as version ${fault.version}`;
    case 'adversary':
      return `${fault.node} lies (${fault.behaviour})`;
    case 'action':
      return `the operator's ${fault.name} on ${fault.node}`;
    default:
      return `${fault.node}: ${nodeFaults[fault.fault]}`;
  }
}

const nodeFaults = {
  kill: 'killed',
  pause: 'stands still',
  restart: 'killed and started again at once',
  'disk-loss': 'killed, its disk is lost',
  'torn-write': 'killed in the middle of a write',
  'power-loss': 'its power is cut, what was not forced to the disk is gone',
  'disk-full': 'its disk is full',
} as const;

const on = (links: readonly string[] | undefined): string => (links === undefined ? '' : ` (${list(links)})`);

function partitionInWords(fault: Fault & { fault: 'partition' }): string {
  switch (fault.shape) {
    case 'groups':
      return `partition ${fault.groups.map((group) => `{${list(group)}}`).join(' | ')}`;
    case 'one-way':
      return `what {${list(fault.from)}} say does not reach {${list(fault.to)}}`;
    case 'bridge':
      return `two halves that only ${fault.bridge} connects`;
    case 'ring':
      return 'each node hears only its two neighbours';
    case 'isolate':
      return `${fault.node} is cut off`;
  }
}

const ms = (timeNs = 0): number => timeNs / 1e6;
const shown = (value: Value | undefined): string => (value === undefined ? '' : ` ${JSON.stringify(value)}`);

function operationLines(records: readonly TraceRecord[]): string[] {
  const lines: string[] = [];
  const open = new Map<number, OperationRecord>();
  const line = (invoked: OperationRecord, end: OperationRecord | null): string => {
    const answer =
      end === null ? 'no answer' : `${end.phase}${end.f === 'read' ? shown(end.value) : ''} at ${ms(end.timeNs).toFixed(1)} ms`;
    const key = invoked.key === undefined ? '' : ` key ${JSON.stringify(invoked.key)}`;
    return `${ms(invoked.timeNs).toFixed(1)} ms  p${invoked.process} ${invoked.f}${key}${shown(invoked.value)}: ${answer}`;
  };
  const order: OperationRecord[] = [];
  const ends = new Map<OperationRecord, OperationRecord>();
  for (const record of records) {
    if (record.type !== 'op') continue;
    const invoked = open.get(record.process);
    if (record.phase === 'invoke') {
      open.set(record.process, record);
      order.push(record);
    } else if (invoked !== undefined) ends.set(invoked, record);
  }
  for (const invoked of order) lines.push(line(invoked, ends.get(invoked) ?? null));
  return lines;
}

/** One half of an operation: what was asked, or what came back. */
function halfInWords({ phase, process, f, key, value, node }: OperationRecord): string {
  const what = `p${process} ${f}${key === undefined ? '' : ` ${JSON.stringify(key)}`}`;
  if (phase === 'invoke') return `${what}${value === undefined ? '' : ` := ${JSON.stringify(value)}`} ?`;
  const answer = phase === 'ok' && f === 'read' ? ` = ${JSON.stringify(value ?? null)}` : '';
  return `${what}${answer}: ${phase}${node === undefined ? '' : ` from ${node}`}`;
}

interface Row {
  readonly event: DiagramEvent;
  /** Events of one kind between the same nodes; '' for what is always shown. */
  readonly alike: string;
}

/** What a record looks like in the diagram; null for what does not stand there. */
function rowOf(record: TraceRecord, servers: ReadonlySet<string>): Row | null {
  switch (record.type) {
    case 'msg': {
      if (record.phase === 'send' || !servers.has(record.from) || !servers.has(record.to)) return null;
      const { from, to, body } = record;
      const [word = ''] = body.split(' ');
      return {
        event: { kind: 'message', timeMs: ms(record.timeNs), from, to, text: body, lost: record.phase === 'drop' },
        alike: `${from} ${to} ${word}`,
      };
    }
    case 'belief':
      if (record.kind !== 'role' || record.value === 'follower' || !servers.has(record.node)) return null;
      return {
        event: {
          kind: 'note',
          timeMs: ms(record.timeNs),
          node: record.node,
          text: `${String(record.value)}${record.epoch === undefined ? '' : ` (epoch ${record.epoch})`}`,
        },
        alike: `${record.node} ${String(record.value)}`,
      };
    case 'fault':
      return {
        event: {
          kind: 'fault',
          timeMs: ms(record.timeNs),
          text: struck(record),
        },
        alike: '',
      };
    case 'op':
      return { event: { kind: 'operation', timeMs: ms(record.timeNs), text: halfInWords(record) }, alike: '' };
    case 'note':
      return { event: { kind: 'fault', timeMs: ms(record.timeNs), text: record.text }, alike: '' };
    default:
      return null;
  }
}

function struck({ fault, phase, detail }: FaultRecord): string {
  const known = detail !== null && typeof detail === 'object' && !Array.isArray(detail) && !(detail instanceof Uint8Array);
  const words = known ? faultInWords({ ...detail, fault, atMs: 0 } as unknown as Fault) : `${fault} ${JSON.stringify(detail)}`;
  return phase === 'start' ? words : `over: ${words}`;
}

/** Runs the replay once more, watched, and tells it. */
export function failureStory(subject: Subject, replay: ReplayFile, { rows = 24, width }: StoryOptions = {}): FailureStory {
  const records: TraceRecord[] = [];
  const { plan } = replay;
  simulate(subject, plan, { observer: new Recorder(subject, plan, (record) => records.push(record)) });
  const header = records[0];
  const names = header?.type === 'header' ? (header.nodes ?? []) : [];
  const servers = new Set(names);
  const all = records.flatMap((record) => rowOf(record, servers) ?? []);
  // What happened after the last answer explains nothing that clients saw.
  const answers = records.flatMap((record) => (record.type === 'op' && record.phase === 'ok' ? [record] : []));
  const endMs = replay.violation?.invariant === 'linearizability' ? ms(answers.at(-1)?.timeNs) : Number.POSITIVE_INFINITY;
  const operations = new Set(records.flatMap((record) => (record.type === 'op' && record.phase === 'invoke' ? [record.seq] : []))).size;
  const fitting = all.filter(({ event }) => event.timeMs <= endMs && (event.kind !== 'operation' || operations <= OPERATIONS));
  const seen = new Map<string, number>();
  const kept: DiagramEvent[] = [];
  for (const { event, alike } of fitting.toReversed()) {
    const count = (seen.get(alike) ?? 0) + 1;
    seen.set(alike, count);
    if (kept.length < rows && (alike === '' || count <= ALIKE)) kept.push(event);
  }
  return {
    faults: plan.faults.map(
      (fault) => `${fault.atMs.toFixed(1)} ms  ${faultInWords(fault)}${fault.forMs === undefined ? '' : `, for ${fault.forMs} ms`}`,
    ),
    operations: operationLines(records),
    diagram: messageDiagram(names, kept.reverse(), width ?? Math.max(100, names.length * 24)),
    leftOut: fitting.length - kept.length,
    records,
  };
}
