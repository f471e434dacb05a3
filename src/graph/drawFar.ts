import type { SceneNode } from '../../worker/protocol.ts';
import { bitsColour, type Palette } from './palette.ts';
import type { Picture } from './picture.ts';
import type { Rect } from './tiles.ts';

export interface FarView {
  /** Screen = scene · zoom + offset, in CSS pixels. */
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}

export interface FarMarks {
  readonly selection: string | null;
  readonly hovered: string | null;
  readonly marked: ReadonlySet<string>;
  /** Bins that the thresholds of a box moved, by its id. */
  readonly tints?: ReadonlyMap<string, number> | undefined;
}

/** Wires of a picture as straight stretches, made once: far out nobody sees a curve. */
const wirePaths = new WeakMap<Picture, Path2D>();

/** Draws the whole picture in one go: frames, wires, boxes in the colour of their bits. For zoom levels at which no text can be read. */
export function drawFar(context: CanvasRenderingContext2D, picture: Picture, view: FarView, palette: Palette, marks: FarMarks): void {
  const { x, y, zoom, width, height, ratio } = view;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width * ratio, height * ratio);
  context.setTransform(ratio * zoom, 0, 0, ratio * zoom, ratio * x, ratio * y);
  const seen: Rect = { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom };
  const nodes = picture.boxes.within(seen).map((entry) => picture.scene.nodes[entry] as SceneNode);
  const hair = 1 / zoom;

  context.lineWidth = hair;
  const frames = new Path2D();
  for (const node of nodes) if (node.open) frames.roundRect(node.x, node.y, node.width, node.height, 10);
  context.globalAlpha = 0.5;
  context.fillStyle = palette.panel;
  context.fill(frames);
  context.globalAlpha = 1;
  context.strokeStyle = palette.line;
  context.stroke(frames);

  // The further out, the more the boxes tell and the less the wires.
  context.globalAlpha = Math.max(0.3, Math.min(1, zoom / 0.15));
  context.strokeStyle = palette.wire;
  context.stroke(wiresOf(picture));
  context.globalAlpha = 1;

  const byColour = new Map<string, SceneNode[]>();
  for (const node of nodes) {
    if (node.open) continue;
    const colour = bitsColour(palette, node.bits);
    const list = byColour.get(colour);
    if (list === undefined) byColour.set(colour, [node]);
    else list.push(node);
  }
  const edge = Math.max(4, 3 / zoom);
  for (const [colour, boxes] of byColour) {
    // A panel ground under a wash of the colour keeps wires from shining through.
    context.fillStyle = palette.panel;
    for (const box of boxes) context.fillRect(box.x, box.y, box.width, box.height);
    context.fillStyle = colour;
    context.globalAlpha = 0.3;
    for (const box of boxes) context.fillRect(box.x, box.y, box.width, box.height);
    context.globalAlpha = 1;
    for (const box of boxes) context.fillRect(box.x, box.y, Math.min(edge, box.width), box.height);
  }
  if (marks.tints !== undefined) tint(context, nodes, palette, marks.tints);
  titles(context, nodes, zoom, palette);
  rings(context, picture, nodes, palette, marks, hair);
}

function wiresOf(picture: Picture): Path2D {
  const known = wirePaths.get(picture);
  if (known !== undefined) return known;
  const path = new Path2D();
  for (const { points } of picture.scene.edges) {
    points.forEach(([x, y], i) => {
      if (i === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
    });
  }
  wirePaths.set(picture, path);
  return path;
}

/** Boxes whose thresholds moved, the more the further. */
function tint(context: CanvasRenderingContext2D, nodes: readonly SceneNode[], palette: Palette, tints: ReadonlyMap<string, number>): void {
  for (const { id, open, x, y, width, height } of nodes) {
    const deviation = tints.get(id) ?? 0;
    if (deviation === 0 || open) continue;
    context.fillStyle = deviation > 0 ? palette.range : palette.precision;
    context.globalAlpha = 0.25 + 0.25 * Math.min(3, Math.abs(deviation));
    context.fillRect(x, y, width, height);
  }
  context.globalAlpha = 1;
}

/** Names of groups that are wide enough on the screen, at a size that can be read. */
function titles(context: CanvasRenderingContext2D, nodes: readonly SceneNode[], zoom: number, palette: Palette): void {
  const size = 11 / zoom;
  context.font = `600 ${size}px ${palette.font}`;
  context.fillStyle = palette.text;
  context.textBaseline = 'top';
  for (const node of nodes) {
    if (node.kind !== 'group' || node.width * zoom < 56 || (node.height * zoom < 14 && !node.open)) continue;
    const text = node.count > 1 ? `${node.title} ×${node.count}` : node.title;
    const room = node.width - 10 / zoom;
    if (context.measureText(text).width > room) continue;
    context.fillText(text, node.x + 6 / zoom, node.open ? node.y + 3 / zoom : node.y + (node.height - size) / 2);
  }
}

function rings(
  context: CanvasRenderingContext2D,
  picture: Picture,
  nodes: readonly SceneNode[],
  palette: Palette,
  { selection, hovered, marked }: FarMarks,
  hair: number,
): void {
  const related = new Set<string>();
  for (const group of marked) for (const box of picture.sharing.get(group) ?? []) related.add(box);
  for (const node of nodes) {
    const ring = node.id === selection || node.id === hovered;
    if (!ring && !related.has(node.id)) continue;
    context.strokeStyle = palette.accent;
    context.lineWidth = (node.id === selection ? 2 : 1.5) * hair;
    context.setLineDash(ring ? [] : [4 * hair, 3 * hair]);
    context.strokeRect(node.x - hair, node.y - hair, node.width + 2 * hair, node.height + 2 * hair);
  }
  context.setLineDash([]);
}
