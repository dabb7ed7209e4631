/**
 * Histories written by hand (Elle's, knossos's) often leave the process out. Each such operation gets one of its own: an invocation the
 * first that is free, a completion that of the open operation of which it can be the completion. Where several can it is
 * refused: which of them ended would decide what happened before what.
 */
import type { Value } from '../core/index.ts';
import { canonicalText } from './interner.ts';
import type { OperationRecord } from './records.ts';

interface Open {
  readonly process: number;
  readonly f: string;
  /** What the completion must repeat. */
  readonly skeleton: string;
}

export class NamelessProcesses {
  readonly #open: Open[] = [];
  readonly #free: number[] = [];
  #made = 0;

  /** The process of a half operation; `none` or `several` where no open operation or more than one fits a completion. */
  of(phase: OperationRecord['phase'], f: string, value: Value): number | 'none' | 'several' {
    if (phase === 'invoke') {
      const process = this.#free.pop() ?? this.#made++;
      this.#open.push({ process, f, skeleton: skeleton(f, value) });
      return process;
    }
    const same = this.#open.filter((open) => open.f === f);
    const asked = skeleton(f, value);
    // A failure need not repeat what was asked.
    const fitting = same.length > 1 || phase === 'ok' ? same.filter((open) => open.skeleton === asked) : same;
    const [one] = fitting;
    if (one === undefined || fitting.length > 1) return one === undefined ? 'none' : 'several';
    this.#open.splice(this.#open.indexOf(one), 1);
    if (phase !== 'info') this.#free.push(one.process);
    return one.process;
  }
}

/** What invocation and completion have in common: what is read is not. */
function skeleton(f: string, value: Value): string {
  if (f === 'txn' && Array.isArray(value))
    return canonicalText(value.map((micro: Value) => (Array.isArray(micro) && /^:?r/.test(String(micro[0])) ? micro.slice(0, 2) : micro)));
  return ['write', 'cas', 'add', 'append', 'enqueue', 'insert', 'push', 'put'].includes(f) ? canonicalText(value) : '';
}
