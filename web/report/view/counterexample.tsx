/**
 * Counterexample mode: only the operations that contradict, in order, with the story. The diagram has a step for each
 * begin and end rather than a scale of time; an arrow says that one was answered before the other was asked.
 */
import { useMemo } from 'preact/hooks';
import type { ReportCheck } from '../../../src/runner/index.ts';
import { counted } from '../model/format.ts';
import { everything } from '../model/lanes.ts';
import { type Operations, statusMarks } from '../model/operations.ts';
import { type Placed, type RealTimeOrder, realTimeOrder } from '../model/real-time.ts';
import { useStore } from './state.ts';

const LANE = 56;
const BOX = 30;
const LEFT = 56;
/** A diagram of more is no picture; the list has them all. */
const MOST_IN_DIAGRAM = 40;

/** Few operations have room for their words. */
const stepOf = ({ columns }: RealTimeOrder): number => (columns <= 10 ? 150 : 84);
const endOf = ({ to, from }: Placed, order: RealTimeOrder): number => LEFT + (to ?? Math.max(order.columns, from + 1)) * stepOf(order);
const middleOf = ({ lane }: Placed): number => 24 + lane * LANE + BOX / 2;

function Arrow({ before, after, step }: { readonly before: Placed; readonly after: Placed; readonly step: number }) {
  const from = { x: LEFT + (before.to ?? 0) * step, y: middleOf(before) };
  const to = { x: LEFT + after.from * step - 3, y: middleOf(after) };
  const bend = Math.max(16, (to.x - from.x) / 2);
  return (
    <path
      class="arrow"
      d={`M ${from.x} ${from.y} C ${from.x + bend} ${from.y}, ${to.x - bend} ${to.y}, ${to.x} ${to.y}`}
      marker-end="url(#arrow-head)"
    />
  );
}

function Box({ placed, order, operations, number }: { placed: Placed; order: RealTimeOrder; operations: Operations; number: number }) {
  const left = LEFT + placed.from * stepOf(order);
  const width = endOf(placed, order) - left;
  const status = operations.status[placed.row] as number;
  const text = `${number} ${operations.action(placed.row)}`;
  const room = Math.floor((width - 10) / 6.6);
  return (
    <g>
      <title>{operations.line(placed.row)}</title>
      <rect class={`box status-${status}`} x={left} y={middleOf(placed) - BOX / 2} width={width} height={BOX} rx="4" />
      <text class="in-box" x={left + 6} y={middleOf(placed) + 4}>
        {text.length > room ? `${text.slice(0, Math.max(1, room - 1))}…` : text}
      </text>
      <text class="mark" x={left + width - 2} y={middleOf(placed) - BOX / 2 - 3} text-anchor="end">
        {statusMarks[status]}
      </text>
    </g>
  );
}

function Diagram({ rows }: { readonly rows: readonly number[] }) {
  const { operations } = useStore().report;
  const order = useMemo(() => realTimeOrder(operations, rows), [operations, rows]);
  const width = LEFT + order.columns * stepOf(order) + 16;
  const height = 24 + order.processes.length * LANE;
  return (
    /* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */
    <section class="scrolling" tabIndex={0} aria-label="Diagram of the counterexample">
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={`${counted(rows.length, 'operation')} in real-time order; the list has the same`}
      >
        <defs>
          <marker id="arrow-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path class="arrow-tip" d="M 0 0 L 8 4 L 0 8 z" />
          </marker>
        </defs>
        {order.processes.map((process, lane) => (
          <g key={process}>
            <line class="lane" x1={LEFT} x2={width} y1={24 + lane * LANE + BOX / 2} y2={24 + lane * LANE + BOX / 2} />
            <text class="lane-name" x={LEFT - 10} y={28 + lane * LANE + BOX / 2} text-anchor="end">
              p{process}
            </text>
          </g>
        ))}
        {order.placed.map((placed, i) => (
          <Box key={placed.row} placed={placed} order={order} operations={operations} number={i + 1} />
        ))}
        {order.arrows.map(([before, after]) => (
          <Arrow
            key={`${before} ${after}`}
            step={stepOf(order)}
            before={order.placed[before] as Placed}
            after={order.placed[after] as Placed}
          />
        ))}
      </svg>
    </section>
  );
}

function OneCounterexample({ check }: { readonly check: ReportCheck }) {
  const store = useStore();
  const { operations } = store.report;
  const { counterexample } = check;
  const rows = useMemo(
    () => [...(counterexample?.operations ?? [])].sort((a, b) => (operations.invoke[a] as number) - (operations.invoke[b] as number)),
    [counterexample, operations],
  );
  if (counterexample === null) return null;
  const only = store.state.filter.only !== null && rows.every((row) => store.state.filter.only?.has(row));
  return (
    <article aria-label={`Counterexample of ${check.check}`}>
      <h3>
        {check.check}: {counted(rows.length, 'operation')} that cannot all be true
        {check.stats.minimal === 1 ? '; without any one of them there is no contradiction' : ''}
      </h3>
      <ol class="story">
        {counterexample.story.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ol>
      {rows.length > 0 && rows.length <= MOST_IN_DIAGRAM && <Diagram rows={rows} />}
      {rows.length > 0 && rows.length <= MOST_IN_DIAGRAM && (
        <p class="hint">An arrow: the first was answered before the second was asked. Steps, not a scale of time.</p>
      )}
      <ol class="operations" aria-label="Its operations in order">
        {rows.slice(0, 500).map((row) => (
          <li key={row}>
            <button type="button" class="link" onClick={() => goToTimeline(() => store.goTo(row))}>
              {operations.line(row)}
            </button>
          </li>
        ))}
      </ol>
      <label class="switch">
        <input
          type="checkbox"
          checked={only}
          onChange={(event) => {
            const filter = event.currentTarget.checked ? { ...everything, only: new Set(rows) } : everything;
            store.set({ filter });
            const first = operations.begin[rows[0] as number] as number;
            const last = Math.max(...rows.map((row) => Math.min(operations.end[row] as number, store.report.meta.to)));
            const margin = Math.max((last - first) / 4, 1000);
            if (event.currentTarget.checked) store.show(first - margin, last + margin);
          }}
        />{' '}
        Show only these operations in the timeline
      </label>
    </article>
  );
}

export function goToTimeline(choose: () => void): void {
  choose();
  const drawing = document.querySelector<HTMLElement>('#timeline .drawing');
  document.getElementById('timeline')?.scrollIntoView();
  drawing?.focus({ preventScroll: true });
}

export function Counterexamples() {
  const { meta } = useStore().report;
  const told = meta.checks.filter(({ counterexample }) => counterexample !== null);
  if (told.length === 0) return null;
  return (
    <section aria-labelledby="counterexample-title" id="counterexample">
      <h2 id="counterexample-title">The contradiction</h2>
      {told.map((check) => (
        <OneCounterexample key={check.check} check={check} />
      ))}
    </section>
  );
}
