/** Latency (logarithmic, with its quantiles) and rate over the same stretch of time as the timeline, faults shaded. */
import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { type Buckets, buckets } from '../model/buckets.ts';
import { figure, showDuration } from '../model/format.ts';
import { Axis, drawFaultBands, gutterFor } from './canvas.ts';
import { okabeIto, statusColours, type Theme } from './palette.ts';
import { type Store, useRested, useStore, useWidth } from './state.ts';

const HEIGHT = 180;
/** Drawing all of it costs more than a frame: it follows once the timeline has come to rest. */
const REST_MS = 120;

type ChartData = [number[], ...(number | null)[][]];

function shade(chart: uPlot, store: Store, ratio: number): void {
  const { meta } = store.report;
  const { left, top, width, height } = chart.bbox;
  const { ctx } = chart;
  const unit = meta.timed ? 1e6 : 1;
  const { min = 0, max = 1 } = chart.scales.x ?? {};
  ctx.save();
  ctx.scale(ratio, ratio);
  const axis = new Axis({ from: (min ?? 0) * unit, to: (max ?? 1) * unit }, left / ratio, width / ratio);
  drawFaultBands(ctx, axis, meta.faults, meta.to, [top / ratio, height / ratio]);
  ctx.restore();
}

/** A value between gaps has no line: it gets a point. */
function alone(chart: uPlot, series: number): number[] {
  const values = chart.data[series] ?? [];
  const found: number[] = [];
  values.forEach((value, i) => {
    if (value != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
  });
  return found;
}

function options(kind: 'latency' | 'rate', store: Store, theme: Theme, width: number): uPlot.Options {
  const { meta } = store.report;
  const gutter = gutterFor(width);
  const unit = meta.timed ? 1e6 : 1;
  const axis = { stroke: theme.muted, grid: { stroke: theme.line, width: 1 }, ticks: { stroke: theme.line, width: 1 } };
  const latency = (_: uPlot, value: number | null): string => (value === null ? '–' : showDuration(value));
  const rate = (_: uPlot, value: number | null): string => (value === null ? '–' : figure(value));
  const steps = uPlot.paths.stepped?.({ align: 1 });
  const line = (label: string, stroke: string, dash: number[], value: typeof rate, stepped: boolean): uPlot.Series => ({
    label,
    stroke,
    dash,
    value,
    width: 2,
    points: { show: true, size: 6, fill: stroke, filter: alone },
    ...(stepped && steps !== undefined ? { paths: steps } : {}),
  });
  const series =
    kind === 'latency'
      ? [
          line('p50', okabeIto.green, [], latency, false),
          line('p99', okabeIto.orange, [8, 4], latency, false),
          line('max', okabeIto.vermillion, [2, 3], latency, false),
        ]
      : [
          line('ok', statusColours[0], [], rate, true),
          line('failed', statusColours[1], [8, 4], rate, true),
          line('unknown', statusColours[2], [2, 3], rate, true),
        ];
  return {
    width,
    height: HEIGHT,
    padding: [8, 12, 0, 0],
    legend: { live: true },
    scales: {
      x: { time: false, range: () => [store.state.from / unit, store.state.to / unit] },
      y: kind === 'latency' ? { distr: 3, log: 10 } : { range: (_, __, max) => [0, Math.max(1, max * 1.05)] },
    },
    series: [{ label: meta.timed ? 's' : 'place' }, ...series],
    axes: [
      { ...axis, size: 30 },
      kind === 'latency'
        ? { ...axis, size: gutter, values: (_, marks) => marks.map((mark) => (mark === null ? '' : showDuration(mark))) }
        : { ...axis, size: gutter, values: (_, marks) => marks.map((mark) => figure(mark)) },
    ],
    ...(kind === 'latency' ? { bands: [{ series: [2, 1], fill: `${okabeIto.orange}30` }] } : {}),
    cursor: { sync: { key: 'report' }, drag: { x: true, y: false, setScale: false } },
    hooks: {
      drawClear: [(chart) => shade(chart, store, globalThis.devicePixelRatio || 1)],
      setSelect: [
        (chart) => {
          const { left, width: selected } = chart.select;
          if (selected < 4) return;
          const [from, to] = [chart.posToVal(left, 'x'), chart.posToVal(left + selected, 'x')];
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          store.show(from * unit, to * unit);
        },
      ],
    },
  };
}

function Chart({ kind, data, theme, width }: { kind: 'latency' | 'rate'; data: ChartData; theme: Theme; width: number }) {
  const store = useStore();
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const newest = useRef(data);
  newest.current = data;
  useEffect(() => {
    if (holder.current === null || width === 0) return undefined;
    const made = new uPlot(options(kind, store, theme, width), newest.current as uPlot.AlignedData, holder.current);
    chart.current = made;
    made.ctx.canvas.setAttribute('role', 'img');
    made.ctx.canvas.setAttribute('aria-label', `${kind} over time; the table below has the same`);
    return () => made.destroy();
  }, [kind, store, theme, width]);
  useEffect(() => chart.current?.setData(data as uPlot.AlignedData), [data]);
  return <div ref={holder} class="chart" />;
}

function ChartTable({ data, timed }: { readonly data: Buckets; readonly timed: boolean }) {
  const every = Math.max(1, Math.ceil(data.x.length / 24));
  const time = (ms: number | null | undefined): string => (ms === null || ms === undefined ? '–' : showDuration(ms));
  const [ok, fail, info] = data.rates;
  return (
    <details>
      <summary>Latency and rate as a table</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <section class="scrolling wide" tabIndex={0} aria-label="Latency and rate as a table">
        <table>
          <thead>
            <tr>
              {[timed ? 'second' : 'place', 'p50', 'p99', 'max', 'ok/s', 'failed/s', 'unknown/s'].map((name) => (
                <th key={name} scope="col">
                  {timed ? name : name.replace('/s', '')}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.x.map((x, i) =>
              i % every === 0 ? (
                <tr key={x}>
                  <th scope="row">{figure(x)}</th>
                  <td>{time(data.p50[i])}</td>
                  <td>{time(data.p99[i])}</td>
                  <td>{time(data.max[i])}</td>
                  {[ok, fail, info].map((rate, status) => (
                    <td key={String(status)}>{figure(rate[i] ?? 0)}</td>
                  ))}
                </tr>
              ) : null,
            )}
          </tbody>
        </table>
      </section>
    </details>
  );
}

export function Charts({ theme }: { readonly theme: Theme }) {
  const store = useStore();
  const holder = useRef<HTMLDivElement>(null);
  const width = useWidth(holder);
  const { meta, operations } = store.report;
  const { from, to } = store.state;
  const { rows } = store.shown;
  const range = useRested(`${from} ${to}`, REST_MS);
  const count = Math.max(24, Math.min(160, Math.floor(width / 6)));
  const data = useMemo(() => {
    const [start = 0, end = 1] = range.split(' ').map(Number);
    // Counting costs most of what opening a report costs: not before it is known how many steps fit.
    return buckets(operations, width === 0 ? rows.subarray(0, 0) : rows, [start, end], count, meta.timed, meta.everyNth);
  }, [operations, rows, range, count, width === 0, meta]);
  const latency = useMemo((): ChartData => [data.x, data.p50, data.p99, data.max], [data]);
  const rate = useMemo((): ChartData => [data.x, ...data.rates], [data]);
  const estimated = meta.everyNth > 1 ? ' Rates are estimated from the operations that are here.' : '';
  return (
    <section aria-labelledby="charts-title" id="charts">
      <h2 id="charts-title">Latency and rate</h2>
      <div ref={holder} class="aligned">
        {meta.timed ? (
          <figure>
            <figcaption>
              Latency of operations that ended ok, logarithmic: p50 (line), p99 (dashed), maximum (dotted). Drag over it to zoom.
            </figcaption>
            <Chart kind="latency" data={latency} theme={theme} width={width} />
          </figure>
        ) : (
          <p>The trace has no times, so there are no latencies; the axis is the trace's own order.</p>
        )}
        <figure>
          <figcaption>
            {meta.timed ? 'Operations a second' : 'Operations'}: ok (line), failed (dashed), of unknown outcome (dotted).{estimated}
          </figcaption>
          <Chart kind="rate" data={rate} theme={theme} width={width} />
        </figure>
        <ChartTable data={data} timed={meta.timed} />
      </div>
    </section>
  );
}
