/**
 * Messages between nodes as text: a column a node, time going down, one row an event. An arrow stands where the message
 * arrived (or was lost), and carries what it said; notes stand at their node, faults and operations across.
 */
export type DiagramEvent =
  | {
      readonly kind: 'message';
      readonly timeMs: number;
      readonly from: string;
      readonly to: string;
      readonly text: string;
      readonly lost: boolean;
    }
  | { readonly kind: 'note'; readonly timeMs: number; readonly node: string; readonly text: string }
  | { readonly kind: 'fault'; readonly timeMs: number; readonly text: string }
  /** What a client asked or was answered. */
  | { readonly kind: 'operation'; readonly timeMs: number; readonly text: string };

const TIME_WIDTH = 11;
const NARROWEST = 14;

/** Writes `text` over `row` from column `at`. */
function put(row: string[], at: number, text: string): void {
  for (let i = 0; i < text.length; i++) row[Math.max(0, at) + i] = text[i] as string;
}

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`);

class Canvas {
  readonly #nodes: readonly string[];
  readonly #width: number;

  constructor(nodes: readonly string[], width: number) {
    this.#nodes = nodes;
    this.#width = Math.max(NARROWEST, Math.floor((width - TIME_WIDTH) / Math.max(1, nodes.length)));
  }

  /** Where a node's line stands. */
  #column(node: string): number {
    const index = this.#nodes.indexOf(node);
    return TIME_WIDTH + (index < 0 ? this.#nodes.length : index) * this.#width + Math.floor(NARROWEST / 2);
  }

  head(): string {
    const row: string[] = [];
    for (const node of this.#nodes) put(row, this.#column(node) - Math.floor(node.length / 2), node);
    return this.#join(row);
  }

  #lifelines(timeMs: number | null): string[] {
    const row: string[] = [];
    if (timeMs !== null) put(row, 0, `${timeMs.toFixed(1).padStart(TIME_WIDTH - 4)} ms`);
    for (const node of this.#nodes) put(row, this.#column(node), '│');
    return row;
  }

  #join(row: readonly string[]): string {
    return Array.from(row, (cell) => cell ?? ' ')
      .join('')
      .trimEnd();
  }

  row(event: DiagramEvent, timeMs: number | null): string {
    const row = this.#lifelines(timeMs);
    if (event.kind === 'fault') put(row, TIME_WIDTH, `~~ ${event.text} ~~`);
    else if (event.kind === 'operation') put(row, TIME_WIDTH, `>> ${event.text} `);
    else if (event.kind === 'note') put(row, this.#column(event.node), `● ${event.text}`);
    else this.#arrow(row, event);
    return this.#join(row);
  }

  #arrow(row: string[], event: DiagramEvent & { kind: 'message' }): void {
    const [from, to] = [this.#column(event.from), this.#column(event.to)];
    const right = from < to;
    const [left, end] = right ? [from, to] : [to, from];
    const room = end - left - 1;
    const text = cut(event.text, room - (event.lost ? 8 : 4));
    const dashes = '─'.repeat(Math.max(0, room - text.length - 2));
    const half = Math.floor(dashes.length / 2);
    put(row, left + 1, `${dashes.slice(half)}${text === '' ? '──' : ` ${text} `}${dashes.slice(0, half)}`);
    if (event.lost) put(row, right ? end - 2 : left + 2, '╳');
    else put(row, right ? end - 1 : left + 1, right ? '►' : '◄');
  }
}

/** Lines of at most about `width` columns (more when there are many nodes), in the order given. */
export function messageDiagram(nodes: readonly string[], events: readonly DiagramEvent[], width = 100): string[] {
  const canvas = new Canvas(nodes, width);
  let shown = '';
  const rows = events.map((event) => {
    const time = event.timeMs.toFixed(1);
    const row = canvas.row(event, time === shown ? null : event.timeMs);
    shown = time;
    return row;
  });
  return [canvas.head(), ...rows];
}
