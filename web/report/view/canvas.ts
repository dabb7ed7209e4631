/** A canvas that is sharp on every screen, and what all drawings on the time axis share. */
import type { ReportFault } from '../../../src/runner/index.ts';
import { faultColour, type Theme } from './palette.ts';

export const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';

/** The time axis of a drawing: `x` to pixels, right of the gutter that holds the names. */
export class Axis {
  readonly from: number;
  readonly to: number;
  readonly left: number;
  readonly width: number;

  constructor(range: { readonly from: number; readonly to: number }, left: number, width: number) {
    this.from = range.from;
    this.to = range.to;
    this.left = left;
    this.width = Math.max(1, width);
  }

  pixel(x: number): number {
    return this.left + ((x - this.from) / (this.to - this.from)) * this.width;
  }

  at(pixel: number): number {
    return this.from + ((pixel - this.left) / this.width) * (this.to - this.from);
  }

  /** Cut to what is visible. */
  clamped(x: number): number {
    return Math.min(Math.max(this.pixel(x), this.left), this.left + this.width);
  }
}

/** Names need less room on a narrow screen. */
export const gutterFor = (width: number): number => (width < 600 ? 52 : 84);

/** Sets the size in CSS pixels and gives a cleared context that draws in them. */
export function prepared(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const scale = globalThis.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  context?.setTransform(scale, 0, 0, scale, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

/** `text`, cut to `room` pixels with an ellipsis; nothing where not even three letters fit. */
export function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let length = Math.min(text.length, Math.floor(room / 5));
  while (length > 2 && context.measureText(`${text.slice(0, length)}…`).width > room) length--;
  return length > 2 ? `${text.slice(0, length)}…` : '';
}

/** Slanted lines, so that a fault is seen without its colour. */
export function hatch(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, gap = 8): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.beginPath();
  for (let at = x - height - ((x - height) % gap); at < x + width; at += gap) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}

/** Faults as bands over the height of a drawing. */
export function drawFaultBands(
  context: CanvasRenderingContext2D,
  axis: Axis,
  faults: readonly ReportFault[],
  end: number,
  [top, height]: readonly [number, number],
): void {
  // A chart leaves its own dashes behind.
  context.setLineDash([]);
  for (const { from, to } of faults) {
    if ((to ?? end) < axis.from || from > axis.to) continue;
    const left = axis.clamped(from);
    const width = Math.max(2, axis.clamped(to ?? end) - left);
    context.fillStyle = `${faultColour}2e`;
    context.fillRect(left, top, width, height);
    context.strokeStyle = `${faultColour}40`;
    context.lineWidth = 1;
    hatch(context, left, top, width, height);
    context.strokeStyle = faultColour;
    context.strokeRect(left + 0.5, top - 1, width - 1, height + 2);
  }
}

export function drawGutterText(context: CanvasRenderingContext2D, theme: Theme, text: string, gutter: number, middle: number): void {
  context.fillStyle = theme.muted;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillText(fitted(context, text, gutter - 10), gutter - 8, middle);
  context.textAlign = 'left';
}
