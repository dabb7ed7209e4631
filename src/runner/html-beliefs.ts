/**
 * Beliefs for the report: of each node and subject, what role it had, whom it took for leader and in which epoch, from
 * when on. Positions and digests change with every write and are left to the checkers.
 */
import { beliefSource, type Value } from '../core/index.ts';
import type { BeliefRecord } from '../trace/index.ts';
import type { BeliefSegment, ReportBeliefs, ReportFault } from './html-payload.ts';

/** More changes than these, of all nodes together, are left out. */
export const MOST_SEGMENTS = 20_000;

const told = new Set(['role', 'leader', 'epoch']);

interface Held {
  readonly node: string;
  readonly subject: string;
  readonly segments: BeliefSegment[];
  role: string;
  leader: string;
  epoch: number | null;
}

/** While these last, the node does not run. */
const downs = new Set(['kill', 'disk-loss', 'torn-write', 'restart', 'version']);

/** What a node held true ends where it was killed; from its start on it says anew what it holds. */
function withDowntime(segments: readonly BeliefSegment[], node: string, faults: readonly ReportFault[]): BeliefSegment[] {
  const times = faults.filter((fault) => downs.has(fault.fault) && fault.nodes.includes(node));
  const down = times.map(({ from }): BeliefSegment => [from, 'down', '', null]);
  const alive = segments.filter(([x]) => !times.some(({ from, to }) => x >= from && x < (to ?? Number.POSITIVE_INFINITY)));
  return [...alive, ...down].sort((a, b) => a[0] - b[0]);
}

const text = (value: Value): string => (value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value));

function update(held: Held, kind: string, record: BeliefRecord): void {
  if (kind === 'role') held.role = text(record.value);
  if (kind === 'leader') held.leader = text(record.value);
  const epoch = kind === 'epoch' ? record.value : record.epoch;
  if (typeof epoch === 'number') held.epoch = epoch;
}

/** `place` tells where on the time axis a record stands. Nodes come in the order of `nodes`. */
export function reportBeliefs(
  beliefs: readonly BeliefRecord[],
  nodes: readonly string[],
  faults: readonly ReportFault[],
  place: (record: BeliefRecord) => number,
): { readonly beliefs: readonly ReportBeliefs[]; readonly leftOut: number } {
  const all = new Map<string, Held>();
  let kept = 0;
  let leftOut = 0;
  for (const record of beliefs) {
    const { module, kind } = beliefSource(record.kind);
    if (!told.has(kind)) continue;
    const subject = module === '' ? record.subject : `${record.subject}/${module}`;
    const name = JSON.stringify([record.node, subject]);
    let held = all.get(name);
    if (held === undefined) {
      held = { node: record.node, subject, segments: [], role: '', leader: '', epoch: null };
      all.set(name, held);
    }
    update(held, kind, record);
    const last = held.segments.at(-1);
    if (last !== undefined && last[1] === held.role && last[2] === held.leader && last[3] === held.epoch) continue;
    const x = place(record);
    // What changes at one moment is one change.
    if (last !== undefined && last[0] === x) held.segments.pop();
    else if (++kept > MOST_SEGMENTS) {
      leftOut++;
      continue;
    }
    held.segments.push([x, held.role, held.leader, held.epoch]);
  }
  const rank = (node: string): number => (nodes.includes(node) ? nodes.indexOf(node) : nodes.length);
  const rows = [...all.values()].map(({ node, subject, segments }) => ({ node, subject, segments: withDowntime(segments, node, faults) }));
  rows.sort((a, b) => (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : rank(a.node) - rank(b.node)));
  return { beliefs: rows, leftOut };
}
