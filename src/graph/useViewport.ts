import { useCallback, useEffect, useRef } from 'react';
import { useReactFlow, useStoreApi } from 'reactflow';
import type { SceneNode } from '../../worker/protocol.ts';
import type { Picture } from './picture.ts';
import { firstBox } from './walk.ts';

/** A box to bring into the middle; a new `at` asks again for the same box. */
export interface Focus {
  readonly id: string;
  readonly at: number;
}

const TOOLBAR = 52;
const MOTION_MS = 120;

/** Zoom levels between which a person works. */
export const ZOOM = { least: 0.01, most: 2, first: { least: 0.6, most: 0.9 }, focus: 0.7 } as const;

/**
 * Moves the view: to the graph's beginning when it is first shown, so that what the person looked at stays in place when the picture
 * changes, and to a box when asked.
 */
export function useViewport(picture: Picture | null, selection: string | null, toggled: { current: string | null }, focus: Focus | null) {
  const flow = useReactFlow();
  const store = useStoreApi();
  const shown = useRef<Picture | null>(null);

  const start = useCallback(
    ({ scene }: Picture) => {
      const { width } = store.getState();
      const zoom = Math.max(ZOOM.first.least, Math.min(ZOOM.first.most, (width - 48) / Math.max(1, scene.width)));
      const first = scene.nodes.find(({ kind }) => kind === 'input') ?? scene.nodes[0];
      const fits = scene.width * zoom <= width - 24;
      const middle = fits || first === undefined ? scene.width / 2 : first.x + first.width / 2;
      void flow.setViewport({ x: width / 2 - middle * zoom, y: TOOLBAR, zoom });
    },
    [flow, store],
  );

  const fitAll = useCallback(() => {
    if (picture === null) return;
    const { width, height } = store.getState();
    const { scene } = picture;
    const zoom = Math.max(
      ZOOM.least,
      Math.min(1, (width - 32) / Math.max(1, scene.width), (height - TOOLBAR - 16) / Math.max(1, scene.height)),
    );
    const x = (width - scene.width * zoom) / 2;
    const y = TOOLBAR + Math.max(0, height - TOOLBAR - 16 - scene.height * zoom) / 2;
    void flow.setViewport({ x, y, zoom }, { duration: motion() });
  }, [flow, picture, store]);

  const centre = useCallback(
    (node: SceneNode) => {
      const zoom = Math.max(flow.getZoom(), ZOOM.focus);
      const height = node.open ? Math.min(node.height, 200) : node.height;
      void flow.setCenter(node.x + node.width / 2, node.y + height / 2, { zoom, duration: motion() });
    },
    [flow],
  );

  /** Moves as little as needed for a box to be seen whole. */
  const show = useCallback(
    (node: SceneNode) => {
      const { transform, width, height } = store.getState();
      const [x, y, zoom] = transform;
      const left = node.x * zoom + x;
      const top = node.y * zoom + y;
      const shownHeight = Math.min(node.height * zoom, height - TOOLBAR - 48);
      const dx = left < 16 ? 16 - left : left + node.width * zoom > width - 16 ? width - 16 - left - node.width * zoom : 0;
      const dy = top < TOOLBAR ? TOOLBAR - top : top + shownHeight > height - 32 ? height - 32 - top - shownHeight : 0;
      if (dx !== 0 || dy !== 0) void flow.setViewport({ x: x + dx, y: y + dy, zoom }, { duration: motion() });
    },
    [flow, store],
  );

  const ready = useRef(false);
  useEffect(() => {
    if (picture === null) {
      shown.current = null;
      return;
    }
    const place = () => {
      const before = shown.current;
      const { width, transform } = store.getState();
      if (width === 0) return false;
      shown.current = picture;
      const anchor =
        before === null || before === picture ? null : anchorOf(before, picture, toggled.current, selection, transform, store.getState());
      toggled.current = null;
      if (before === picture) return true;
      if (anchor === null) start(picture);
      else {
        const [x, y, zoom] = transform;
        const [old, now] = anchor;
        void flow.setViewport({ x: x + (old.x + old.width / 2 - now.x - now.width / 2) * zoom, y: y + (old.y - now.y) * zoom, zoom });
      }
      return true;
    };
    if (place()) {
      ready.current = true;
      return;
    }
    return store.subscribe(() => {
      if (!ready.current && place()) ready.current = true;
    });
  }, [picture, selection, flow, store, start, toggled]);

  const wanted = focus === null ? undefined : picture?.byId.get(focus.id);
  const answered = useRef<Focus | null>(null);
  useEffect(() => {
    if (wanted === undefined || focus === null || answered.current === focus) return;
    answered.current = focus;
    centre(wanted);
  }, [wanted, focus, centre]);

  return { fitAll, show, centre };
}

/**
 * A box of both pictures to hold in place: the group that was opened or closed, else, where they are in sight, the selected box or the
 * graph's beginning, else the box nearest to the middle of the view.
 */
function anchorOf(
  before: Picture,
  now: Picture,
  toggled: string | null,
  selection: string | null,
  [x, y, zoom]: readonly [number, number, number],
  { width, height }: { readonly width: number; readonly height: number },
): readonly [SceneNode, SceneNode] | null {
  const pair = (id: string | null): readonly [SceneNode, SceneNode] | null => {
    const old = id === null ? undefined : before.byId.get(id);
    const same = id === null ? undefined : now.byId.get(id);
    return old === undefined || same === undefined ? null : [old, same];
  };
  const inSight = (found: readonly [SceneNode, SceneNode] | null) => {
    if (found === null) return null;
    const [{ x: left, y: top, width: boxWidth, height: boxHeight }] = found;
    const seen = (left + boxWidth) * zoom + x > 0 && left * zoom + x < width && (top + boxHeight) * zoom + y > 0 && top * zoom + y < height;
    return seen ? found : null;
  };
  const touched = pair(toggled) ?? inSight(pair(selection));
  if (touched !== null) return touched;
  if (before.scene.reading !== now.scene.reading) return null;
  const first = inSight(pair(firstBox(before)));
  if (first !== null) return first;
  const middleX = (width / 2 - x) / zoom;
  const middleY = (height / 2 - y) / zoom;
  let found: readonly [SceneNode, SceneNode] | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const node of before.scene.nodes) {
    const other = now.byId.get(node.id);
    const distance = Math.hypot(node.x + node.width / 2 - middleX, node.y + node.height / 2 - middleY);
    if (other === undefined || node.open || distance >= least) continue;
    least = distance;
    found = [node, other];
  }
  return found;
}

/** 0 where the person asked for less motion. */
function motion(): number {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : MOTION_MS;
}
