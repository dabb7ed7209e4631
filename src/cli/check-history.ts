/** `lightcone check --history FILE`: does this recorded history keep what it promises? */
import type { Value } from '../core/index.ts';
import {
  type CheckProgress,
  checkHistory,
  exitCodeOf,
  historyDocument,
  htmlReport,
  parseBudget,
  renderJson,
  renderJunit,
  renderText,
} from '../runner/index.ts';
import type { TraceFormat } from '../trace/index.ts';
import { type Arguments, usageError } from './arguments.ts';
import { refuseExisting, writeOutput } from './output-file.ts';
import { annotate, summarise, verbatim } from './report.ts';
import { rerunCommand } from './rerun.ts';
import type { Io } from './verb.ts';

const options = ['history', 'format', 'keyed', 'model', 'level', 'initial', 'budget'] as const;

export async function checkRecorded(path: string, args: Arguments, io: Io): Promise<number> {
  const budget = args.text('budget');
  const limits = budget === undefined ? undefined : parseBudget(budget);
  const format = args.text('format') as TraceFormat | undefined;
  const model = args.text('model');
  const level = args.text('level');
  const initial = initialValue(args.text('initial'));
  const junit = args.text('junit');
  const html = args.text('html');
  refuseExisting(junit);
  refuseExisting(html);
  const report = await checkHistory({
    path,
    ...(args.has('keyed') ? { keyed: true } : {}),
    ...(format === undefined ? {} : { format }),
    ...(model === undefined ? {} : { model }),
    ...(level === undefined ? {} : { level }),
    ...(initial === undefined ? {} : { initial }),
    ...(limits === undefined ? {} : { budget: limits }),
    rerun: rerun(args),
    nowMs: () => io.nowMs(),
    stopped: () => io.signal.aborted,
    progress: (progress) => {
      const text = tell(progress);
      io.progress(text);
      // While it is read nothing is decided: there is nothing to report.
      if (progress.stage === 'read') io.breathe(() => text);
    },
  });
  const text = renderText(report);
  io.out(args.has('json') ? renderJson(report).trimEnd() : text);
  summarise(io, verbatim(text));
  for (const { check: name, result } of report.checks) {
    if (result.verdict === 'violation') annotate(io, `lightcone ${name}`, result.anomalies[0]?.message ?? name);
  }
  // Last: a full disk takes nothing away from what was said.
  if (junit !== undefined) writeOutput(junit, renderJunit(report));
  if (html !== undefined) writeOutput(html, htmlReport(historyDocument(report)));
  return exitCodeOf(report.verdict, report.interrupted);
}

function initialValue(json: string | undefined): Value | undefined {
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json) as Value;
  } catch {
    throw usageError(`--initial takes a JSON value such as 0, null or '"a"', not ${JSON.stringify(json)}`, { given: json });
  }
}

function tell({ stage, bytes, totalBytes, operations, check: checker }: CheckProgress): string {
  if (stage === 'check') return `checking ${checker} of ${operations} operations`;
  const share = totalBytes === null || totalBytes === 0 ? `${(bytes / 1e6).toFixed(0)} MB` : `${Math.floor((bytes / totalBytes) * 100)} %`;
  return `reading: ${share}, ${operations} operations`;
}

function rerun(args: Arguments): string {
  return rerunCommand(['check'], Object.fromEntries(options.map((name) => [name, name === 'keyed' ? args.has(name) : args.text(name)])));
}
