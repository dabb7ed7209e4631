/** The nodes' logs around a moment: that of the chosen operation, of a fault, or one that is typed in. */
import { useMemo, useState } from 'preact/hooks';
import type { ReportMeta } from '../../../src/runner/index.ts';
import { counted, showMoment } from '../model/format.ts';
import { useStore } from './state.ts';

const AROUND = [0.1, 0.5, 1, 2, 5, 10, 60] as const;
const MOST_LINES = 500;

interface Line {
  readonly node: string;
  readonly x: number | null;
  readonly text: string;
  readonly kind: 'log' | 'fault' | 'note';
}

/** Log lines, with what the trace itself tells of faults and notes between them. */
function allLines(meta: ReportMeta): Line[] {
  const logs = meta.logs.map(([node, x, text]): Line => ({ node: meta.logNodes[node] ?? '', x, text, kind: 'log' }));
  const faults = meta.faults.flatMap(({ words, from, to }): Line[] => [
    { node: '', x: from, text: `⚡ ${words}`, kind: 'fault' },
    ...(to === null ? [] : [{ node: '', x: to, text: `⚡ over: ${words}`, kind: 'fault' } as const]),
  ]);
  const notes = meta.notes.map(([x, text]): Line => ({ node: '', x, text, kind: 'note' }));
  const last = Number.POSITIVE_INFINITY;
  return [...logs, ...faults, ...notes].sort((a, b) => (a.x ?? last) - (b.x ?? last) || 0);
}

function MomentInput({ moment }: { readonly moment: number }) {
  const store = useStore();
  const { timed } = store.report.meta;
  const unit = timed ? 1e6 : 1;
  return (
    <label>
      Around {timed ? 'second' : 'place'}{' '}
      <input
        type="number"
        step={timed ? '0.001' : '1'}
        value={timed ? (moment / unit).toFixed(3) : String(moment)}
        onChange={(event) => {
          const value = event.currentTarget.valueAsNumber;
          if (!Number.isNaN(value)) store.set({ moment: value * unit });
        }}
      />
    </label>
  );
}

function Lines({ lines, moment, timed }: { readonly lines: readonly Line[]; readonly moment: number; readonly timed: boolean }) {
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <section class="scrolling log" tabIndex={0} aria-label="Log lines">
        <table>
          <thead class="unseen">
            <tr>
              <th scope="col">when</th>
              <th scope="col">node</th>
              <th scope="col">line</th>
            </tr>
          </thead>
          <tbody>
            {lines.slice(0, MOST_LINES).map(({ node, x, text, kind }, i) => (
              <tr key={String(i)} class={kind}>
                <td class="when">{x === null ? 'no time' : `${showMoment(x, timed, 3)}${timed && x >= moment ? ' ·' : ''}`}</td>
                <td>{node}</td>
                <td class="line">{text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {lines.length > MOST_LINES && <p>and {lines.length - MOST_LINES} more: look at less time, or at one node.</p>}
    </>
  );
}

export function Logs() {
  const store = useStore();
  const { meta } = store.report;
  const [around, setAround] = useState(1);
  const [node, setNode] = useState('');
  const all = useMemo(() => allLines(meta), [meta]);
  const moment = store.state.moment ?? meta.faults[0]?.from ?? meta.from;
  const reach = meta.timed ? around * 1e6 : around * 100;
  const lines = all.filter(
    ({ x, node: own, kind }) => (node === '' || own === node || kind !== 'log') && (x === null || Math.abs(x - moment) <= reach),
  );
  return (
    <section aria-labelledby="logs-title" id="logs">
      <h2 id="logs-title">Logs around a moment</h2>
      <div class="bar">
        <MomentInput moment={moment} />
        <label>
          ±{' '}
          <select value={around} onChange={(event) => setAround(Number(event.currentTarget.value))}>
            {AROUND.map((seconds) => (
              <option key={seconds} value={seconds}>
                {meta.timed ? `${seconds} s` : `${seconds * 100} places`}
              </option>
            ))}
          </select>
        </label>
        {meta.logNodes.length > 1 && (
          <label>
            Node{' '}
            <select value={node} onChange={(event) => setNode(event.currentTarget.value)}>
              <option value="">all</option>
              {meta.logNodes.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        )}
        <output class="muted">{counted(lines.length, 'line')}</output>
      </div>
      {meta.logs.length === 0 && <p class="muted">No logs of nodes came with this run; faults and notes of the trace stand here alone.</p>}
      {lines.length === 0 ? <p>Nothing was written within that time.</p> : <Lines lines={lines} moment={moment} timed={meta.timed} />}
    </section>
  );
}
