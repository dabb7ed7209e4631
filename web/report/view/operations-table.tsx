/** The timeline as a table, page by page: the same filter, the same stretch of time, the same choice. */
import { useState } from 'preact/hooks';
import { counted, figure } from '../model/format.ts';
import { before } from '../model/lanes.ts';
import { statusMarks, statusWords } from '../model/operations.ts';
import { goToTimeline } from './counterexample.tsx';
import { useStore } from './state.ts';

const PAGE = 50;
const columns = ['number', 'process', 'operation', 'outcome', 'from', 'took', 'node'] as const;

function Row({ row }: { readonly row: number }) {
  const store = useStore();
  const { operations } = store.report;
  const status = operations.status[row] as number;
  const code = operations.codeText(row);
  return (
    <tr aria-selected={store.state.chosen === row}>
      <td>
        <button
          type="button"
          class="link"
          aria-label={`Operation ${operations.number(row)} in the timeline`}
          onClick={() => goToTimeline(() => store.goTo(row))}
        >
          #{operations.number(row)}
        </button>
      </td>
      <td>p{operations.process[row]}</td>
      <td>{operations.action(row)}</td>
      <td>
        <span class={`mark-${status}`}>{statusMarks[status]}</span> {statusWords[status]}
        {code === '' ? '' : ` (${code})`}
      </td>
      <td>{operations.moment(operations.begin[row] as number)}</td>
      <td>{operations.lasting(row)}</td>
      <td>{operations.nodeText(row)}</td>
    </tr>
  );
}

export function OperationsTable() {
  const store = useStore();
  const [page, setPage] = useState(0);
  const { operations } = store.report;
  const { rows } = store.shown;
  const first = before(operations, rows, store.state.from);
  const last = before(operations, rows, store.state.to + 1);
  const pages = Math.max(1, Math.ceil((last - first) / PAGE));
  const at = Math.min(page, pages - 1);
  const shown = Array.from(rows.subarray(first + at * PAGE, Math.min(last, first + (at + 1) * PAGE)));
  return (
    <section aria-labelledby="operations-title" id="operations">
      <h2 id="operations-title">Operations as a table</h2>
      <div class="bar">
        <button type="button" disabled={at === 0} onClick={() => setPage(at - 1)}>
          Previous page
        </button>
        <button type="button" disabled={at >= pages - 1} onClick={() => setPage(at + 1)}>
          Next page
        </button>
        <output class="muted">
          {counted(last - first, 'operation')} in the stretch and filter of the timeline; page {figure(at + 1)} of {figure(pages)}
        </output>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <section class="scrolling wide" tabIndex={0} aria-label="Operations">
        <table>
          <thead>
            <tr>
              {columns.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <Row key={row} row={row} />
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}
