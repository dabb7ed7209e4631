/** What a verb of the command line is, and what it may touch: its arguments and the `Io` around it. */
import type { Arguments } from './arguments.ts';

export interface Option {
  /** Without the dashes. */
  readonly name: string;
  readonly kind: 'flag' | 'integer' | 'text' | 'choice';
  /** How the value is called in the help: `N`, `FILE`, `ID`. */
  readonly value?: string;
  /** Bounds of an integer, both included. */
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** Shown in the help. */
  readonly default?: string;
  readonly summary: string;
  /** Options that cannot stand beside this one. */
  readonly excludes?: readonly string[];
  /** May be given more than once. */
  readonly repeats?: boolean;
}

export interface Positional {
  readonly name: string;
  readonly required: boolean;
  readonly choices?: readonly string[];
  readonly summary: string;
}

export interface Verb {
  readonly name: string;
  /** The question it answers, in one line. */
  readonly summary: string;
  readonly positionals: readonly Positional[];
  readonly options: readonly Option[];
  /** Commands to copy, each with what it does. */
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** The exit code (DESIGN 5). Bad input is a LightconeError, an interruption one with LC_INTERRUPTED. */
  run(args: Arguments, io: Io): Promise<number>;
}

/** Everything around a verb: tests bring their own. */
export interface Io {
  /** A line (or several) of the result. */
  out(text: string): void;
  /** A line of diagnosis. */
  err(text: string): void;
  /** Where the work stands: a line that is redrawn on a terminal, a plain line every ten seconds elsewhere. */
  progress(text: string): void;
  /** True once the user has asked to stop (Ctrl-C), also in the middle of a search. */
  readonly signal: { readonly aborted: boolean };
  /** Throws LC_INTERRUPTED with `sofar` once the user has asked to stop: for verbs that have no summary of their own. */
  breathe(sofar: () => string): void;
  /** Wall-clock milliseconds, for progress and durations only. */
  nowMs(): number;
  readonly environment: { readonly [name: string]: string | undefined };
}
