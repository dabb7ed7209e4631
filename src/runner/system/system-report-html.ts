/** A run on a real system as one HTML page, with the nodes' logs where they carry a time that can be placed. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLine, NodeLog } from '../html-logs.ts';
import { htmlReport } from '../html-report.ts';
import { historyDocument } from '../html-sources.ts';
import type { SystemReport } from './system-report.ts';

/** Of each log; the page itself chooses among the lines. */
const LOG_BYTES = 8 << 20;
const STAMP = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?/;

function linesOf(path: string, startedMs: number): LogLine[] {
  const bytes = readFileSync(path);
  const lines = bytes
    .subarray(Math.max(0, bytes.length - LOG_BYTES))
    .toString('utf8')
    .split('\n');
  return lines.flatMap((text): LogLine[] => {
    if (text === '') return [];
    const stamp = STAMP.exec(text)?.[0].replace(',', '.');
    const timeNs = stamp === undefined ? Number.NaN : Math.round((Date.parse(stamp) - startedMs) * 1e6);
    return [Number.isNaN(timeNs) ? { text } : { text, timeNs }];
  });
}

function logsOf(folder: string, node: string, startedMs: number): NodeLog[] {
  try {
    const files = readdirSync(join(folder, node), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.log'));
    const readable = files.map((path) => join(folder, node, path)).filter((path) => statSync(path).isFile());
    return [{ node, lines: readable.flatMap((path) => linesOf(path, startedMs)) }];
  } catch {
    return [];
  }
}

export function systemReportHtml(report: SystemReport): string {
  const { facts, scenario, system, promise, bites } = report;
  const page = historyDocument(report);
  const bit = bites.map(({ fault, bit: yes, why }) => `${fault} ${yes ? 'bit' : 'did not bite'}: ${why}`).join('; ');
  return htmlReport({
    ...page,
    title: `${system}: ${scenario.name}`,
    scenario,
    seed: scenario.seed,
    versions: { ...page.versions, [system]: facts.version },
    environment: { ...page.environment, promise, ...(bit === '' ? {} : { faults: bit }), directory: facts.directory.path },
    logs: scenario.nodes.flatMap(({ name }) => logsOf(facts.directory.path, name, facts.startedAtMs)),
  });
}
