/** The whole page: one store, the views below each other, in the order in which one asks. */
import type { Report } from '../model/decode.ts';
import { Beliefs } from './beliefs.tsx';
import { Charts } from './charts.tsx';
import { Checks } from './checks.tsx';
import { Counterexamples } from './counterexample.tsx';
import { Header } from './header.tsx';
import { Logs } from './logs.tsx';
import { OperationsTable } from './operations-table.tsx';
import { type Store, StoreContext, useStore } from './state.ts';
import { useTheme } from './theme.ts';
import { Timeline } from './timeline.tsx';

const parts = [
  ['checks', 'Checks'],
  ['counterexample', 'The contradiction'],
  ['timeline', 'Timeline'],
  ['charts', 'Latency and rate'],
  ['beliefs', 'Beliefs'],
  ['logs', 'Logs'],
  ['operations', 'Operations'],
] as const;

function Parts({ report }: { readonly report: Report }) {
  const contradicted = report.meta.checks.some(({ counterexample }) => counterexample !== null);
  return (
    <nav aria-label="Parts of the report">
      <ul>
        {parts
          .filter(([id]) => id !== 'counterexample' || contradicted)
          .map(([id, name]) => (
            <li key={id}>
              <a href={`#${id}`}>{name}</a>
            </li>
          ))}
      </ul>
    </nav>
  );
}

function Page() {
  const store = useStore();
  const theme = useTheme(store.state.theme);
  return (
    <>
      <a class="skip" href="#timeline">
        To the timeline
      </a>
      <Header />
      <Parts report={store.report} />
      <main>
        <Checks />
        <Counterexamples />
        <Timeline theme={theme} />
        <Charts theme={theme} />
        <Beliefs theme={theme} />
        <Logs />
        <OperationsTable />
      </main>
      <footer>Made by Lightcone {report(store)}. This file holds everything that it shows and asks the network for nothing.</footer>
    </>
  );
}

const report = (store: Store): string => store.report.meta.versions.find(([name]) => name === 'lightcone')?.[1] ?? '';

export function App({ store }: { readonly store: Store }) {
  return (
    <StoreContext.Provider value={store}>
      <Page />
    </StoreContext.Provider>
  );
}
