/** The timeline by mouse, pen and finger: pointing, choosing, dragging, the wheel. */
import { useEffect, useRef } from 'preact/hooks';
import type { Store } from './state.ts';
import { type Drawing, pointedAt } from './timeline-canvas.ts';

/** A pointer that moved less than this many pixels was a click. */
const CLICK = 4;

/** Ctrl with the wheel (or a pinch) zooms, sideways pans; the plain wheel is the page's. */
function onWheel(event: WheelEvent, drawing: Drawing, store: Store, x: number): void {
  const sideways = event.shiftKey ? event.deltaY : event.deltaX;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    store.zoom(Math.exp(Math.min(Math.max(event.deltaY, -60), 60) / 100), drawing.axis.at(x));
  } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
    event.preventDefault();
    store.pan(sideways / drawing.axis.width);
  }
}

/** `point` is told what is under the pointer. Listeners are attached once; they see the newest drawing. */
export function usePointer(
  holder: { readonly current: HTMLDivElement | null },
  drawing: Drawing,
  store: Store,
  point: (row: number | null) => void,
): void {
  const newest = useRef(drawing);
  newest.current = drawing;
  useEffect(() => {
    const { current } = holder;
    if (current === null) return undefined;
    const controller = new AbortController();
    const { signal } = controller;
    let drag: { readonly x: number; readonly from: number; moved: boolean } | null = null;
    const place = (event: MouseEvent): [number, number] => {
      const box = current.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const down = (event: PointerEvent): void => {
      const [x] = place(event);
      if (event.button !== 0 || x > current.clientWidth) return;
      drag = { x, from: store.state.from, moved: false };
    };
    const move = (event: PointerEvent): void => {
      const [x, y] = place(event);
      if (drag === null) return point(pointedAt(newest.current, x, y));
      if (!drag.moved && Math.abs(x - drag.x) < CLICK) return undefined;
      if (!drag.moved) current.setPointerCapture(event.pointerId);
      drag.moved = true;
      const { from, to } = store.state;
      const moved = drag.from - ((x - drag.x) / newest.current.axis.width) * (to - from);
      return store.show(moved, moved + to - from);
    };
    const up = (event: PointerEvent): void => {
      const row = pointedAt(newest.current, ...place(event));
      if (drag !== null && !drag.moved && row !== null) store.set({ chosen: row, moment: store.report.operations.begin[row] as number });
      drag = null;
    };
    current.addEventListener('pointerdown', down, { signal });
    current.addEventListener('pointermove', move, { signal });
    current.addEventListener('pointerup', up, { signal });
    current.addEventListener('pointercancel', () => (drag = null), { signal });
    current.addEventListener('pointerleave', () => point(null), { signal });
    current.addEventListener('dblclick', (event) => store.zoom(0.4, newest.current.axis.at(place(event)[0])), { signal });
    current.addEventListener('wheel', (event) => onWheel(event, newest.current, store, place(event)[0]), { signal, passive: false });
    return () => controller.abort();
  }, [holder, store, point]);
}
