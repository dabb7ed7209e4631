/**
 * Linearizability: every operation seems to happen at one instant between its invocation and its completion (Herlihy &
 * Wing 1990). Each object is decided alone, by the fastest algorithm whose precondition it meets (decider.ts).
 * One entry for all models. Does not decide transactions.
 */
import type { Value } from '../core/index.ts';
import { LightconeError } from '../core/index.ts';
import type { TraceView } from '../trace/index.ts';
import { defaultBudget, Meter } from './budget.ts';
import type { Anomaly, Budget, Checker, CheckResult, Counterexample } from './checker.ts';
import { tellContradiction } from './contradiction.ts';
import { algorithms, type Decision, PartDecider } from './decider.ts';
import { Domain } from './domain.ts';
import { minimise } from './minimise.ts';
import type { Model } from './model.ts';
import { modelNamed, models } from './models.ts';
import { type Part, partition } from './part.ts';
import { Teller } from './story.ts';

export interface LinearizabilityOptions {
  /** A model or its name; default: the header's, else the first that has all functions of the history. */
  readonly model?: string | Model;
  readonly budget?: Budget;
  /** `search`: always algorithm 3. Default `best`. */
  readonly algorithm?: 'best' | 'search';
  /** False: only the verdict, without counterexamples. Default true. */
  readonly explain?: boolean;
}

/** Contradictions that are minimised and told; further violating keys are only named. */
const EXPLAINED_MAX = 5;

/** The model named, or the one that fits. LC_USAGE for a name that is none, LC_HISTORY_OPERATION when nothing fits. */
export function modelOf(view: TraceView, asked: string | Model | undefined): Model {
  if (typeof asked === 'object') return asked;
  const name = asked ?? view.header.model;
  if (name !== undefined) return modelNamed(name);
  const used = view.history.functions;
  const fitting = Object.values(models).find((model: Model) => used.every((f) => model.functions.includes(f)));
  if (fitting) return fitting;
  const sentence = `no model has all of the operations ${used.map((f) => `"${f}"`).join(', ')}`;
  throw new LightconeError('LC_HISTORY_OPERATION', sentence, { functions: used });
}

/** Decides whether the operations of the trace are linearizable. Throws LC_HISTORY_OPERATION when the model lacks one of them. */
export function checkLinearizability(view: TraceView, options: LinearizabilityOptions = {}): CheckResult {
  const { history } = view;
  const model = modelOf(view, options.model);
  const meter = new Meter(options.budget ?? defaultBudget);
  const domain = new Domain(history);
  const machine = model.machine(domain, (view.header.initial ?? null) as Value);
  const { parts, dropped } = partition(history, machine);
  const decider = new PartDecider(domain, machine, options.algorithm === 'search');
  const run = new Run(view, meter, decider, options.explain ?? true);
  // One hard key must not starve the others: first everyone gets a share, then the hard ones get what is left.
  const hard = parts.length === 1 ? parts : parts.filter((part, at) => !run.take(part, meter.share(2 * (parts.length - at))));
  for (const part of hard) if (!run.take(part, Number.POSITIVE_INFINITY)) run.giveUp();
  return run.result(parts.length, dropped, history.count);
}

class Run {
  readonly #view: TraceView;
  readonly #meter: Meter;
  readonly #decider: PartDecider;
  readonly #explain: boolean;
  readonly #anomalies: Anomaly[] = [];
  #counterexample: Counterexample | null = null;
  #minimal = 1;
  #passed = 0;
  #violating = 0;
  #undecided = 0;
  #covered = 0;
  #states = 0;
  #reached = 0;
  #furthest = '';
  #why = '';
  readonly #by = new Map(algorithms.map((name) => [name, 0]));

  constructor(view: TraceView, meter: Meter, decider: PartDecider, explain: boolean) {
    this.#view = view;
    this.#meter = meter;
    this.#decider = decider;
    this.#explain = explain;
  }

  /** False when `steps` were not enough to decide the part. */
  take(part: Part, steps: number): boolean {
    if (this.#meter.exhausted !== null) return false;
    const own = this.#meter.rest(steps);
    const decision = this.#decider.decide(part, own);
    this.#meter.add(own);
    this.#states += decision.states;
    if (decision.verdict === 'unknown') {
      this.#why = own.exhausted ?? '';
      this.#reached = Math.max(this.#reached, decision.reached);
      const name = new Teller(this.#view.history, this.#view.timed).key(part.key);
      this.#furthest = `${name === '' ? 'the search' : `the search of key ${name}`} linearized ${decision.reached} of ${decision.completions} completed operations`;
      return false;
    }
    this.#by.set(decision.algorithm, (this.#by.get(decision.algorithm) ?? 0) + 1);
    this.#covered += part.count;
    if (decision.verdict === 'pass') this.#passed++;
    else this.#report(part, decision);
    return true;
  }

  giveUp(): void {
    this.#undecided++;
  }

  #report(part: Part, decision: Decision): void {
    this.#violating++;
    const teller = new Teller(this.#view.history, this.#view.timed);
    const key = part.key < 0 ? {} : { key: part.key };
    if (!this.#explain || this.#violating > EXPLAINED_MAX) {
      const name = teller.key(part.key);
      const message = `the operations${name === '' ? '' : ` of key ${name}`} are not linearizable`;
      this.#anomalies.push({ kind: 'non-linearizable', message, operations: [], ...key });
      return;
    }
    // The verdict stands; explaining has a share of its own so that it cannot eat the budget of other keys.
    const meter = this.#meter.rest(Math.max(10_000_000, this.#meter.steps));
    const decide = (smaller: Part, test: Meter): Decision['verdict'] => this.#decider.decide(smaller, test).verdict;
    let found: ReturnType<typeof minimise> = null;
    for (const suspects of decision.suspects()) {
      found = minimise(part, suspects, decide, meter);
      if (found !== null) break;
    }
    this.#meter.add(meter);
    const core = found?.part ?? part;
    const members = found?.members ?? Array.from({ length: part.count }, (_, index) => index);
    const minimal = found?.minimal ?? false;
    if (!minimal) this.#minimal = 0;
    const operations = members.map((index) => core.row[index] as number).sort((x, y) => x - y);
    const told = tellContradiction(teller, core, members, minimal);
    this.#anomalies.push({ kind: 'non-linearizable', message: told.sentence, operations, ...key });
    this.#counterexample ??= { operations, story: told.story };
  }

  result(parts: number, dropped: number, operations: number): CheckResult {
    const verdict = this.#violating > 0 ? 'violation' : this.#undecided > 0 ? 'unknown' : 'pass';
    const stats = {
      operations,
      unconstraining: dropped,
      operationsDecided: this.#covered,
      objects: parts,
      objectsPassed: this.#passed,
      objectsViolating: this.#violating,
      objectsUndecided: this.#undecided,
      longestPrefix: this.#reached,
      ...Object.fromEntries(algorithms.map((name) => [`by${name[0]?.toUpperCase()}${name.slice(1)}`, this.#by.get(name) ?? 0])),
      steps: this.#meter.steps,
      states: this.#states,
      peakBytes: this.#meter.peakBytes,
      minimal: this.#minimal,
    };
    const base = { verdict, anomalies: this.#anomalies, counterexample: this.#counterexample, stats } as const;
    if (this.#undecided === 0) return base;
    const decided = `${parts - this.#undecided} of ${parts} objects (${this.#covered} of ${operations - dropped} operations) were decided`;
    const why = this.#meter.exhausted ?? this.#why;
    return { ...base, reason: `${why}: ${decided}${this.#furthest === '' ? '' : `; ${this.#furthest}`}` };
  }
}

/** As a checker: the model is the header's, or the one that fits. Skips models that are not about single objects. */
export const linearizability: Checker = {
  name: 'linearizability',
  needs: ['op'],
  needsTime: false,
  check(view, budget) {
    const name = view.header.model;
    if (name === undefined || Object.hasOwn(models, name)) return checkLinearizability(view, { budget });
    const reason = `linearizability is decided for ${Object.keys(models).join(', ')}, not for ${name}`;
    return { verdict: 'skip', anomalies: [], counterexample: null, reason, stats: {} };
  },
};
