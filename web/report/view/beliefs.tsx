/** What each node held true over time, on the timeline's stretch of time, and where the nodes disagreed. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ReportBeliefs } from '../../../src/runner/index.ts';
import { type Agreement, agreement, agreementWords, beliefAt, beliefWords } from '../model/beliefs.ts';
import { counted, showMoment } from '../model/format.ts';
import { drawMatrix, matrixHeight } from './beliefs-canvas.ts';
import { Axis, gutterFor, prepared } from './canvas.ts';
import type { Theme } from './palette.ts';
import { useStore, useWidth } from './state.ts';

/** Rows of the table of changes. */
const MOST_ROWS = 300;
const disputed: ReadonlySet<Agreement> = new Set(['differ', 'two-leaders', 'split-brain']);

function ChangesTable({ rows }: { readonly rows: readonly ReportBeliefs[] }) {
  const store = useStore();
  const { timed } = store.report.meta;
  const { from, to } = store.state;
  const changes = rows.flatMap(({ node, segments }) => segments.map((segment) => ({ node, segment })));
  const inside = changes.filter(({ segment: [x] }) => x >= from && x <= to).sort((a, b) => a.segment[0] - b.segment[0]);
  return (
    <details>
      <summary>Changes as a table ({counted(inside.length, 'change')} in view)</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <section class="scrolling" tabIndex={0} aria-label="Changes of belief as a table">
        <table>
          <thead>
            <tr>
              <th scope="col">when</th>
              <th scope="col">node</th>
              <th scope="col">from then on</th>
            </tr>
          </thead>
          <tbody>
            {inside.slice(0, MOST_ROWS).map(({ node, segment }) => (
              <tr key={`${node} ${segment[0]}`}>
                <td>{showMoment(segment[0], timed)}</td>
                <td>{node}</td>
                <td>{beliefWords(segment)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {inside.length > MOST_ROWS && <p>and {inside.length - MOST_ROWS} more: zoom in to see them.</p>}
      </section>
    </details>
  );
}

function Subject({ rows, theme, width }: { readonly rows: readonly ReportBeliefs[]; readonly theme: Theme; readonly width: number }) {
  const store = useStore();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const { meta } = store.report;
  const { from, to } = store.state;
  const stretches = useMemo(() => agreement(rows, meta.to), [rows, meta]);
  const gutter = gutterFor(width);
  const axis = new Axis({ from, to }, gutter, width - gutter - 12);
  useEffect(() => {
    if (canvas.current === null || width === 0) return;
    const context = prepared(canvas.current, width, matrixHeight(rows.length));
    if (context !== null) drawMatrix(context, { rows, stretches, axis, theme, end: meta.to, timed: meta.timed, faults: meta.faults });
  });
  const quarrels = stretches.filter((stretch) => disputed.has(stretch.agreement));
  const worst = quarrels.find((stretch) => stretch.agreement === 'split-brain') ?? quarrels[0];
  const x = pointed ?? store.state.moment ?? from;
  return (
    <>
      {rows[0] !== undefined && rows[0].subject !== 'group' && <h3>{rows[0].subject}</h3>}
      <p>
        {quarrels.length === 0
          ? '= The nodes never named different leaders at one time.'
          : `≠ The nodes disagreed in ${counted(quarrels.length, 'stretch', 'stretches')} of time.`}{' '}
        {worst !== undefined && (
          <button type="button" onClick={() => store.show(worst.from - (worst.to - worst.from), worst.to + (worst.to - worst.from))}>
            Show: {agreementWords[worst.agreement].words} from {showMoment(worst.from, meta.timed, 3)}
          </button>
        )}
      </p>
      <canvas
        ref={canvas}
        class="drawing"
        role="img"
        aria-label={`Role, leader and epoch of ${counted(rows.length, 'node')} over time; the table below has the same`}
        onPointerMove={(event) => setPointed(axis.at(event.offsetX))}
        onPointerLeave={() => setPointed(null)}
      />
      <p class="detail">
        At {showMoment(x, meta.timed, 3)}:{' '}
        {rows
          .map((row) => {
            const held = beliefAt(row, x);
            return `${row.node}: ${held === null ? 'nothing known' : beliefWords(held)}`;
          })
          .join(' · ')}
      </p>
      <ChangesTable rows={rows} />
    </>
  );
}

export function Beliefs({ theme }: { readonly theme: Theme }) {
  const store = useStore();
  const holder = useRef<HTMLDivElement>(null);
  const width = useWidth(holder);
  const { beliefs } = store.report.meta;
  const subjects = useMemo(() => [...Map.groupBy(beliefs, ({ subject }) => subject).values()], [beliefs]);
  return (
    <section aria-labelledby="beliefs-title" id="beliefs">
      <h2 id="beliefs-title">What the nodes held true</h2>
      <div ref={holder} class="aligned">
        {beliefs.length === 0 && <p>The trace has no beliefs of nodes.</p>}
        {subjects.map((rows) => (
          <Subject key={rows[0]?.subject} rows={rows} theme={theme} width={width} />
        ))}
      </div>
      {beliefs.length > 0 && (
        <ul class="legend" aria-label="Colours and letters of beliefs">
          <li>
            <span class="swatch role-leader" aria-hidden="true" />L leader
          </li>
          <li>
            <span class="swatch role-candidate" aria-hidden="true" />C candidate, P pre-candidate
          </li>
          <li>
            <span class="swatch role-follower" aria-hidden="true" />F follower; the number is the epoch
          </li>
          <li>
            <span class="swatch fault-edges" aria-hidden="true" />
            fault
          </li>
          {Object.entries(agreementWords).map(([name, { mark, words }]) => (
            <li key={name}>
              <span class={`swatch agreement-${name}`} aria-hidden="true" />
              {mark} {words}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
