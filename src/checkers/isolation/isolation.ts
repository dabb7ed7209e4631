/**
 * Isolation of transactions: anomalies that single reads show and cycles of dependencies, judged by a level. What the level allows
 * is told without being a violation; what the anomalies rule out is told too. A pass is a proof: where the order of some versions
 * is open, an order is chosen with which nothing forbidden remains; where none is found the verdict is unknown.
 */
import type { Value } from '../../core/index.ts';
import { INFO, type TraceView } from '../../trace/index.ts';
import { defaultBudget, Meter } from '../budget.ts';
import type { Anomaly, Budget, Checker, CheckResult, Counterexample } from '../checker.ts';
import { skipped } from '../versions.ts';
import { componentsOf } from './components.ts';
import { type Cycle, findCycles } from './cycles.ts';
import type { Dependencies, IsolationAnomaly } from './dependencies.ts';
import { PASS, PROCESS, REALTIME, RW, WR, WW } from './graph.ts';
import { forbiddenAt, type IsolationLevel, impliesLevel, isolationLevelNamed, strongestLeft, weakestRuledOut } from './levels.ts';
import { listAppendDependencies } from './list-append.ts';
import { type Access, rwRegisterDependencies } from './rw-register.ts';
import { searchSerialOrder } from './serial-order.ts';
import { type TransactionModel, type Transactions, transactionModelOf, transactionsOf } from './transactions.ts';
import { weaklyBroken } from './weak-checker.ts';
import { TransactionTeller } from './words.ts';

export interface IsolationOptions {
  /** Default: strict-serializable. */
  readonly level?: IsolationLevel;
  /** Default: told from the micro-operations. */
  readonly model?: TransactionModel;
  readonly budget?: Budget;
}

const LISTED_MAX = 100;

type Found = Dependencies & { readonly accesses?: readonly Access[] };

/** Judges by a level. Throws LC_USAGE for a level that is none, LC_HISTORY_OPERATION for what is no transaction. */
export function isolationAt(level: string): Checker {
  const named = isolationLevelNamed(level);
  return { name: 'isolation', needs: ['op'], needsTime: false, check: (view, budget) => checkIsolation(view, { level: named, budget }) };
}

export const isolation: Checker = isolationAt('strict-serializable');

function modelOf(view: TraceView, options: IsolationOptions): TransactionModel | null {
  const named = view.header.model;
  return options.model ?? (named === 'list-append' || named === 'rw-register' ? named : transactionModelOf(view));
}

/** What orders transactions at the level, beyond their reads and writes. */
function orderMask(level: IsolationLevel): number {
  if (level.startsWith('strict-') || level === 'strong-snapshot-isolation') return PROCESS | REALTIME;
  return level.startsWith('strong-session-') || level === 'causal' || level === 'parallel-snapshot-isolation' ? PROCESS : 0;
}

export function checkIsolation(view: TraceView, options: IsolationOptions = {}): CheckResult {
  const level = options.level ?? 'strict-serializable';
  const model = modelOf(view, options);
  if (model === null) return skipped('isolation is decided for transactions of list-append or rw-register');
  const meter = new Meter(options.budget ?? defaultBudget);
  const transactions = transactionsOf(view, model);
  const found: Found | null =
    model === 'list-append'
      ? listAppendDependencies(transactions, meter)
      : rwRegisterDependencies(transactions, (view.header.initial ?? null) as Value, meter);
  if (found === null) {
    const reason = `${meter.exhausted}: nothing was decided of ${transactions.count} transactions`;
    return { verdict: 'unknown', anomalies: [], counterexample: null, reason, stats: { transactions: transactions.count } };
  }
  if (!found.committed.includes(1)) return skipped('no transaction is known to have committed');
  return new Judgement(transactions, found, level, meter).result();
}

class Judgement {
  readonly #transactions: Transactions;
  readonly #found: Found;
  readonly #level: IsolationLevel;
  readonly #meter: Meter;
  readonly #tell: TransactionTeller;
  readonly #forbidden: ReadonlySet<string>;
  readonly #mask: number;
  #kinds: ReadonlySet<string> = new Set();

  constructor(transactions: Transactions, found: Found, level: IsolationLevel, meter: Meter) {
    this.#transactions = transactions;
    this.#found = found;
    this.#level = level;
    this.#meter = meter;
    this.#tell = new TransactionTeller(transactions);
    this.#forbidden = forbiddenAt(level);
    this.#mask = orderMask(level);
  }

  result(): CheckResult {
    const { graph, committed } = this.#found;
    const linear = this.#meter.spend(graph.edges + graph.nodes) && this.#meter.hold(60 * graph.nodes + 26 * graph.edges);
    const cycles = linear ? findCycles(graph, this.#meter) : [];
    const alone = [...this.#found.anomalies, ...(cycles.length > 0 ? this.#found.withCycles() : [])];
    this.#kinds = new Set([...alone, ...cycles].map(({ kind }) => kind));
    const out = weakestRuledOut(this.#kinds);
    const anomalies = this.#told(alone, cycles, out);
    const stats = {
      transactions: this.#transactions.count,
      committed: committed.reduce((sum, one) => sum + one, 0),
      unknownOutcome: this.#transactions.history.status.reduce((sum, status) => sum + (status === INFO ? 1 : 0), 0),
      microOperations: this.#transactions.micros,
      dependencies: graph.edges,
      anomalies: alone.length + cycles.length,
      steps: this.#meter.steps,
      peakBytes: this.#meter.peakBytes,
    };
    const counterexample = this.#counterexample(alone, cycles, out);
    if (counterexample !== null) return { verdict: 'violation', anomalies, counterexample, stats };
    const base = { anomalies, counterexample: null, stats };
    const { accesses, undecided } = this.#found;
    if (linear && accesses !== undefined && undecided.length === 0 && (this.#level === 'read-atomic' || this.#level === 'causal'))
      return weaklyBroken(this.#transactions, this.#found, this.#level, this.#meter, base) ?? { verdict: 'pass', ...base };
    const open = linear ? this.#open(cycles) : `${this.#meter.exhausted}: cycles were not looked for`;
    if (open === NOT_SERIAL) return this.#notSerial(base);
    return open === null ? { verdict: 'pass', ...base } : { verdict: 'unknown', ...base, reason: open };
  }

  #told(alone: readonly IsolationAnomaly[], cycles: readonly Cycle[], out: readonly IsolationLevel[]): readonly Anomaly[] {
    const rows = (of: readonly number[]): readonly number[] => of.map((t) => this.#transactions.row[t] as number).sort((x, y) => x - y);
    const told = [
      ...alone.map(({ kind, message, transactions }): Anomaly => ({ kind, message, operations: rows(transactions) })),
      ...cycles.map(
        ({ kind, steps }): Anomaly => ({ kind, message: this.#tell.cycle(steps), operations: rows(steps.map(({ from }) => from)) }),
      ),
    ];
    // What the level forbids comes first.
    told.sort((x, y) => Number(this.#forbidden.has(y.kind)) - Number(this.#forbidden.has(x.kind)));
    const ruled = out.length === 0 ? [] : [{ kind: 'ruled-out', message: ruledOut(out, this.#kinds), operations: [] }];
    return [...told.slice(0, LISTED_MAX), ...ruled];
  }

  #counterexample(alone: readonly IsolationAnomaly[], cycles: readonly Cycle[], out: readonly IsolationLevel[]): Counterexample | null {
    const single = alone.find(({ kind }) => this.#forbidden.has(kind));
    const cycle = cycles.filter(({ kind }) => this.#forbidden.has(kind)).sort((x, y) => x.steps.length - y.steps.length)[0];
    if (single === undefined && cycle === undefined) return null;
    const members = single?.transactions ?? (cycle as Cycle).steps.map(({ from }) => from);
    const ordered = [...members].sort((x, y) => x - y);
    const kind = single?.kind ?? cycle?.kind;
    const why = single === undefined ? (cycle as Cycle).steps.map((step) => this.#tell.step(step)) : [single.message];
    const end = `${kind}, which ${this.#level} forbids; ${ruledOut(out, this.#kinds)}`;
    return {
      operations: ordered.map((t) => this.#transactions.row[t] as number),
      story: [...ordered.map((t) => this.#tell.line(t)), ...why, end],
    };
  }

  /** Null when it is proved that the level holds; else why that is not known. */
  #open(cycles: readonly Cycle[]): string | null {
    const { undecided, open, accesses } = this.#found;
    if (undecided.length > 0) return `${undecided.length} keys are undecided: ${undecided.slice(0, 3).join('; ')}`;
    const acyclic = !cycles.some(({ kind }) => this.#orders(kind));
    // Unseen appends may stand in the order that an acyclic graph gives; nothing more depends on it.
    if (acyclic && accesses === undefined) return null;
    if (!acyclic && this.#meter.exhausted !== null) return `${this.#meter.exhausted}: not every cycle was classified`;
    if (open.length === 0) return null;
    if (this.#completes()) return null;
    if (this.#level === 'read-committed' || this.#level === 'read-uncommitted') return null;
    // The search knows one read of a key in a transaction: where single reads contradict each other it proves nothing.
    if (accesses !== undefined && acyclic && this.#found.anomalies.length === 0) {
      const answer = searchSerialOrder(this.#found.graph, this.#found.committed, accesses, WW | WR | RW | PASS | this.#mask, this.#meter);
      if (answer === 'found') return null;
      if (answer === 'none' && impliesLevel(this.#level, 'serializable')) return NOT_SERIAL;
    }
    const why = this.#meter.exhausted ?? 'the transactions do not tell the order of all versions';
    return `${why}: no order of the versions of ${open.length} keys was found with which ${this.#level} holds, and none of the certain anomalies rules it out`;
  }

  /** Whether an anomaly needs no more order than the level has. */
  #orders(kind: string): boolean {
    if (kind.endsWith('-realtime')) return (this.#mask & REALTIME) !== 0;
    return !(kind.endsWith('-process') || kind === 'causal-violation') || (this.#mask & PROCESS) !== 0;
  }

  /** Tries a few orders of the open versions; true when one leaves nothing that the level forbids. */
  #completes(): boolean {
    const { graph } = this.#found;
    const { history, row, count } = this.#transactions;
    const byDependency = (mask: number): Int32Array => componentsOf(graph, mask | PASS).of.map((component) => -component);
    const everything = WW | WR | RW | PROCESS | REALTIME;
    const ranks = [everything, WW | WR | RW | this.#mask, WW | WR | PROCESS | REALTIME, WW | WR | this.#mask].map(byDependency);
    // Stores often order versions by commit; times that contradict the reads show at once.
    ranks.push(Int32Array.from({ length: count }, (_, t) => history.complete[row[t] as number] as number));
    return ranks.some((rank) => {
      if (!this.#meter.spend(graph.edges) || !this.#meter.hold(120 * graph.nodes + 52 * graph.edges)) return false;
      const cycles = findCycles(this.#found.completed(rank), this.#meter);
      return this.#meter.exhausted === null && !cycles.some(({ kind }) => this.#forbidden.has(kind));
    });
  }

  #notSerial(base: { anomalies: readonly Anomaly[]; counterexample: null; stats: CheckResult['stats'] }): CheckResult {
    const message = `no order of the ${base.stats.committed} committed transactions explains all reads (every one was tried, within what ${this.#level} demands)`;
    const anomaly: Anomaly = { kind: 'not-serializable', message, operations: [] };
    const operations = [...this.#found.committed.keys()].filter((t) => this.#found.committed[t] === 1);
    const story = [message];
    return { ...base, verdict: 'violation', anomalies: [anomaly, ...base.anomalies], counterexample: { operations, story } };
  }
}

const NOT_SERIAL = 'not-serial';

function ruledOut(out: readonly IsolationLevel[], kinds: ReadonlySet<string>): string {
  const left = strongestLeft(kinds);
  const rest = left.length === 0 ? 'no level is left' : `of the others the strongest are ${left.join(' and ')}`;
  return `it rules out ${out.join(' and ')}, and all that is stronger; ${left.length === 1 ? rest.replace('strongest are', 'strongest is') : rest}`;
}
