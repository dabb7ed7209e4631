/** The timeline by keys: moving, zooming, going from operation to operation and from lane to lane. */
import { before, type Lane, operationAt } from '../model/lanes.ts';
import type { Store } from './state.ts';

/** The operation after (`by` 1) or before (-1) `row` in its lane; without one the first that is visible. */
export function stepFrom(store: Store, row: number | null, by: 1 | -1): number | null {
  const { operations } = store.report;
  const { lanes, laneOf, rows } = store.shown;
  if (row === null) return rows[before(operations, rows, store.state.from)] ?? rows[0] ?? null;
  const lane = lanes[laneOf.get(operations.process[row] as number) ?? -1];
  const at = lane?.rows.indexOf(row) ?? -1;
  return lane?.rows[at + by] ?? row;
}

/** The operation of the neighbouring lane that is nearest in time. */
function otherLane(store: Store, row: number | null, by: 1 | -1): number | null {
  const { operations } = store.report;
  const { lanes, laneOf } = store.shown;
  if (row === null) return stepFrom(store, null, 1);
  const lane: Lane | undefined = lanes[(laneOf.get(operations.process[row] as number) ?? 0) + by];
  if (lane === undefined) return row;
  const found = operationAt(operations, lane, operations.begin[row] as number, Number.POSITIVE_INFINITY);
  return found < 0 ? row : found;
}

/** Chooses it, and moves what is visible only as far as it must. */
function choose(store: Store, row: number | null): void {
  if (row === null) return;
  const { from, to } = store.state;
  const begin = store.report.operations.begin[row] as number;
  store.set({ chosen: row });
  const width = to - from;
  if (begin < from || begin > to) store.show(begin - width / 2, begin + width / 2);
}

export function onKey(event: KeyboardEvent, store: Store): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { chosen } = store.state;
  const { meta, operations } = store.report;
  const centre = chosen === null ? undefined : (operations.begin[chosen] as number);
  const visible = centre !== undefined && centre >= store.state.from && centre <= store.state.to ? centre : undefined;
  const actions: { readonly [key: string]: () => void } = {
    ArrowLeft: () => store.pan(-0.2),
    ArrowRight: () => store.pan(0.2),
    '+': () => store.zoom(0.5, visible),
    '=': () => store.zoom(0.5, visible),
    '-': () => store.zoom(2, visible),
    Home: () => store.show(meta.from, meta.to),
    0: () => store.show(meta.from, meta.to),
    n: () => choose(store, stepFrom(store, chosen, 1)),
    p: () => choose(store, stepFrom(store, chosen, -1)),
    ArrowDown: () => choose(store, otherLane(store, chosen, 1)),
    ArrowUp: () => choose(store, otherLane(store, chosen, -1)),
    Enter: () => {
      if (centre === undefined) return;
      store.set({ moment: centre });
      document.getElementById('logs')?.scrollIntoView();
    },
    Escape: () => store.set({ chosen: null }),
  };
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (action === undefined) return;
  event.preventDefault();
  action();
}
