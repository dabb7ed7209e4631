/** The comparison as a page. Every number in it was counted in a run; the formulas beside them are those of the papers. */
import { type Cost, measureCost } from './measure.ts';
import { type ComparedProtocol, compared, TIMEOUT_MS } from './rows.ts';
import { takeOverMs } from './take-over.ts';

const MESSAGE_US = 10;

const HEADER = `# The protocols compared

Made by running them all in the simulator (\`npm run docs\`), never by hand; a test runs them again and holds the counts against the formulas.
One client asks one write (or broadcast) after another, far apart. Every message takes one *delay*, none is lost, disks cost nothing, nothing
shares a message with anything else; what is sent without any question (heartbeats, gossip) is taken off and stands in the last column.

* *messages*: between servers, for one operation; *of which*: by type.
* *delays*: from the client's question to its answer, its own two included. Signatures take time too: 40 µs to make, 110 µs to check.
* *bytes*: of those messages, in the protocol's own encoding; proofs are the simulator's names of 20 characters.
* *busiest*: messages that the most loaded server sends and receives for an operation, the client's included. At ${MESSAGE_US} µs each
  it bounds *operations a second* without batching. What a processor really does is measured in \`bench/\`.
* *down*: servers that are dead from the start, none of them the leader: as many as the protocol survives. Operations are medians:
  Tendermint's proposer rotates, so with d of n down every n-th height or so waits for a time-out, which a median does not show.

Not here: the proof-of-work chain (its cost is work, its latency a matter of luck: \`npx lightcone simulate nakamoto\`), and the card games.`;

export interface ComparedRow {
  readonly protocol: ComparedProtocol;
  readonly nodes: number;
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

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const table = (names: readonly string[], rows: readonly string[]): string[] => [row(names), row(names.map(() => '---')), ...rows];

function countedRow({ protocol, nodes, down, cost }: ComparedRow): string {
  const { messages, delays, bytes, busiest, idlePerSecond } = cost;
  const rate = Math.round(1e6 / (busiest * MESSAGE_US));
  const shown = protocol.delays === null ? '-' : Math.round(delays * 10) / 10;
  return row([protocol.name, nodes, down, messages, kinds(cost), shown, bytes, busiest, rate, idlePerSecond]);
}

function formulaRow({ name, survives, messages, delays }: ComparedProtocol): string {
  return row([name, survives, messages.text, messages.source, delays?.text ?? 'rounds of time', delays?.source ?? '']);
}

function takeOverRows(protocol: ComparedProtocol): string[] {
  return protocol.sizes.map((nodes) => {
    const ms = takeOverMs(protocol, nodes);
    return row([protocol.name, nodes, ms, (ms / TIMEOUT_MS).toFixed(1)]);
  });
}

export function comparisonPage(): string {
  return [
    HEADER,
    '',
    '## What the literature says',
    '',
    ...table(['protocol', 'survives', 'messages', 'source', 'delays', 'source'], compared.map(formulaRow)),
    '',
    '## What was counted',
    '',
    ...table(
      [
        'protocol',
        'servers',
        'down',
        'messages',
        'of which',
        'delays',
        'bytes',
        'busiest',
        'operations a second',
        'idle messages a second',
      ],
      measureAll().map(countedRow),
    ),
    '',
    '## When the leader dies',
    '',
    `A write is asked as the leader (primary, proposer) dies; all time-outs are ${TIMEOUT_MS} ms. Milliseconds until it is acknowledged, the median of`,
    'nine seeds. Multi-Paxos looks at who hears whom in rounds of one time-out, and needs up to three of them.',
    '',
    ...table(['protocol', 'servers', 'ms', 'time-outs'], compared.filter(({ takeOver }) => takeOver).flatMap(takeOverRows)),
    '',
  ].join('\n');
}
