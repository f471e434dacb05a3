import { useEffect, useMemo, useRef, useState } from 'react';
import type { SceneNode } from '../../worker/protocol.ts';
import type { BoxNode } from './BoxView.tsx';
import { GROUP_TITLE, type Picture } from './picture.ts';
import { shareKey } from './QuantizerTag.tsx';
import type { Rect } from './tiles.ts';

/** Boxes that one frame can take in without being late. */
const NEW_PER_FRAME = 32;
const NOTHING_MARKED: ReadonlySet<string> = new Set();

export interface VisibleBoxes {
  readonly nodes: BoxNode[];
  /** Whether all boxes of the area are there; where many come at once, they come over several frames, from the middle outwards. */
  readonly complete: boolean;
}

/** The boxes in the drawn area as React Flow nodes; a box keeps its object while nothing about it changes. */
export function useVisibleBoxes(
  picture: Picture | null,
  area: Rect,
  selection: string | null,
  marked: ReadonlySet<string>,
  errors: ReadonlyMap<string, string> | undefined,
  tints: ReadonlyMap<string, number> | undefined,
): VisibleBoxes {
  const kept = useRef<ReadonlyMap<SceneNode, BoxNode>>(new Map());
  const [round, setRound] = useState(0);
  // A new round takes in the next boxes of the same area.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const visible = useMemo(() => {
    const before = kept.current;
    const wanted = picture === null ? [] : picture.boxes.within(area).map((entry) => picture.scene.nodes[entry] as SceneNode);
    const late = postponed(wanted, before, area);
    const now = new Map<SceneNode, BoxNode>();
    for (const node of wanted) {
      if (picture === null || late.has(node)) continue;
      const data = {
        node,
        label: picture.labels.get(node.id),
        selected: node.id === selection,
        marked: shows(node, marked) ? marked : NOTHING_MARKED,
        error: errors?.get(node.id),
        deviation: tints?.get(node.id) ?? 0,
      };
      const old = before.get(node);
      const same =
        old !== undefined &&
        old.data.selected === data.selected &&
        old.data.marked === data.marked &&
        old.data.error === data.error &&
        old.data.deviation === data.deviation;
      now.set(node, same ? old : boxNode(node, data));
    }
    kept.current = now;
    return { nodes: [...now.values()], complete: late.size === 0 };
  }, [picture, area, selection, marked, errors, tints, round]);
  useEffect(() => {
    if (visible.complete) return;
    const frame = requestAnimationFrame(() => setRound((before) => before + 1));
    return () => cancelAnimationFrame(frame);
  }, [visible]);
  return visible;
}

/** New boxes beyond what a frame takes in: those furthest from the middle. */
function postponed(wanted: readonly SceneNode[], before: ReadonlyMap<SceneNode, BoxNode>, area: Rect): ReadonlySet<SceneNode> {
  const fresh = wanted.filter((node) => !before.has(node));
  if (fresh.length <= NEW_PER_FRAME) return new Set();
  const x = area.x + area.width / 2;
  const y = area.y + area.height / 2;
  const distance = (node: SceneNode) => Math.hypot(node.x + node.width / 2 - x, node.y + node.height / 2 - y);
  return new Set(fresh.sort((a, b) => distance(a) - distance(b)).slice(NEW_PER_FRAME));
}

function boxNode(node: SceneNode, data: BoxNode['data']): BoxNode {
  const height = node.open ? Math.min(GROUP_TITLE, node.height) : node.height;
  return {
    id: node.id,
    type: 'box',
    position: { x: node.x, y: node.y },
    data,
    width: node.width,
    height,
    measured: { width: node.width, height },
    handles: [],
    draggable: false,
    selectable: false,
    connectable: false,
    zIndex: node.open ? 1 : 2,
  };
}

function shows(node: SceneNode, marked: ReadonlySet<string>): boolean {
  if (marked.size === 0) return false;
  if (node.tag !== null && marked.has(shareKey(node.tag))) return true;
  return node.chips.some(({ tag }) => tag !== null && marked.has(shareKey(tag)));
}
