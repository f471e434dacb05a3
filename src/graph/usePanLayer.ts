import { useEffect } from 'react';
import { useStoreApi } from 'reactflow';

const SETTLED_MS = 200;

/** Marks the canvas while its view pans at one zoom level. Set on the element itself: a render per move would cost more than it saves. */
export function usePanLayer(root: HTMLElement | null): void {
  const store = useStoreApi();
  useEffect(() => {
    if (root === null) return;
    let timer = 0;
    const settle = () => root.classList.remove('panning');
    const stop = store.subscribe(({ transform }, before) => {
      if (transform === before.transform) return;
      window.clearTimeout(timer);
      if (transform[2] !== before.transform[2]) {
        settle();
        return;
      }
      root.classList.add('panning');
      timer = window.setTimeout(settle, SETTLED_MS);
    });
    return () => {
      stop();
      window.clearTimeout(timer);
      settle();
    };
  }, [root, store]);
}
