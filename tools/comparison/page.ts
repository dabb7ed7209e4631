/** The comparison as a page: every number was counted in a run of today, or this page would not have been written. */
import { type Cost, measureCost } from './measure.ts';
import { type ComparedProtocol, compared } from './rows.ts';

const HEADER = `# The protocols compared

Made by running them (\`npm run comparison\`), never by hand; a test runs them again. One client asks one write after another; every message takes one
*delay*, none is lost, disks cost nothing, nothing is batched with anything else. *Messages* are those between servers for one write, heartbeats taken
off; *delays* are from the client's question to its answer, its own two included; *busiest* is what the most loaded server sends and receives for a
write, which bounds throughput: at 10 µs a message it is the *writes a second* of the last column. A measured number that differs from the formula fails the test.`;

const MESSAGE_US = 10;

export interface ComparedRow {
  readonly protocol: ComparedProtocol;
  readonly nodes: number;
  /** Servers that were down from the start, none of them a leader. */
  readonly down: number;
  readonly cost: Cost;
}

/** Every protocol at each of its sizes, with nobody down and with as many as it survives. */
export function measureAll(protocols: readonly ComparedProtocol[] = compared): ComparedRow[] {
  return protocols.flatMap((protocol) =>
    protocol.sizes.flatMap((nodes) =>
      [...new Set([0, protocol.tolerated(nodes)])].map((down) => ({ protocol, nodes, down, cost: costOf(protocol, nodes, down) })),
    ),
  );
}

function costOf({ subject, settings }: ComparedProtocol, nodes: number, down: number): Cost {
  const faults = Array.from({ length: down }, (_, i) => ({ fault: 'kill' as const, node: `n${nodes - i}`, atMs: 1 }));
  return measureCost({ subject, settings: settings(nodes), nodes, faults });
}

const kinds = ({ byType }: Cost): string =>
  Object.entries(byType)
    .map(([type, count]) => `${count} ${type}`)
    .join(', ');

function rowOf({ protocol, nodes, down, cost }: ComparedRow): string {
  const { messages, delays, bytes, busiest, idlePerSecond } = cost;
  const cells = [
    protocol.name,
    nodes,
    protocol.tolerated(nodes),
    down,
    messages,
    kinds(cost),
    delays,
    bytes,
    busiest,
    Math.round(1e6 / (busiest * MESSAGE_US)),
    idlePerSecond,
  ];
  return `| ${cells.join(' | ')} |`;
}

function formulaOf({ name, survives, messages, delays }: ComparedProtocol): string {
  return `| ${name} | ${survives} | ${messages.text} | ${messages.source} | ${delays.text} | ${delays.source} |`;
}

export function comparisonPage(rows: readonly ComparedRow[]): string {
  return [
    HEADER,
    '',
    '## What the literature says',
    '',
    '| protocol | survives | messages | source | delays | source |',
    '|---|---|---|---|---|---|',
    ...compared.map(formulaOf),
    '',
    '## What was counted',
    '',
    '| protocol | servers | survives | down | messages | of which | delays | bytes | busiest | writes a second | messages a second when idle |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map(rowOf),
    '',
  ].join('\n');
}
