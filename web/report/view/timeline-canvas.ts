/**
 * The timeline as a drawing. An operation that is wide enough is a bar of its own; where many fall on one pixel they
 * become one column, in which those that failed (above) and those of unknown outcome (below) are never lost.
 */
import type { ReportFault } from '../../../src/runner/index.ts';
import { axisMarks } from '../model/format.ts';
import { before, type Lane, operationAt } from '../model/lanes.ts';
import { FAIL, INFO, OK, type Operations } from '../model/operations.ts';
import { type Axis, drawFaultBands, drawGutterText, FONT, fitted, hatch } from './canvas.ts';
import { faultColour, inkOn, statusColours, type Theme } from './palette.ts';

export const LANE = 22;
export const AXIS = 24;
export const STRIP = 18;
const BAR = 12;
/** Narrower operations are drawn as columns. */
const OWN_BAR = 5;
/** An operation without an answer is this wide at most; a dashed line goes on from there. */
const OPEN_BAR = 90;

export interface Drawing {
  readonly operations: Operations;
  readonly lanes: readonly Lane[];
  readonly faults: readonly ReportFault[];
  /** The strip row of each fault. */
  readonly strips: readonly number[];
  readonly stripCount: number;
  readonly axis: Axis;
  readonly theme: Theme;
  readonly height: number;
  readonly scrolled: number;
  /** Where what is open ends. */
  readonly end: number;
  readonly timed: boolean;
  readonly chosen: number | null;
  readonly pointed: number | null;
  readonly marked: ReadonlySet<number>;
}

/** Faults that overlap stand below each other. */
export function stripRows(faults: readonly ReportFault[]): number[] {
  const ends: number[] = [];
  return faults.map(({ from, to }) => {
    const free = ends.findIndex((end) => end <= from);
    const row = free < 0 ? ends.length : free;
    ends[row] = to ?? Number.POSITIVE_INFINITY;
    return row;
  });
}

export const headHeight = ({ stripCount }: { readonly stripCount: number }): number => AXIS + stripCount * STRIP;

/** What falls on one pixel of a lane. */
class Columns {
  readonly #counts: Uint16Array;
  readonly #width: number;

  constructor(width: number) {
    this.#width = Math.ceil(width) + 1;
    this.#counts = new Uint16Array(this.#width * 3);
  }

  add(pixel: number, status: number): void {
    const at = Math.min(Math.max(Math.floor(pixel), 0), this.#width - 1) * 3 + status;
    this.#counts[at] = (this.#counts[at] as number) + 1;
  }

  draw(context: CanvasRenderingContext2D, left: number, top: number): void {
    for (const status of [OK, FAIL, INFO]) {
      context.fillStyle = statusColours[status] as string;
      const [y, height] = status === OK ? [top + 2, BAR - 4] : status === FAIL ? [top - 2, 6] : [top + BAR - 4, 6];
      for (let pixel = 0; pixel < this.#width; ) {
        const strength = this.#strength(pixel, status);
        let end = pixel + 1;
        // Neighbours alike are one rectangle: dense lanes are drawn in a few.
        while (end < this.#width && this.#strength(end, status) === strength) end++;
        if (strength > 0) {
          context.globalAlpha = status === OK && strength === 1 ? 0.75 : 1;
          context.fillRect(left + pixel, y, end - pixel + (status === OK ? 0 : 1), height);
        }
        pixel = end;
      }
      context.globalAlpha = 1;
    }
  }

  /** 0 nothing, 1 a single one, 2 several. */
  #strength(pixel: number, status: number): number {
    return Math.min(2, this.#counts[pixel * 3 + status] as number);
  }
}

function drawBar(context: CanvasRenderingContext2D, drawing: Drawing, row: number, top: number): void {
  const { operations, axis, theme, end } = drawing;
  const status = operations.status[row] as number;
  const open = operations.end[row] === Number.POSITIVE_INFINITY;
  const left = axis.clamped(operations.begin[row] as number);
  const whole = Math.max(2, axis.clamped(open ? end : (operations.end[row] as number)) - left);
  const width = open ? Math.min(whole, OPEN_BAR) : whole;
  const colour = statusColours[status] as string;
  if (open) {
    context.fillStyle = colour;
    for (let at = left + width; at < left + whole; at += 9) context.fillRect(at, top + BAR / 2 - 1, 5, 2);
  }
  context.fillStyle = status === OK ? colour : theme.ground;
  context.fillRect(left, top, width, BAR);
  context.strokeStyle = colour;
  context.lineWidth = status === OK ? 1 : 2;
  if (status === INFO) context.setLineDash([4, 3]);
  context.strokeRect(left + 1, top + 1, Math.max(0, width - 2), BAR - 2);
  context.setLineDash([]);
  context.lineWidth = 1;
  if (status !== OK) hatch(context, left, top, width, BAR, status === FAIL ? 5 : 9);
  if (width < 28) return;
  context.fillStyle = status === OK ? inkOn(colour) : theme.text;
  const text = fitted(context, operations.action(row), width - 8);
  if (status !== OK && text !== '') {
    context.fillStyle = theme.ground;
    context.fillRect(left + 3, top + 1, context.measureText(text).width + 4, BAR - 2);
    context.fillStyle = theme.text;
  }
  context.textBaseline = 'middle';
  context.fillText(text, left + 5, top + BAR / 2 + 0.5);
}

function drawLane(context: CanvasRenderingContext2D, drawing: Drawing, lane: Lane, middle: number): void {
  const { operations, axis, end } = drawing;
  const top = Math.round(middle - BAR / 2);
  // The one that began before the left edge may still be under way.
  const first = Math.max(0, before(operations, lane.rows, axis.from) - 1);
  const columns = new Columns(axis.width);
  const pixelWidth = axis.width / (axis.to - axis.from);
  const wide: number[] = [];
  for (let at = first; at < lane.rows.length; at++) {
    const row = lane.rows[at] as number;
    const begin = operations.begin[row] as number;
    if (begin > axis.to) break;
    const until = Math.min(operations.end[row] as number, end);
    if (until < axis.from) continue;
    if ((until - begin) * pixelWidth >= OWN_BAR) wide.push(row);
    else columns.add((begin - axis.from) * pixelWidth, operations.status[row] as number);
  }
  columns.draw(context, axis.left, top);
  for (const row of wide) drawBar(context, drawing, row, top);
}

function drawRings(context: CanvasRenderingContext2D, drawing: Drawing, lane: Lane, middle: number): void {
  const { operations, axis, marked, chosen, pointed, theme, end } = drawing;
  for (const row of [...marked, pointed, chosen]) {
    if (row === null || operations.process[row] !== lane.process) continue;
    const begin = operations.begin[row] as number;
    const until = Math.min(operations.end[row] as number, end);
    if (begin > axis.to || until < axis.from) continue;
    const left = axis.clamped(begin);
    const width = Math.max(6, axis.clamped(until) - left);
    context.strokeStyle = row === chosen || row === pointed ? theme.text : theme.accent;
    context.lineWidth = row === chosen ? 3 : 2;
    context.strokeRect(left - 2, middle - BAR / 2 - 3, width + 4, BAR + 6);
    context.lineWidth = 1;
  }
}

function drawHead(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { axis, theme, faults, strips, end, timed } = drawing;
  context.fillStyle = theme.ground;
  context.fillRect(0, 0, axis.left + axis.width, headHeight(drawing));
  context.strokeStyle = theme.line;
  context.textBaseline = 'middle';
  context.textAlign = 'center';
  for (const { x, text } of axisMarks(axis.from, axis.to, axis.width / 90, timed)) {
    const pixel = axis.pixel(x);
    context.fillStyle = theme.muted;
    const half = context.measureText(text).width / 2;
    context.fillText(text, Math.min(Math.max(pixel, axis.left + half), axis.left + axis.width - half), AXIS / 2 - 2);
    context.fillStyle = theme.line;
    context.fillRect(pixel, AXIS - 5, 1, 5);
  }
  context.textAlign = 'left';
  faults.forEach(({ from, to, words }, i) => {
    if ((to ?? end) < axis.from || from > axis.to) return;
    const left = axis.clamped(from);
    const width = Math.max(3, axis.clamped(to ?? end) - left);
    const top = AXIS + (strips[i] as number) * STRIP + 1;
    context.fillStyle = faultColour;
    context.fillRect(left, top, width, STRIP - 2);
    context.fillStyle = inkOn(faultColour);
    context.fillText(fitted(context, `⚡ ${words}`, width - 6), left + 3, top + STRIP / 2 - 0.5);
  });
  if (drawing.stripCount > 0) drawGutterText(context, theme, 'faults', axis.left, AXIS + STRIP / 2);
}

/** Lanes that are at least partly visible. */
export function visibleLanes(drawing: Drawing): [first: number, last: number] {
  const first = Math.floor(drawing.scrolled / LANE);
  return [first, Math.min(drawing.lanes.length - 1, Math.ceil((drawing.scrolled + drawing.height - headHeight(drawing)) / LANE))];
}

export function drawTimeline(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { lanes, axis, theme, height, scrolled } = drawing;
  const head = headHeight(drawing);
  context.font = FONT;
  const [first, last] = visibleLanes(drawing);
  drawFaultBands(context, axis, drawing.faults, drawing.end, [head, height - head]);
  for (let at = first; at <= last; at++) {
    const lane = lanes[at] as Lane;
    const middle = head + at * LANE - scrolled + LANE / 2;
    context.fillStyle = theme.line;
    context.fillRect(axis.left, Math.round(middle + LANE / 2) - 1, axis.width, 1);
    drawLane(context, drawing, lane, middle);
    drawRings(context, drawing, lane, middle);
    drawGutterText(context, theme, `p${lane.process}`, axis.left, middle);
  }
  drawHead(context, drawing);
}

/** Where on the drawing an operation is; null where there is none near. */
export function pointedAt(drawing: Drawing, x: number, y: number): number | null {
  const head = headHeight(drawing);
  if (y < head || x < drawing.axis.left) return null;
  const lane: Lane | undefined = drawing.lanes[Math.floor((y - head + drawing.scrolled) / LANE)];
  if (lane === undefined) return null;
  const reach = drawing.axis.at(drawing.axis.left + 5) - drawing.axis.from;
  const row = operationAt(drawing.operations, lane, drawing.axis.at(x), reach);
  return row < 0 ? null : row;
}
