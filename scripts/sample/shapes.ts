/** A point's membership in a shape, in the shape's own frame: it fills about the disk of radius 1. */
type Inside = (x: number, y: number) => boolean;

type Point = readonly [number, number];

/** Even-odd test against a closed polygon. */
function polygon(points: readonly Point[]): Inside {
  return (x, y) => {
    let inside = false;
    let [lastX, lastY] = points.at(-1) ?? [0, 0];
    for (const [nextX, nextY] of points) {
      if (nextY > y !== lastY > y && x < ((lastX - nextX) * (y - nextY)) / (lastY - nextY) + nextX) inside = !inside;
      lastX = nextX;
      lastY = nextY;
    }
    return inside;
  };
}

/** Vertices at equal angles whose distances from the centre go through `radii` in turn. */
function wheel(count: number, radii: readonly number[]): Point[] {
  return Array.from({ length: count }, (_, index) => {
    const angle = (2 * Math.PI * index) / count;
    const radius = radii[index % radii.length] ?? 1;
    return [radius * Math.sin(angle), radius * Math.cos(angle)] as const;
  });
}

const disk =
  (radius: number, centreX = 0): Inside =>
  (x, y) =>
    (x - centreX) ** 2 + y ** 2 <= radius ** 2;

/** An Archimedean band of one and three quarter turns around the centre. */
const spiral: Inside = (x, y) => {
  const radius = Math.hypot(x, y);
  if (radius > 1) return false;
  const turn = Math.atan2(y, x) / (2 * Math.PI) + 0.5;
  const nearest = Math.round(radius / 0.52 - turn);
  const along = nearest + turn;
  return along > 0.12 && along < 1.92 && Math.abs(radius - along * 0.52) < 0.13;
};

/** The ten classes by label: what a picture shows, and which points belong to it. */
export const SHAPES: readonly { readonly name: string; readonly inside: Inside }[] = [
  { name: 'circle', inside: disk(0.92) },
  { name: 'ring', inside: (x, y) => disk(1)(x, y) && !disk(0.56)(x, y) },
  { name: 'square', inside: (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.8 },
  { name: 'triangle', inside: polygon(wheel(3, [1.05])) },
  { name: 'cross', inside: (x, y) => Math.min(Math.abs(x), Math.abs(y)) <= 0.28 && Math.max(Math.abs(x), Math.abs(y)) <= 0.95 },
  { name: 'star', inside: polygon(wheel(10, [1.08, 0.46])) },
  { name: 'diamond', inside: (x, y) => Math.abs(x) / 0.58 + Math.abs(y) <= 1.06 },
  { name: 'crescent', inside: (x, y) => disk(1)(x, y) && !disk(0.86, 0.46)(x, y) },
  { name: 'bars', inside: (x, y) => Math.abs(y) <= 0.85 && [-0.62, 0, 0.62].some((bar) => Math.abs(x - bar) <= 0.2) },
  { name: 'spiral', inside: spiral },
];

/** Class names by label. */
export const CLASSES: readonly string[] = SHAPES.map(({ name }) => name);
