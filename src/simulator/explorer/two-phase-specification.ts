/**
 * Two-phase commit as Gray and Lamport specify it ("Consensus on Transaction Commit", 2006, TwoPhase.tla): one
 * transaction manager, N resource managers, messages that stay for ever once sent. 288 / 8,832 / 1,745,408 states for
 * 3 / 5 / 8 resource managers. Abstract: no crashes, no loss (never receiving is loss), no time.
 *
 * Word 0: two bits a resource manager, then two for the transaction manager. Word 1: `prepared` seen by the manager
 * (bits 0..13), `prepared` messages sent (14..27), commit sent (28), abort sent (29).
 */
import { LightconeError } from '../../core/index.ts';
import type { ActionList, Model, Property, Successors } from './model.ts';

export const WORKING = 0;
export const PREPARED = 1;
export const COMMITTED = 2;
export const ABORTED = 3;
const resourceNames = ['working', 'prepared', 'committed', 'aborted'] as const;
/** The transaction manager: 0 init, then as a resource manager. */
const managerNames = ['init', '?', 'committed', 'aborted'] as const;

const MOST = 14;
const SENT = 14;
const COMMIT = 1 << 28;
const ABORT = 1 << 29;
const MANAGER = 28;

const COMMITS = 0;
const ABORTS = 1;
/** Actions of resource manager i have the code (i + 1) * 8 + one of these. */
const RECEIVE_PREPARED = 0;
const PREPARE = 1;
const CHOOSE_ABORT = 2;
const RECEIVE_COMMIT = 3;
const RECEIVE_ABORT = 4;
const actionNames = ['TMRcvPrepared', 'RMPrepare', 'RMChooseToAbort', 'RMRcvCommitMsg', 'RMRcvAbortMsg'] as const;

export interface TwoPhaseState {
  /** Of each resource manager: WORKING, PREPARED, COMMITTED or ABORTED. */
  readonly resources: readonly number[];
  readonly manager: 'init' | 'committed' | 'aborted';
  /** Resource managers that the manager knows to be prepared. */
  readonly seen: readonly boolean[];
  /** Resource managers that have sent `prepared`. */
  readonly sent: readonly boolean[];
  readonly commitSent: boolean;
  readonly abortSent: boolean;
}

/** The state as the model's words: what a real world projects into. */
export function packTwoPhase(state: TwoPhaseState): Int32Array {
  const words = new Int32Array(2);
  let [low, high] = [0, 0];
  state.resources.forEach((resource, i) => {
    low |= resource << (2 * i);
    if (state.seen[i] === true) high |= 1 << i;
    if (state.sent[i] === true) high |= 1 << (SENT + i);
  });
  low |= managerNames.indexOf(state.manager) << MANAGER;
  words[0] = low;
  words[1] = high | (state.commitSent ? COMMIT : 0) | (state.abortSent ? ABORT : 0);
  return words;
}

export class TwoPhaseSpecification implements Model {
  readonly name: string;
  readonly width = 2;
  readonly resourceManagers: number;
  readonly properties: readonly Property[];
  readonly #all: number;

  /** 1 to 14 resource managers. With `symmetry`, states that differ by a renaming of resource managers are one. */
  constructor(resourceManagers: number, symmetry = false) {
    if (!Number.isInteger(resourceManagers) || resourceManagers < 1 || resourceManagers > MOST) {
      throw new LightconeError('LC_USAGE', `${resourceManagers} resource managers: 1 to ${MOST} fit`, { resourceManagers });
    }
    this.name = `two-phase commit, ${resourceManagers} resource managers`;
    this.resourceManagers = resourceManagers;
    this.#all = (1 << resourceManagers) - 1;
    if (symmetry) this.canonicalise = (state) => sortResources(state, resourceManagers);
    this.properties = [
      { name: 'consistent', kind: 'always', holds: (state) => !(this.#any(state, COMMITTED) && this.#any(state, ABORTED)) },
      { name: 'commit agreement', kind: 'sometimes', holds: (state) => this.#every(state, COMMITTED) },
      { name: 'abort agreement', kind: 'sometimes', holds: (state) => this.#every(state, ABORTED) },
    ];
  }

  canonicalise?(state: Int32Array): void;

  init(out: Successors): void {
    out.copy(new Int32Array(2));
  }

  actions(state: Int32Array, out: ActionList): void {
    const resources = state[0] as number;
    const messages = state[1] as number;
    const undecided = (resources >>> MANAGER) & 3;
    if (undecided === 0) {
      if ((messages & this.#all) === this.#all) out.push(COMMITS);
      out.push(ABORTS);
    }
    for (let i = 0; i < this.resourceManagers; i++) {
      const code = (i + 1) * 8;
      if (undecided === 0 && (messages & (1 << (SENT + i))) !== 0) out.push(code + RECEIVE_PREPARED);
      if (((resources >>> (2 * i)) & 3) === WORKING) {
        out.push(code + PREPARE);
        out.push(code + CHOOSE_ABORT);
      }
      if ((messages & COMMIT) !== 0) out.push(code + RECEIVE_COMMIT);
      if ((messages & ABORT) !== 0) out.push(code + RECEIVE_ABORT);
    }
  }

  next(state: Int32Array, action: number, out: Successors): void {
    const at = out.copy(state);
    const { words } = out;
    if (action === COMMITS || action === ABORTS) {
      words[at] = (state[0] as number) | ((action === COMMITS ? COMMITTED : ABORTED) << MANAGER);
      words[at + 1] = (state[1] as number) | (action === COMMITS ? COMMIT : ABORT);
      return;
    }
    const i = (action >> 3) - 1;
    const rest = (state[0] as number) & ~(3 << (2 * i));
    switch (action & 7) {
      case RECEIVE_PREPARED:
        words[at + 1] = (state[1] as number) | (1 << i);
        return;
      case PREPARE:
        words[at] = rest | (PREPARED << (2 * i));
        words[at + 1] = (state[1] as number) | (1 << (SENT + i));
        return;
      case RECEIVE_COMMIT:
        words[at] = rest | (COMMITTED << (2 * i));
        return;
      default:
        words[at] = rest | (ABORTED << (2 * i));
    }
  }

  label(_state: Int32Array, action: number): string {
    if (action === COMMITS) return 'TMCommit';
    if (action === ABORTS) return 'TMAbort';
    return `${actionNames[action & 7] ?? '?'}(rm${action >> 3})`;
  }

  actor(_state: Int32Array, action: number): number {
    return action >> 3;
  }

  render(state: Int32Array): string {
    const [low, high] = state as unknown as [number, number];
    const flags = (from: number): string => Array.from({ length: this.resourceManagers }, (_, i) => (high >>> (from + i)) & 1).join('');
    const resources = Array.from({ length: this.resourceManagers }, (_, i) => resourceNames[(low >>> (2 * i)) & 3]).join(' ');
    const sent = `${(high & COMMIT) !== 0 ? ' commit' : ''}${(high & ABORT) !== 0 ? ' abort' : ''}`;
    return `rm ${resources}; tm ${managerNames[(low >>> MANAGER) & 3]}; seen ${flags(0)}; prepared ${flags(SENT)};${sent}`;
  }

  #any(state: Int32Array, resource: number): boolean {
    for (let i = 0; i < this.resourceManagers; i++) if ((((state[0] as number) >>> (2 * i)) & 3) === resource) return true;
    return false;
  }

  #every(state: Int32Array, resource: number): boolean {
    for (let i = 0; i < this.resourceManagers; i++) if ((((state[0] as number) >>> (2 * i)) & 3) !== resource) return false;
    return true;
  }
}

/** The representative of an orbit under renaming: resource managers in ascending order of all that concerns them. */
function sortResources(state: Int32Array, count: number): void {
  const low = state[0] as number;
  const high = state[1] as number;
  const keys: number[] = [];
  for (let i = 0; i < count; i++) keys.push(((low >>> (2 * i)) & 3) | (((high >>> i) & 1) << 2) | (((high >>> (SENT + i)) & 1) << 3));
  keys.sort((a, b) => a - b);
  let sortedLow = low & (3 << MANAGER);
  let sortedHigh = high & (COMMIT | ABORT);
  keys.forEach((key, i) => {
    sortedLow |= (key & 3) << (2 * i);
    sortedHigh |= (((key >> 2) & 1) << i) | (((key >> 3) & 1) << (SENT + i));
  });
  state[0] = sortedLow;
  state[1] = sortedHigh;
}
