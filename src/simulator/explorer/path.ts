/**
 * From a state in the table back to an initial one, told as actions. Under symmetry the table holds representatives;
 * the path is walked again through real states, so it can be replayed as it stands.
 */
import { InvariantViolation } from '../../core/index.ts';
import type { Finding, PathStep } from './exploration.ts';
import { ActionList, type Model, Successors } from './model.ts';
import type { StateTable } from './state-table.ts';

/** Indices from an initial state to `index`. */
function chain(table: StateTable, index: number): number[] {
  const indices: number[] = [];
  for (let at = index; at >= 0; at = table.parentOf(at)) indices.push(at);
  return indices.reverse();
}

interface Walked {
  readonly steps: PathStep[];
  readonly actions: number[];
  readonly state: Int32Array;
}

/** The path to state `index`: labels, action codes, the real state at its end. */
export function pathTo(model: Model, table: StateTable, index: number): Walked {
  const indices = chain(table, index);
  const successors = new Successors(model.width);
  const wanted = new Int32Array(model.width);
  table.read(indices[0] as number, wanted);
  model.init(successors);
  let state = pick(model, successors, wanted);
  if (state === null) throw new InvariantViolation('explorer-path', 'the first state of a path is not initial');
  const steps: PathStep[] = [{ action: 'init', state: model.render(state) }];
  const actions: number[] = [];
  for (const at of indices.slice(1)) {
    table.read(at, wanted);
    const [action, next] = stepTowards(model, state, wanted, table.actionOf(at), successors);
    actions.push(action);
    steps.push({ action: model.label(state, action), state: model.render(next) });
    state = next;
  }
  return { steps, actions, state };
}

/** The successor whose representative is `wanted`. */
function pick(model: Model, successors: Successors, wanted: Int32Array): Int32Array | null {
  for (let i = 0; i < successors.count; i++) {
    const real = successors.words.slice(i * model.width, (i + 1) * model.width);
    const representative = real.slice();
    model.canonicalise?.(representative);
    if (representative.every((word, at) => word === wanted[at])) return real;
  }
  return null;
}

/** The recorded action first; under symmetry its real counterpart may be another one. */
function stepTowards(
  model: Model,
  state: Int32Array,
  wanted: Int32Array,
  recorded: number,
  successors: Successors,
): readonly [number, Int32Array] {
  const attempt = (action: number): Int32Array | null => {
    successors.count = 0;
    model.next(state, action, successors);
    return pick(model, successors, wanted);
  };
  for (const action of model.canonicalise === undefined ? [recorded] : actionsOf(model, state)) {
    const next = attempt(action);
    if (next !== null) return [action, next];
  }
  throw new InvariantViolation(
    'explorer-path',
    `no action of ${model.name} leads to the next state of the path: next() is not deterministic`,
  );
}

function actionsOf(model: Model, state: Int32Array): number[] {
  const list = new ActionList();
  model.actions(state, list);
  return Array.from(list.codes.subarray(0, list.length));
}

export function findingAt(model: Model, table: StateTable, index: number, property: string, kind: Finding['kind']): Finding {
  const { steps, actions, state } = pathTo(model, table, index);
  return { property, kind, path: steps, actions, state: Array.from(state) };
}
