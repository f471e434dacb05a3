import type { ConfusionGrid } from './confusionGrid.ts';
import type { GridPlace } from './confusionKeys.ts';
import type { MatrixWindow } from './confusionWindow.ts';

/** Colours of the theme, as a canvas takes them. */
export interface MatrixColours {
  readonly ground: string;
  readonly line: string;
  readonly more: string;
  readonly fewer: string;
  readonly cursor: string;
}

interface Room {
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}

/** Draws the cells that occur: cost grows with those, not with the square of the classes. Cells below a pixel share one, the strongest on top. */
export function drawConfusion(
  context: CanvasRenderingContext2D,
  grid: ConfusionGrid,
  { scale, left, top }: MatrixWindow,
  cursor: GridPlace | null,
  colours: MatrixColours,
  { width, height, ratio }: Room,
): void {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.globalAlpha = 1;
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, width, height);
  const [across, down] = [grid.answers.length * scale - left, grid.labels.length * scale - top];
  diagonal(context, grid, { scale, left, top }, colours.line);
  const size = Math.max(1, scale >= 4 ? scale - 1 : scale);
  for (const { row, column, shade } of grid.cells) {
    const [x, y] = [column * scale - left, row * scale - top];
    if (x + size < 0 || y + size < 0 || x > width || y > height || shade === 0) continue;
    context.globalAlpha = 0.18 + 0.82 * Math.sqrt(Math.min(1, Math.abs(shade)));
    context.fillStyle = shade > 0 ? colours.more : colours.fewer;
    context.fillRect(x, y, size, size);
  }
  context.globalAlpha = 1;
  context.strokeStyle = colours.line;
  context.strokeRect(-0.5 - left, -0.5 - top, left + across + 1, top + down + 1);
  if (cursor === null) return;
  context.strokeStyle = colours.cursor;
  context.lineWidth = 2;
  const [x, y] = [cursor.column * scale - left, cursor.row * scale - top];
  // A cell of a pixel is found by its cross-hairs.
  if (scale < 8) {
    context.globalAlpha = 0.35;
    context.fillStyle = colours.cursor;
    context.fillRect(0, y, Math.min(width, across), Math.max(1, scale));
    context.fillRect(x, 0, Math.max(1, scale), Math.min(height, down));
    context.globalAlpha = 1;
  }
  context.strokeRect(x - 1, y - 1, Math.max(3, scale) + 1, Math.max(3, scale) + 1);
  context.lineWidth = 1;
}

/** Where answers are right. */
function diagonal(
  context: CanvasRenderingContext2D,
  { labels, answers }: ConfusionGrid,
  { scale, left, top }: MatrixWindow,
  colour: string,
): void {
  const shift = answers.length - labels.length;
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(shift * scale - left, -top);
  context.lineTo(answers.length * scale - left, labels.length * scale - top);
  context.stroke();
}
