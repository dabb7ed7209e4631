/**
 * Checks a recorded history: reads the file in pieces, tells its format and model from the content, runs every checker
 * that the trace has the records for. The verdict depends on nothing but the content, the options and the budget.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import {
  type Budget,
  type Checker,
  type CheckResult,
  checkers,
  checkLinearizability,
  isolationAt,
  isolationLevelNamed,
  linearizability,
  type Model,
  modelCheckers,
  modelNamed,
  modelOf,
  modelShownBy,
  models,
  sessions,
  splitBrain,
  TIME_OVER,
} from '../checkers/index.ts';
import { LightconeError, type Value } from '../core/index.ts';
import { NONE, type TraceFormat, TraceReader, type TraceView } from '../trace/index.ts';
import { type BudgetLimits, defaultLimits, startBudget } from './history-budget.ts';
import { placed } from './history-place.ts';
import { type CheckOutcome, type HistoryReport, overall } from './report.ts';

export interface CheckProgress {
  readonly stage: 'read' | 'check';
  readonly bytes: number;
  /** null where it is not known (standard input). */
  readonly totalBytes: number | null;
  readonly operations: number;
  /** The checker that runs, at stage `check`. */
  readonly check?: string;
}

export interface CheckHistoryOptions {
  /** A file; `-` is standard input. */
  readonly path: string;
  /** Default: told from the content. */
  readonly format?: TraceFormat;
  /** Jepsen values are `[key value]`. */
  readonly keyed?: boolean;
  /** Default: the header's, else the one that fits the operations. */
  readonly model?: string;
  /** What every key holds at the start; default: the header's, else null. */
  readonly initial?: Value;
  /** The isolation level that transactions must keep; default: strict-serializable. */
  readonly level?: string;
  readonly budget?: BudgetLimits;
  /** Called after each piece read and before each checker; may throw to stop. */
  readonly progress?: (progress: CheckProgress) => void | Promise<void>;
  /** True once the caller wants an answer with what is decided. */
  readonly stopped?: () => boolean;
  readonly nowMs?: () => number;
  /** The command that repeats this check. */
  readonly rerun?: string;
}

const PIECE_BYTES = 1 << 18;

/** What a trace with beliefs is evidence of as well. Convergence is not here: a record that ends early looks like nodes that disagree. */
const beliefCheckers: readonly Checker[] = [splitBrain, checkers.watch];
/** Implied by linearizability: asked only where that does not hold or could not be decided, and told only when they decide. */
const weakerCheckers: readonly Checker[] = [sessions];

/** Throws LC_FILE, LC_TRACE_..., LC_HISTORY_..., LC_USAGE (no such model). */
export async function checkHistory(options: CheckHistoryOptions): Promise<HistoryReport> {
  const { path, nowMs = () => performance.now() } = options;
  // A wrong name is said before minutes of reading.
  if (options.model !== undefined && !Object.hasOwn(modelCheckers, options.model)) modelNamed(options.model);
  if (options.level !== undefined) isolationLevelNamed(options.level);
  const startMs = nowMs();
  const { view, format, bytes } = await readHistory(options);
  const readMs = nowMs() - startMs;
  const special = specialModel(view, options.model);
  if (options.level !== undefined && (special === null || !transactional.includes(special))) refuseLevel(special, view);
  const model = special === null ? fittingModel(view, options.model, path) : null;
  const budget = startBudget(options.budget ?? defaultLimits, nowMs, options.stopped);
  const checks: CheckOutcome[] = [];
  const run = async (check: string, decide: () => CheckResult): Promise<void> => {
    await options.progress?.({ stage: 'check', bytes, totalBytes: bytes, operations: view.history.count, check });
    const beganMs = nowMs();
    const result = inItsWords(decide(), options.stopped?.() === true);
    checks.push({ check, result, durationMs: nowMs() - beganMs });
  };
  if (special === null) await run(linearizability.name, () => undecidedModel(view, decideLinearizability(view, model, budget, path)));
  else for (const checker of checkersOf(special, options.level)) await run(checker.name, () => judge(checker, view, budget, path));
  const applicable = special !== null || checks[0]?.result.verdict === 'pass' ? beliefCheckers : [...beliefCheckers, ...weakerCheckers];
  for (const checker of applicable) if (hasEvidence(checker, view)) await run(checker.name, () => checker.check(view, budget));
  const told = checks.filter(({ check, result }) => check === linearizability.name || isDecided(result) || !isWeaker(check));
  const verdict = overall(told.map(({ result }) => result.verdict));
  return {
    source: path,
    format,
    model: model?.name ?? special,
    view,
    bytes,
    readMs,
    verdict,
    interrupted: verdict !== 'pass' && verdict !== 'violation' && options.stopped?.() === true,
    checks: told,
    rerun: options.rerun ?? `lightcone check --history ${path}`,
  };
}

async function readHistory(options: CheckHistoryOptions): Promise<{ view: TraceView; format: TraceFormat; bytes: number }> {
  const { path, format, keyed, progress } = options;
  const source = path === '-' ? 'standard input' : path;
  const reader = new TraceReader({ source, ...(format === undefined ? {} : { format }), ...(keyed === undefined ? {} : { keyed }) });
  let bytes = 0;
  try {
    const totalBytes = path === '-' ? null : (await stat(path)).size;
    const input: AsyncIterable<Uint8Array> = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: PIECE_BYTES });
    for await (const piece of input) {
      reader.feed(piece);
      bytes += piece.length;
      await progress?.({ stage: 'read', bytes, totalBytes, operations: reader.operations });
    }
  } catch (error) {
    throw asFileError(error, source);
  }
  const read = reader.end();
  const { initial } = options;
  const view = initial === undefined ? read : { ...read, header: { ...read.header, initial } };
  return { view, format: reader.format ?? 'lightcone', bytes };
}

function asFileError(error: unknown, source: string): unknown {
  const code = error instanceof Error && !(error instanceof LightconeError) ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === undefined) return error;
  const why = { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'permission is denied' }[code] ?? code;
  return new LightconeError('LC_FILE', `${source} cannot be read: ${why}`, { path: source, code }, error);
}

/** The model asked for, the header's, or the one that the operations show, where it is no single object's. */
function specialModel(view: TraceView, asked: string | undefined): string | null {
  const named = asked ?? view.header.model;
  if (named !== undefined) return Object.hasOwn(modelCheckers, named) ? named : null;
  return view.history.count === 0 ? null : modelShownBy(view);
}

/** Models that a level of isolation judges. */
const transactional = ['list-append', 'rw-register'];

function checkersOf(model: string, level: string | undefined): readonly Checker[] {
  return level === undefined ? (modelCheckers[model] as readonly Checker[]) : [isolationAt(level)];
}

function refuseLevel(special: string | null, { header }: TraceView): never {
  const model = special ?? header.model;
  const sentence = `--level is for transactions (${transactional.join(', ')}); the operations are ${model === undefined ? 'none' : `of the model ${model}`}: leave it out, or name the model with --model`;
  throw new LightconeError('LC_USAGE', sentence, { model });
}

/** A model that the trace names and nobody here knows: what it promises was not decided, whatever weaker checks say. */
function undecidedModel({ header, history }: TraceView, result: CheckResult): CheckResult {
  const { model } = header;
  const known = model === undefined || Object.hasOwn(models, model) || Object.hasOwn(modelCheckers, model);
  return known || history.count === 0 || result.verdict !== 'skip' ? result : { ...result, verdict: 'unknown' };
}

function judge(checker: Checker, view: TraceView, budget: Budget, source: string): CheckResult {
  try {
    return checker.check(view, budget);
  } catch (error) {
    throw placed(error, view.history, source);
  }
}

/** null when the operations are transactions or of a header's model that is no single object's: then checkers skip with the reason. */
function fittingModel(view: TraceView, asked: string | undefined, source: string): Model | null {
  if (asked !== undefined) return modelNamed(asked);
  const { model } = view.header;
  if (model !== undefined && !Object.hasOwn(models, model)) return null;
  if (view.history.count === 0 || view.history.functions.includes('txn')) return null;
  if (model === undefined && readsLists(view)) return modelNamed('set');
  try {
    return modelOf(view, undefined);
  } catch (error) {
    throw placed(error, view.history, source);
  }
}

/** `add` and `read` are a counter's or a set's: a set is read as a list. */
function readsLists({ history }: TraceView): boolean {
  if (!history.functions.includes('add')) return false;
  if (!history.functions.every((f) => ['add', 'remove', 'contains', 'read'].includes(f))) return false;
  const read = history.functions.indexOf('read');
  let reads = 0;
  for (let row = 0; row < history.count; row++) {
    const result = history.result[row] as number;
    if (history.f[row] !== read || result === NONE) continue;
    if (!Array.isArray(history.values[result])) return false;
    reads++;
  }
  return reads > 0;
}

function decideLinearizability(view: TraceView, model: Model | null, budget: Budget, source: string): CheckResult {
  if (model === null) {
    const reason =
      view.history.count === 0
        ? 'the history has no operations'
        : `linearizability is decided for ${Object.keys(models).join(', ')}, not for ${view.header.model ?? 'transactions'}`;
    return { verdict: 'skip', anomalies: [], counterexample: null, reason, stats: {} };
  }
  return judge({ ...linearizability, check: () => checkLinearizability(view, { model, budget }) }, view, budget, source);
}

function hasEvidence(checker: Checker, view: TraceView): boolean {
  return checker.needs.every((kind) => view.present.has(kind)) && (view.timed || !checker.needsTime);
}

/** A checker only knows that it had to end: the caller knows why. */
function inItsWords(result: CheckResult, stopped: boolean): CheckResult {
  if (!stopped || result.verdict !== 'unknown' || result.reason === undefined) return result;
  return { ...result, reason: result.reason.replace(TIME_OVER, 'it was interrupted') };
}

function isDecided({ verdict }: CheckResult): boolean {
  return verdict === 'pass' || verdict === 'violation';
}

function isWeaker(check: string): boolean {
  return weakerCheckers.some(({ name }) => name === check);
}
