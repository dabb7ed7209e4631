/** What was checked, with what outcome, and every anomaly found. */
import { useState } from 'preact/hooks';
import type { Verdict } from '../../../src/checkers/index.ts';
import type { ReportAnomaly, ReportCheck } from '../../../src/runner/index.ts';
import { counted, figure, showDuration } from '../model/format.ts';
import { goToTimeline } from './counterexample.tsx';
import { useStore } from './state.ts';

export const verdictMarks: { readonly [V in Verdict]: string } = { pass: '✓', violation: '✕', unknown: '?', skip: '–' };
export const verdictNames: { readonly [V in Verdict]: string } = { pass: 'PASS', violation: 'FAIL', unknown: 'UNKNOWN', skip: 'SKIP' };

export function VerdictBadge({ verdict }: { readonly verdict: Verdict }) {
  return (
    <span class={`badge verdict-${verdict}`}>
      <span aria-hidden="true">{verdictMarks[verdict]}</span> {verdictNames[verdict]}
    </span>
  );
}

function statsInWords(stats: ReportCheck['stats']): string {
  return Object.entries(stats)
    .map(([name, value]) => `${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${figure(value)}`)
    .join(', ');
}

const ANOMALIES_AT_ONCE = 20;
const LINKS = 8;

function AnomalyRow({ anomaly }: { readonly anomaly: ReportAnomaly }) {
  const store = useStore();
  const { operations, meta } = store.report;
  const more = anomaly.operationCount - Math.min(LINKS, anomaly.operations.length);
  return (
    <tr>
      <td class="brief">{anomaly.kind}</td>
      <td>{anomaly.message}</td>
      <td>{anomaly.key === null ? '' : (meta.keys[anomaly.key] ?? '')}</td>
      <td>
        {anomaly.operations.slice(0, LINKS).map((row) => (
          <button
            key={row}
            type="button"
            class="link"
            aria-label={`Operation ${operations.number(row)} in the timeline`}
            onClick={() => goToTimeline(() => store.goTo(row))}
          >
            #{operations.number(row)}
          </button>
        ))}
        {more > 0 && ` and ${figure(more)} more`}
      </td>
    </tr>
  );
}

function Anomalies({ check }: { readonly check: ReportCheck }) {
  const [most, setMost] = useState(ANOMALIES_AT_ONCE);
  const { anomalies, anomalyCount } = check;
  if (anomalyCount === 0) return null;
  return (
    <>
      <h3>
        {check.check}: {counted(anomalyCount, 'anomaly', 'anomalies')}
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <section class="scrolling wide" tabIndex={0} aria-label={`Anomalies found by ${check.check}`}>
        <table>
          <thead>
            <tr>
              {['kind', 'what happened', 'key', 'operations'].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {anomalies.slice(0, most).map((anomaly) => (
              <AnomalyRow key={anomaly.message} anomaly={anomaly} />
            ))}
          </tbody>
        </table>
      </section>
      {most < anomalies.length && (
        <button type="button" onClick={() => setMost(most + 100)}>
          Show more
        </button>
      )}
      {anomalyCount > anomalies.length && (
        <p class="muted">
          The first {figure(anomalies.length)} of {figure(anomalyCount)} are in this file.
        </p>
      )}
    </>
  );
}

export function Checks() {
  const { meta } = useStore().report;
  return (
    <section aria-labelledby="checks-title" id="checks">
      <h2 id="checks-title">Checks</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <section class="scrolling wide" tabIndex={0} aria-label="Checks and their verdicts">
        <table>
          <thead>
            <tr>
              {['verdict', 'check', 'took', 'why, and figures'].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {meta.checks.map((check) => (
              <tr key={check.check}>
                <td class="brief">
                  <VerdictBadge verdict={check.verdict} />
                </td>
                <th scope="row">{check.check}</th>
                <td class="brief">{showDuration(check.durationMs)}</td>
                <td>
                  {check.reason !== null && <span>{check.reason}. </span>}
                  <span class="muted">{statsInWords(check.stats)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {meta.checks.map((check) => (
        <Anomalies key={check.check} check={check} />
      ))}
    </section>
  );
}
