/** The belief matrix as a drawing: above, whether the nodes agree; below, a lane a node with role, leader and epoch. */
import type { BeliefSegment, ReportBeliefs, ReportFault } from '../../../src/runner/index.ts';
import { agreementWords, beliefWords, type Stretch } from '../model/beliefs.ts';
import { axisMarks } from '../model/format.ts';
import { type Axis, drawGutterText, FONT, fitted, hatch } from './canvas.ts';
import { agreementColours, faultColour, inkOn, roleColour, type Theme } from './palette.ts';

export const ROW = 26;
export const HEAD = 24;

export interface Matrix {
  readonly rows: readonly ReportBeliefs[];
  readonly stretches: readonly Stretch[];
  readonly axis: Axis;
  readonly theme: Theme;
  readonly end: number;
  readonly timed: boolean;
  readonly faults: readonly ReportFault[];
}

export const matrixHeight = (nodes: number): number => HEAD + (nodes + 1) * ROW + 4;

function cell(context: CanvasRenderingContext2D, { axis, theme }: Matrix, from: number, to: number, top: number, colour: string | null) {
  const left = axis.clamped(from);
  const width = Math.max(1, axis.clamped(to) - left);
  context.fillStyle = colour ?? theme.raised;
  context.fillRect(left, top, width, ROW - 4);
  context.fillStyle = theme.ground;
  context.fillRect(left, top, 1, ROW - 4);
  return { left, width, ink: colour === null ? theme.text : inkOn(colour) };
}

function label(context: CanvasRenderingContext2D, text: string, left: number, width: number, ink: string, top: number): void {
  if (width < 16) return;
  context.fillStyle = ink;
  context.textBaseline = 'middle';
  context.fillText(fitted(context, text, width - 8), left + 5, top + (ROW - 4) / 2 + 0.5);
}

/** `L 3`, where the words do not fit. */
const shortWords = ([, role, , epoch]: BeliefSegment): string => `${role.slice(0, 1).toUpperCase()}${epoch === null ? '' : ` ${epoch}`}`;

function drawNode(context: CanvasRenderingContext2D, matrix: Matrix, row: ReportBeliefs, top: number): void {
  const { axis, end } = matrix;
  row.segments.forEach((segment, i) => {
    const until = row.segments[i + 1]?.[0] ?? end;
    if (until < axis.from || segment[0] > axis.to) return;
    const { left, width, ink } = cell(context, matrix, segment[0], until, top, roleColour(segment[1]));
    const words = beliefWords(segment);
    label(context, context.measureText(words).width <= width - 8 ? words : width < 70 ? shortWords(segment) : words, left, width, ink, top);
  });
}

/** Shading would cover the words: here a fault is what stands between two dashed lines. */
function drawFaultEdges(context: CanvasRenderingContext2D, { axis, faults, end }: Matrix, [top, height]: readonly [number, number]): void {
  context.strokeStyle = faultColour;
  context.lineWidth = 2;
  context.setLineDash([5, 3]);
  for (const { from, to } of faults) {
    if ((to ?? end) < axis.from || from > axis.to) continue;
    const left = axis.clamped(from);
    context.strokeRect(left, top, Math.max(2, axis.clamped(to ?? end) - left), height);
  }
  context.setLineDash([]);
  context.lineWidth = 1;
}

export function drawMatrix(context: CanvasRenderingContext2D, matrix: Matrix): void {
  const { rows, stretches, axis, theme, timed } = matrix;
  context.font = FONT;
  context.textBaseline = 'middle';
  context.textAlign = 'center';
  context.fillStyle = theme.muted;
  for (const { x, text } of axisMarks(axis.from, axis.to, axis.width / 90, timed)) {
    const half = context.measureText(text).width / 2;
    context.fillText(text, Math.min(Math.max(axis.pixel(x), axis.left + half), axis.left + axis.width - half), HEAD / 2);
  }
  context.textAlign = 'left';
  drawGutterText(context, theme, 'together', axis.left, HEAD + ROW / 2);
  for (const { from, to, agreement } of stretches) {
    if (to < axis.from || from > axis.to) continue;
    const { mark, words } = agreementWords[agreement];
    const { left, width, ink } = cell(context, matrix, from, to, HEAD, agreementColours[agreement]);
    if (agreement !== 'agree' && agreement !== 'none') {
      context.strokeStyle = `${ink}55`;
      hatch(context, left, HEAD, width, ROW - 4, 6);
    }
    const text = `${mark} ${words}`;
    label(context, context.measureText(text).width <= width - 8 ? text : mark, left, width, ink, HEAD);
  }
  rows.forEach((row, i) => {
    const top = HEAD + (i + 1) * ROW;
    drawGutterText(context, theme, row.node, axis.left, top + ROW / 2 - 2);
    drawNode(context, matrix, row, top);
  });
  drawFaultEdges(context, matrix, [HEAD + ROW - 2, rows.length * ROW]);
}
