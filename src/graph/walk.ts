import type { SceneNode } from '../../worker/protocol.ts';
import type { Picture } from './picture.ts';

export type Step = 'up' | 'down' | 'left' | 'right';

/** Where an arrow key leads from a box: up and down along its wires, sideways to the neighbour in the same row. */
export function step(picture: Picture, from: string | null, direction: Step): string | null {
  const box = from === null ? undefined : picture.byId.get(from);
  if (box === undefined) return firstBox(picture);
  const next = direction === 'left' || direction === 'right' ? beside(picture, box, direction) : along(picture, box, direction);
  return next?.id ?? null;
}

/** The box at the top of the picture, where reading starts. */
export function firstBox(picture: Picture): string | null {
  let first: SceneNode | null = null;
  for (const node of picture.scene.nodes) {
    if (!node.open && (first === null || node.y < first.y || (node.y === first.y && node.x < first.x))) first = node;
  }
  return first?.id ?? null;
}

function along(picture: Picture, box: SceneNode, direction: 'up' | 'down'): SceneNode | null {
  if (box.open) return direction === 'down' ? topMember(picture, box) : null;
  const ids =
    direction === 'down' ? picture.outgoing.get(box.id)?.map(({ to }) => to) : picture.incoming.get(box.id)?.map(({ from }) => from);
  const boxes = (ids ?? []).flatMap((id) => picture.byId.get(id) ?? []);
  return nearest(boxes, (other) => Math.abs(middleX(other) - middleX(box)) + Math.abs(middleY(other) - middleY(box)) / 4);
}

function beside(picture: Picture, box: SceneNode, direction: 'left' | 'right'): SceneNode | null {
  const sign = direction === 'right' ? 1 : -1;
  const { width, height } = picture.scene;
  const row = {
    x: direction === 'right' ? box.x + box.width : 0,
    y: box.y,
    width: direction === 'right' ? width : box.x,
    height: Math.min(box.height, height),
  };
  const boxes = picture.boxes
    .within(row)
    .map((entry) => picture.scene.nodes[entry] as SceneNode)
    .filter((other) => !other.open && other !== box && (middleX(other) - middleX(box)) * sign > box.width / 4);
  return nearest(boxes, (other) => Math.abs(middleX(other) - middleX(box)) + 2 * Math.abs(middleY(other) - middleY(box)));
}

function topMember(picture: Picture, group: SceneNode): SceneNode | null {
  const members = picture.scene.nodes.filter(({ parent }) => parent === group.id);
  return nearest(members, (node) => node.y);
}

function nearest(boxes: readonly SceneNode[], distance: (box: SceneNode) => number): SceneNode | null {
  let found: SceneNode | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const box of boxes) {
    if (distance(box) >= least) continue;
    least = distance(box);
    found = box;
  }
  return found;
}

const middleX = (box: SceneNode) => box.x + box.width / 2;
const middleY = (box: SceneNode) => box.y + box.height / 2;
