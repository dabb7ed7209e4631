/**
 * Errors as data. Operating errors are one class with a stable code from this registry; the reference page is
 * generated from it. A broken invariant is an InvariantViolation: it shows what was expected and what was there, and nothing catches
 * it but the host that prints seed, step and rerun line. An expected outcome (a refusal, a verdict) is a value.
 */

/** What a process ends with (DESIGN 5); 130 is what shells say of a process that Ctrl-C ended. */
export const exitCodes = { pass: 0, violation: 1, badInput: 2, unknown: 3, thresholdMissed: 4, environment: 5, interrupted: 130 } as const;

export interface ErrorKind {
  /** What happened, in general. */
  readonly summary: string;
  /** What to do next. */
  readonly advice: string;
  readonly exit: (typeof exitCodes)[keyof typeof exitCodes];
  /** True when the operation certainly did not take effect. */
  readonly definite: boolean;
}

const bad = (summary: string, advice: string): ErrorKind => ({ summary, advice, exit: exitCodes.badInput, definite: true });
const refused = (summary: string, advice: string): ErrorKind => ({ summary, advice, exit: exitCodes.environment, definite: true });
const uncertain = (summary: string, advice: string): ErrorKind => ({ summary, advice, exit: exitCodes.environment, definite: false });

export const errorKinds = {
  LC_CODEC: bad('bytes that no encoder of this version wrote', 'check that both sides speak the same version'),
  LC_COMPOSITION: bad('modules that do not form one tree', 'bind every module but the root to exactly one port'),
  LC_USAGE: bad('a command or option that does not exist or does not fit', 'see `lightcone --help`'),
  LC_FILE: bad('a file that cannot be read or written', 'check the path and its permissions'),
  LC_FILE_EXISTS: bad('an output file that is there already', 'choose another name; nothing is overwritten'),
  LC_TRACE_SYNTAX: bad('a line that is not in the format', 'check the format (`--format`) and the line named'),
  LC_TRACE_LINE_TOO_LONG: bad('a line longer than the limit', 'one record a line; the limit guards memory'),
  LC_TRACE_LIMIT: bad('more records than the limit', 'raise the limit, or keep fewer kinds of record'),
  LC_TRACE_VERSION: bad('a trace version that this reader does not know', 'update lightcone, or convert the trace'),
  LC_HISTORY_UNMATCHED: bad('a completion without its invocation', 'each ok, fail or info needs an earlier invoke of the same process'),
  LC_HISTORY_OVERLAP: bad(
    'a process that invokes while its operation is open',
    'one operation a process at a time; after info use a new process',
  ),
  LC_HISTORY_TIME: bad('time that runs backwards', 'records must be in the order of one clock'),
  LC_HISTORY_OPERATION: bad('an operation that the model does not have', 'name the model (`--model`) that fits the history'),
  LC_SCENARIO: bad('a scenario that breaks its schema', 'see docs/reference/scenario.md'),
  LC_SCENARIO_NODE: bad('a node that the scenario does not have', 'use one of the nodes named in `nodes`'),
  LC_SCENARIO_OVERLAP: bad('a node in two groups of one partition', 'each node belongs to at most one group'),
  LC_FAULT_UNSUPPORTED: bad('a fault that the target cannot carry out', 'mark it optional, or choose another target'),
  LC_NOT_LEADER: refused('this node does not lead', 'ask the leader named in the reply'),
  LC_NO_LEADER: refused('no leader is known', 'retry after an election timeout'),
  LC_LOCKED: refused('a key that a prepared transaction holds', 'ask again once the transaction is decided'),
  LC_ABORTED: refused('a transaction that was aborted', 'ask again: it had no effect'),
  LC_OVERLOADED: refused('too much is under way already', 'retry later, with back-off'),
  LC_SESSION_UNKNOWN: refused(
    'a session that the service does not know or has dropped',
    'open a new session; the outcome of older requests is unknown',
  ),
  LC_MEMBERSHIP: refused('a membership change that is not possible now', 'wait until the change under way is done'),
  LC_KEY: bad('a key that cannot be used', 'give each node a key of 32 bytes, in a file that only its owner may read'),
  LC_TIMEOUT: uncertain('no answer in time', 'the operation may still take effect'),
  LC_INTERRUPTED: { ...uncertain('interrupted', 'run again; nothing was overwritten'), exit: exitCodes.interrupted },
  LC_DISK_FULL: refused('no space left to write to', 'free some space; nothing half-written was left behind'),
  LC_MEMORY: {
    ...refused('memory that ran out', 'a shorter input, or more: NODE_OPTIONS=--max-old-space-size=16000'),
    exit: exitCodes.unknown,
  },
  LC_ENVIRONMENT: refused('something that this needs is not there', 'install or start what is named'),
  LC_BUG: uncertain('an error that lightcone did not expect', 'report it with the command; LIGHTCONE_DEBUG=1 shows the stack'),
  LC_RUNTIME: refused('a Node.js that is too old', 'use Node.js 22.18 or newer'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

export interface ErrorData {
  readonly [name: string]: unknown;
}

/** An operating error. `message` is one clear sentence with the offending value; `data` carries it for programs. */
export class LightconeError extends Error {
  override readonly name = 'LightconeError';
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, message: string, data: ErrorData = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.data = data;
  }

  get definite(): boolean {
    return errorKinds[this.code].definite;
  }

  get exit(): number {
    return errorKinds[this.code].exit;
  }
}

/** A bug of ours or of a mutant, never bad input: something that must hold does not. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
  /** Stable name of the invariant, such as `election-safety`. */
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`);
    this.invariant = invariant;
  }
}

export function invariant(holds: boolean, name: string, message: string): asserts holds {
  if (!holds) throw new InvariantViolation(name, message);
}
