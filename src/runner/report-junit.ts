/** A report as JUnit XML, one test case a check: violation is a failure, unknown an error, skip skipped. */
import type { CheckOutcome, HistoryReport } from './report.ts';

export function renderJunit(report: HistoryReport): string {
  const { checks, source } = report;
  const count = (verdict: string) => checks.filter(({ result }) => result.verdict === verdict).length;
  const seconds = (checks.reduce((sum, { durationMs }) => sum + durationMs, report.readMs) / 1000).toFixed(3);
  const totals = `tests="${checks.length}" failures="${count('violation')}" errors="${count('unknown')}" skipped="${count('skip')}" time="${seconds}"`;
  const cases = checks.map((outcome) => renderCase(outcome, source));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="lightcone check" ${totals}>`,
    `  <testsuite name="${escapeXml(source)}" ${totals}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function renderCase({ check, result, durationMs }: CheckOutcome, source: string): string {
  const head = `    <testcase classname="${escapeXml(source)}" name="${escapeXml(check)}" time="${(durationMs / 1000).toFixed(3)}"`;
  const reason = escapeXml(result.reason ?? '');
  switch (result.verdict) {
    case 'pass':
      return `${head}/>`;
    case 'skip':
      return `${head}><skipped message="${reason}"/></testcase>`;
    case 'unknown':
      return `${head}><error type="unknown" message="${reason}"/></testcase>`;
    case 'violation': {
      const [first] = result.anomalies;
      const told = [...result.anomalies.map(({ message }) => message), '', ...(result.counterexample?.story ?? [])].join('\n');
      return `${head}><failure type="${escapeXml(first?.kind ?? 'violation')}" message="${escapeXml(first?.message ?? '')}">${escapeXml(told)}</failure></testcase>`;
    }
  }
}

/** Text for XML 1.0, in content and in double quotes: control characters and lone surrogates, which XML cannot hold, become U+FFFD. */
export function escapeXml(text: string): string {
  let safe = '';
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    const allowed =
      code === 9 || code === 10 || code === 13 || (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || code >= 0x10000;
    safe += allowed ? (entities[char] ?? char) : '\ufffd';
  }
  return safe;
}

const entities: { readonly [char: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};
