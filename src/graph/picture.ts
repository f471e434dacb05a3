import type { Scene, SceneEdge, SceneNode } from '../../worker/protocol.ts';
import { type Rect, TileIndex } from './tiles.ts';
import { wireBounds } from './wirePath.ts';

/** A scene with what the canvas looks up in it again and again. Made once per scene. */
export interface Picture {
  readonly scene: Scene;
  readonly byId: ReadonlyMap<string, SceneNode>;
  readonly boxes: TileIndex;
  readonly wires: TileIndex;
  readonly incoming: ReadonlyMap<string, readonly SceneEdge[]>;
  readonly outgoing: ReadonlyMap<string, readonly SceneEdge[]>;
  /** Shape at each box's output, where its wires agree. */
  readonly labels: ReadonlyMap<string, string>;
  /** Boxes that show a quantizer on each shared threshold. */
  readonly sharing: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Room under a box that its tag and shape are drawn in. */
const UNDER = 28;

export function makePicture(scene: Scene): Picture {
  const incoming = new Map<string, SceneEdge[]>();
  const outgoing = new Map<string, SceneEdge[]>();
  const labels = new Map<string, string>();
  for (const edge of scene.edges) {
    listed(incoming, edge.to).push(edge);
    listed(outgoing, edge.from).push(edge);
    if (edge.label !== '' && !labels.has(edge.from)) labels.set(edge.from, edge.label);
  }
  const sharing = new Map<string, Set<string>>();
  const share = (group: string | null | undefined, box: string) => {
    if (typeof group !== 'string') return;
    const boxes = sharing.get(group);
    if (boxes === undefined) sharing.set(group, new Set([box]));
    else boxes.add(box);
  };
  for (const node of scene.nodes) {
    share(node.tag?.group, node.id);
    for (const chip of node.chips) share(chip.tag?.group, node.id);
  }
  for (const edge of scene.edges) share(edge.tag?.group, `${edge.id} wire`);
  return {
    scene,
    byId: new Map(scene.nodes.map((node) => [node.id, node])),
    boxes: new TileIndex(scene.nodes.map(drawnRect)),
    wires: new TileIndex(scene.edges.map(({ points }) => wireBounds(points))),
    incoming,
    outgoing,
    labels,
    sharing,
  };
}

function drawnRect(node: SceneNode): Rect {
  return { x: node.x, y: node.y, width: node.width, height: node.height + UNDER };
}

function listed<T>(map: Map<string, T[]>, key: string): T[] {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made: T[] = [];
  map.set(key, made);
  return made;
}

/** The innermost box at a point of the scene; open groups only by their title row, so that their inside stays free to pan. */
export function boxAt(picture: Picture, x: number, y: number): SceneNode | null {
  let found: SceneNode | null = null;
  for (const entry of picture.boxes.at(x, y)) {
    const node = picture.scene.nodes[entry] as SceneNode;
    if (x < node.x || x > node.x + node.width || y < node.y || y > node.y + (node.open ? GROUP_TITLE : node.height)) continue;
    if (found === null || !node.open || found.open) found = node;
  }
  return found;
}

/** Height of an open group's title row. */
export const GROUP_TITLE = 32;

/**
 * Shared thresholds to mark: the hovered one, or those that join the selected box to others (its own output, and what is shared by the
 * values that it reads).
 */
export function markedGroups(picture: Picture, hover: string | null, selection: string | null): ReadonlySet<string> {
  if (hover !== null) return new Set([hover]);
  const marked = new Set<string>();
  const selected = selection === null ? undefined : picture.byId.get(selection);
  if (selected === undefined) return marked;
  const tags = [selected.tag, ...selected.chips.map((chip) => chip.tag)];
  for (const edge of picture.incoming.get(selected.id) ?? []) tags.push(edge.tag, picture.byId.get(edge.from)?.tag ?? null);
  for (const tag of tags) if (tag?.group && (picture.sharing.get(tag.group)?.size ?? 0) > 1) marked.add(tag.group);
  return marked;
}
