import { useCallback, useEffect, useState } from 'react';
import { useStoreApi, type Viewport } from 'reactflow';
import { type Rect, steppedBounds } from './tiles.ts';

/** How much is drawn: far out one canvas; then boxes with bare bits; at working zoom tags and shapes as well. */
export type Detail = 'far' | 'middle' | 'near';

export const FAR_BELOW = 0.3;
const NEAR_FROM = 0.6;
/** Drawn beyond what is seen, in screen pixels, so that boxes are there before they scroll in. */
const MARGIN = 160;

export interface DrawnArea {
  /** Part of the scene that is drawn as boxes, in whole steps. */
  readonly area: Rect;
  readonly detail: Detail;
}

/** What of the scene is drawn and how; changes when the view crosses a tile or a level of detail, not on every move. */
export function useDrawnArea(): DrawnArea {
  const store = useStoreApi();
  const [drawn, setDrawn] = useState<DrawnArea>(() => ({ area: { x: 0, y: 0, width: 0, height: 0 }, detail: 'near' }));
  const update = useCallback(
    ({ x, y, zoom }: Viewport) => {
      const { width, height } = store.getState();
      const area = steppedBounds({ x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom }, MARGIN / zoom);
      const detail: Detail = zoom < FAR_BELOW ? 'far' : zoom < NEAR_FROM ? 'middle' : 'near';
      setDrawn((before) =>
        before.detail === detail &&
        before.area.x === area.x &&
        before.area.y === area.y &&
        before.area.width === area.width &&
        before.area.height === area.height
          ? before
          : { area, detail },
      );
    },
    [store],
  );
  useEffect(() => {
    const apply = ({ transform: [x, y, zoom] }: ReturnType<typeof store.getState>) => update({ x, y, zoom });
    apply(store.getState());
    return store.subscribe((state, before) => {
      if (state.transform !== before.transform || state.width !== before.width || state.height !== before.height) apply(state);
    });
  }, [store, update]);
  return drawn;
}
