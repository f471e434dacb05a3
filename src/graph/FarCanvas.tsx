import { useEffect, useRef } from 'react';
import { useStoreApi } from 'reactflow';
import { drawFar, type FarMarks } from './drawFar.ts';
import { usePalette } from './palette.ts';
import type { Picture } from './picture.ts';

/** Below the zoom at which text can be read, everything is drawn on one canvas, once per frame at most. */
export function FarCanvas({ picture, marks, root }: { picture: Picture; marks: FarMarks; root: HTMLElement | null }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const store = useStoreApi();
  const palette = usePalette(root);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d') ?? null;
    if (element === null || context === null || palette === null) return;
    let frame = 0;
    const draw = () => {
      frame = 0;
      const { transform, width, height } = store.getState();
      const ratio = window.devicePixelRatio;
      if (element.width !== Math.round(width * ratio) || element.height !== Math.round(height * ratio)) {
        element.width = Math.round(width * ratio);
        element.height = Math.round(height * ratio);
      }
      const [x, y, zoom] = transform;
      drawFar(context, picture, { x, y, zoom, width, height, ratio }, palette, marks);
    };
    const request = () => {
      if (frame === 0) frame = requestAnimationFrame(draw);
    };
    draw();
    const stop = store.subscribe((state, before) => {
      if (state.transform !== before.transform || state.width !== before.width || state.height !== before.height) request();
    });
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [picture, marks, palette, store]);
  return <canvas ref={canvas} className="graph-far" />;
}
