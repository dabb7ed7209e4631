/**
 * The timeline: one lane a process, drawn on a canvas that stays in place while the lanes scroll behind it. Everything the
 * mouse does the keyboard does too, and what is under the cursor is told in words as well (`role="status"`).
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { counted } from '../model/format.ts';
import { Axis, gutterFor, prepared } from './canvas.ts';
import { Filters } from './filters.tsx';
import type { Theme } from './palette.ts';
import { type Store, useStore, useWidth } from './state.ts';
import { type Drawing, drawTimeline, headHeight, LANE, stripRows } from './timeline-canvas.ts';
import { onKey, stepFrom } from './timeline-keys.ts';
import { RangeButtons, StatusLegend } from './timeline-legend.tsx';
import { usePointer } from './timeline-pointer.ts';

const MOST_HEIGHT = 420;

export function markedOf(store: Store): Set<number> {
  const { checks } = store.report.meta;
  return new Set(checks.flatMap(({ counterexample }) => counterexample?.operations ?? []));
}

function useDrawing(store: Store, theme: Theme, width: number, scrolled: number, pointed: number | null): Drawing {
  const { meta, operations } = store.report;
  const { from, to, chosen } = store.state;
  const strips = useMemo(() => stripRows(meta.faults), [meta]);
  const marked = useMemo(() => markedOf(store), [store]);
  const stripCount = Math.min(5, Math.max(0, ...strips.map((row) => row + 1)));
  const { lanes } = store.shown;
  const gutter = gutterFor(width);
  const head = headHeight({ stripCount });
  return {
    operations,
    lanes,
    faults: meta.faults,
    strips: strips.map((row) => Math.min(row, 4)),
    stripCount,
    axis: new Axis({ from, to }, gutter, width - gutter - 12),
    theme,
    height: Math.min(MOST_HEIGHT, head + Math.max(2, lanes.length) * LANE + 4),
    scrolled,
    end: meta.to,
    timed: meta.timed,
    chosen,
    pointed,
    marked,
  };
}

function Detail({ store, row }: { readonly store: Store; readonly row: number | null }) {
  const { operations } = store.report;
  return (
    <output class="detail" aria-live="polite">
      {row === null
        ? 'Point at an operation, or choose one with the keys, to read it here.'
        : `#${operations.number(row)} ${operations.line(row)}`}
    </output>
  );
}

export function Timeline({ theme }: { readonly theme: Theme }) {
  const store = useStore();
  const holder = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(holder);
  const [scrolled, setScrolled] = useState(0);
  const [pointed, setPointed] = useState<number | null>(null);
  const drawing = useDrawing(store, theme, width, scrolled, pointed);
  const { chosen } = store.state;
  const { lanes, rows, laneOf } = store.shown;
  usePointer(holder, drawing, store, setPointed);

  useEffect(() => {
    if (canvas.current === null || width === 0) return;
    const context = prepared(canvas.current, width, drawing.height);
    if (context !== null) drawTimeline(context, drawing);
  });
  useEffect(() => {
    const lane = chosen === null ? undefined : laneOf.get(store.report.operations.process[chosen] as number);
    const { current } = holder;
    if (lane === undefined || current === null) return;
    const room = drawing.height - headHeight(drawing);
    const top = lane * LANE;
    if (top < current.scrollTop || top + LANE > current.scrollTop + room) current.scrollTop = Math.max(0, top - room / 2);
  }, [chosen, laneOf, store]);

  const total = headHeight(drawing) + lanes.length * LANE + 4;
  return (
    <section aria-labelledby="timeline-title" id="timeline">
      <h2 id="timeline-title">Timeline</h2>
      <Filters />
      <RangeButtons />
      <div
        ref={holder}
        class="drawing scroller"
        style={{ height: `${drawing.height}px` }}
        role="application"
        aria-roledescription="timeline"
        aria-label={`Timeline of ${counted(rows.length, 'operation')} in ${counted(lanes.length, 'lane')}`}
        aria-describedby="timeline-keys"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is worked by keys
        tabIndex={0}
        onKeyDown={(event) => onKey(event, store)}
        onFocus={() => {
          if (store.state.chosen === null && rows.length > 0) store.set({ chosen: stepFrom(store, null, 1) });
        }}
        onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}
      >
        <canvas ref={canvas} class="pinned" />
        <div style={{ height: `${Math.max(0, total - drawing.height)}px` }} />
      </div>
      <Detail store={store} row={pointed ?? chosen} />
      <p class="hint" id="timeline-keys">
        Drag or ← → to move; + − or Ctrl with the wheel to zoom; N and P for the next and the previous operation of a lane, ↑ ↓ for other
        lanes, Home for the whole run, Enter for the logs of that moment. The same as a table: <a href="#operations">operations</a>.
      </p>
      <StatusLegend />
    </section>
  );
}
