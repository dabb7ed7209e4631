/** `lightcone check`: does this recorded history keep what it promises? */
import { modelCheckers, models } from '../checkers/index.ts';
import type { Value } from '../core/index.ts';
import { type CheckProgress, checkHistory, exitCodeOf, parseBudget, renderJson, renderJunit, renderText } from '../runner/index.ts';
import { type TraceFormat, traceFormats } from '../trace/index.ts';
import { type Arguments, usageError } from './arguments.ts';
import { refuseExisting, writeOutput } from './output-file.ts';
import { annotate } from './report.ts';
import { rerunCommand } from './rerun.ts';
import type { Io, Verb } from './verb.ts';

const options = ['history', 'format', 'keyed', 'model', 'initial', 'budget'] as const;

export const check: Verb = {
  name: 'check',
  summary: 'Does this recorded history keep what it promises?',
  positionals: [],
  options: [
    { name: 'history', kind: 'text', value: 'FILE', summary: 'the history; - is standard input' },
    { name: 'format', kind: 'choice', value: 'FORMAT', choices: traceFormats, summary: 'its format; default: told from the content' },
    { name: 'keyed', kind: 'flag', summary: 'values in a Jepsen history are [key value]' },
    {
      name: 'model',
      kind: 'choice',
      value: 'MODEL',
      choices: [...Object.keys(models), ...Object.keys(modelCheckers)],
      summary: "what the operations mean; default: the trace's own, or the one that fits",
    },
    { name: 'initial', kind: 'text', value: 'JSON', summary: "what every key holds at the start; default: the trace's own, or null" },
    {
      name: 'budget',
      kind: 'text',
      value: 'LIMITS',
      default: '30s,512MiB',
      summary: 'what the search may spend: 10s, 500ms, 2GB, steps=1000000, joined by commas',
    },
    { name: 'json', kind: 'flag', summary: 'the report as JSON' },
    { name: 'junit', kind: 'text', value: 'FILE', summary: 'write a JUnit report too; an existing file is never overwritten' },
  ],
  examples: [
    ['check --history history.edn', 'a Jepsen history: format and model are told from the content'],
    ['check --history trace.jsonl --budget 5m,4GB --junit report.xml', 'more time and memory, and a report for CI'],
  ],
  run,
};

async function run(args: Arguments, io: Io): Promise<number> {
  const path = args.text('history');
  if (path === undefined) throw usageError('check needs a history: --history FILE');
  const budget = args.text('budget');
  const limits = budget === undefined ? undefined : parseBudget(budget);
  const format = args.text('format') as TraceFormat | undefined;
  const model = args.text('model');
  const initial = initialValue(args.text('initial'));
  const junit = args.text('junit');
  refuseExisting(junit);
  const report = await checkHistory({
    path,
    keyed: args.has('keyed'),
    ...(format === undefined ? {} : { format }),
    ...(model === undefined ? {} : { model }),
    ...(initial === undefined ? {} : { initial }),
    ...(limits === undefined ? {} : { budget: limits }),
    rerun: rerun(args),
    nowMs: () => io.nowMs(),
    stopped: () => io.signal.aborted,
    progress: (progress) => {
      const text = tell(progress);
      io.progress(text);
      // A search does not come up for air.
      io.cooperative(progress.stage === 'read');
      return io.breathe(() => text);
    },
  });
  if (junit !== undefined) writeOutput(junit, renderJunit(report));
  io.out(args.has('json') ? renderJson(report).trimEnd() : renderText(report));
  for (const { check: name, result } of report.checks) {
    if (result.verdict === 'violation') annotate(io, `lightcone ${name}`, result.anomalies[0]?.message ?? name);
  }
  return exitCodeOf(report.verdict);
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
