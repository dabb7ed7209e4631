/** What the views share: the stretch of time that is shown, what is chosen, what is filtered. One object, one change at a time. */
import { createContext } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import type { Report } from '../model/decode.ts';
import { everything, type Filter, type Shown, shownOperations } from '../model/lanes.ts';

export interface ViewState {
  readonly from: number;
  readonly to: number;
  /** An operation, or null. */
  readonly chosen: number | null;
  readonly filter: Filter;
  /** Whose logs are looked at; null: the chosen operation's, or the first fault's. */
  readonly moment: number | null;
  readonly theme: 'auto' | 'light' | 'dark';
}

/** Nothing narrower is of use: microseconds, or places. */
const NARROWEST = 10;

export class Store {
  readonly report: Report;
  state: ViewState;
  readonly #listeners = new Set<() => void>();
  #shown: { readonly filter: Filter; readonly shown: Shown } | null = null;

  constructor(report: Report, theme: ViewState['theme']) {
    this.report = report;
    const { from, to } = report.meta;
    this.state = { from, to, chosen: null, filter: everything, moment: null, theme };
  }

  set(change: Partial<ViewState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get shown(): Shown {
    const { filter } = this.state;
    if (this.#shown?.filter !== filter) this.#shown = { filter, shown: shownOperations(this.report.operations, filter) };
    return this.#shown.shown;
  }

  /** Shows `from` to `to`, moved and narrowed so that it lies within the trace. */
  show(from: number, to: number): void {
    const { meta } = this.report;
    const width = Math.min(Math.max(to - from, NARROWEST), meta.to - meta.from);
    const start = Math.min(Math.max(from, meta.from), meta.to - width);
    if (start !== this.state.from || start + width !== this.state.to) this.set({ from: start, to: start + width });
  }

  /** Zooms by `factor` (below 1: closer) around `centre`. */
  zoom(factor: number, centre = (this.state.from + this.state.to) / 2): void {
    const { from, to } = this.state;
    this.show(centre - (centre - from) * factor, centre + (to - centre) * factor);
  }

  pan(share: number): void {
    const { from, to } = this.state;
    const move = (to - from) * share;
    this.show(from + move, to + move);
  }

  /** Chooses an operation and brings it into view, with its surroundings. */
  goTo(row: number): void {
    const { operations } = this.report;
    const begin = operations.begin[row] as number;
    const end = Math.min(operations.end[row] as number, this.report.meta.to);
    const { from, to, filter } = this.state;
    const hidden = !this.shown.laneOf.has(operations.process[row] as number);
    this.set({
      chosen: row,
      moment: begin,
      ...(hidden ? { filter: { ...everything, only: filter.only?.has(row) ? filter.only : null } } : {}),
    });
    const width = end - begin;
    const readable = width > (to - from) / 200 && width < (to - from) / 2;
    if (readable && begin >= from && end <= to) return;
    const around = readable ? (to - from) / 2 : Math.max(width * 10, NARROWEST * 10);
    this.show((begin + end) / 2 - around, (begin + end) / 2 + around);
  }
}

export const StoreContext = createContext<Store | null>(null);

/** The store; the component is drawn again after each change. */
export function useStore(): Store {
  const store = useContext(StoreContext);
  if (store === null) throw new Error('no store around this view');
  const [, redraw] = useState(0);
  useEffect(() => store.subscribe(() => redraw((count) => count + 1)), [store]);
  return store;
}

/** `value`, but only once it has rested: for views that take long to draw. */
export function useRested<T>(value: T, restMs: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    if (Object.is(value, rested)) return undefined;
    const timer = setTimeout(() => setRested(value), restMs);
    return () => clearTimeout(timer);
  }, [value, rested, restMs]);
  return rested;
}

/** Width of an element in CSS pixels, 0 until it is known. */
export function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  const observer = useMemo(() => new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0))), []);
  useEffect(() => {
    const { current } = element;
    if (current === null) return undefined;
    setWidth(Math.floor(current.clientWidth));
    observer.observe(current);
    return () => observer.disconnect();
  }, [element, observer]);
  return width;
}
