/** Faults of a trace as spans: each start with its end, told in words, with the nodes that it names. */
import type { Value } from '../core/index.ts';
import type { Fault } from '../scenario/index.ts';
import { canonicalText, type FaultRecord } from '../trace/index.ts';
import { faultInWords } from './failure-story.ts';
import type { ReportFault } from './html-payload.ts';

/** Every text inside a value; ends of links one by one. */
function texts(value: Value, found: Set<string>): Set<string> {
  if (typeof value === 'string') for (const part of value.split('->')) found.add(part);
  else if (Array.isArray(value)) for (const item of value) texts(item as Value, found);
  else if (value !== null && typeof value === 'object' && !(value instanceof Uint8Array))
    for (const item of Object.values(value)) texts(item as Value, found);
  return found;
}

/** Real systems have faults that no scenario knows: those are told by name and detail. */
function inWords({ fault, detail }: FaultRecord): string {
  try {
    const words = faultInWords({ ...(detail as object), fault, atMs: 0 } as unknown as Fault);
    if (!words.includes('undefined')) return words;
  } catch {
    // Not a scenario's fault, or without what one has.
  }
  return detail === null ? fault : `${fault} ${canonicalText(detail)}`.slice(0, 300);
}

export function reportFaults(
  faults: readonly FaultRecord[],
  nodes: readonly string[],
  place: (record: FaultRecord) => number,
): ReportFault[] {
  const spans: { fault: string; words: string; nodes: string[]; from: number; to: number | null }[] = [];
  const open = new Map<string, number[]>();
  for (const record of faults) {
    const name = `${record.fault} ${canonicalText(record.detail)}`;
    const waiting = open.get(name) ?? [];
    const started = record.phase === 'end' ? waiting.shift() : undefined;
    if (started !== undefined) {
      (spans[started] as { to: number | null }).to = place(record);
      continue;
    }
    const found = texts(record.detail, new Set());
    const x = place(record);
    spans.push({
      fault: record.fault,
      words: inWords(record),
      nodes: nodes.filter((node) => found.has(node)),
      from: x,
      to: record.phase === 'end' ? x : null,
    });
    if (record.phase === 'start') open.set(name, [...waiting, spans.length - 1]);
  }
  return spans;
}
