import { useEffect, useRef, useState } from 'react';
import { useData } from '../state/data.ts';
import { type Seen, wantThumbnail } from './thumbnails.ts';

/** An image of the set, read when it comes into sight. */
export function useThumbnail(image: number): Seen | null {
  const generation = useData((state) => state.generation);
  const [seen, setSeen] = useState<Seen | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another set has other images of the same number
  useEffect(() => {
    setSeen(null);
    return wantThumbnail(image, setSeen);
  }, [image, generation]);
  return seen;
}

/** The picture itself, within a square of `size` pixels; grey while it is read, struck through where it cannot be. */
export function Picture({ seen, size }: { seen: Seen | null; size: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (seen?.state !== 'read') return;
    const { width, height, pixels } = seen.thumbnail;
    const element = canvas.current;
    if (element === null) return;
    element.width = width;
    element.height = height;
    element.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(pixels), width, height), 0, 0);
  }, [seen]);
  if (seen?.state === 'failed') {
    return (
      <span
        className="picture unreadable"
        style={{ width: size, height: size }}
        title={seen.error.cause}
        role="img"
        aria-label="unreadable"
      />
    );
  }
  return (
    <span className="picture" style={{ width: size, height: size }}>
      {seen !== null && <canvas ref={canvas} aria-hidden />}
    </span>
  );
}
