import { type PointerEvent, useEffect, useRef } from 'react';
import { useReactFlow, useStore } from 'reactflow';
import type { SceneNode } from '../../worker/protocol.ts';
import { bitsColour, type Palette, usePalette } from './palette.ts';
import type { Picture } from './picture.ts';

const MOST = { width: 132, height: 120 } as const;
const PADDING = 6;

/** The whole picture, small, with a frame around what is seen. Drawn once per picture; only the frame moves. */
export function Minimap({ picture, root }: { picture: Picture; root: HTMLElement | null }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const flow = useReactFlow();
  const palette = usePalette(root);
  const { scene } = picture;
  const scale = Math.min((MOST.width - 2 * PADDING) / Math.max(1, scene.width), (MOST.height - 2 * PADDING) / Math.max(1, scene.height));
  const width = Math.max(40, Math.round(scene.width * scale + 2 * PADDING));
  const height = Math.max(40, Math.round(scene.height * scale + 2 * PADDING));
  const left = (width - scene.width * scale) / 2;
  const top = (height - scene.height * scale) / 2;
  useEffect(() => {
    const context = canvas.current?.getContext('2d') ?? null;
    if (canvas.current === null || context === null || palette === null) return;
    const ratio = window.devicePixelRatio;
    canvas.current.width = width * ratio;
    canvas.current.height = height * ratio;
    context.setTransform(ratio, 0, 0, ratio, left * ratio, top * ratio);
    for (const node of scene.nodes) draw(context, node, scale, palette);
  }, [scene, scale, width, height, left, top, palette]);

  const seen = useStore(({ transform: [x, y, zoom], width: viewWidth, height: viewHeight }) => {
    const frame = [left - (x / zoom) * scale, top - (y / zoom) * scale, (viewWidth / zoom) * scale, (viewHeight / zoom) * scale];
    return frame.map((value) => Math.round(value * 2) / 2).join(' ');
  });
  const [frameX = 0, frameY = 0, frameWidth = 0, frameHeight = 0] = seen.split(' ').map(Number);
  const whole = frameX <= 0 && frameY <= 0 && frameX + frameWidth >= width && frameY + frameHeight >= height;
  if (whole) return null;

  const move = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons !== 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const bounds = event.currentTarget.getBoundingClientRect();
    const zoom = flow.getZoom();
    void flow.setCenter((event.clientX - bounds.left - left) / scale, (event.clientY - bounds.top - top) / scale, { zoom, duration: 0 });
  };
  return (
    <div className="graph-minimap" style={{ width, height }} onPointerDown={move} onPointerMove={move} aria-hidden="true">
      <canvas ref={canvas} style={{ width, height }} />
      <i style={{ transform: `translate(${frameX}px, ${frameY}px)`, width: frameWidth, height: frameHeight }} />
    </div>
  );
}

function draw(context: CanvasRenderingContext2D, node: SceneNode, scale: number, palette: Palette): void {
  const x = node.x * scale;
  const y = node.y * scale;
  const width = Math.max(1.5, node.width * scale);
  const height = Math.max(1.5, node.height * scale);
  if (node.open) {
    context.strokeStyle = palette.line;
    context.lineWidth = 0.5;
    context.strokeRect(x, y, width, height);
  } else {
    context.fillStyle = bitsColour(palette, node.bits);
    context.fillRect(x, y, width, height);
  }
}
