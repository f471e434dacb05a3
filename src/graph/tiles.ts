/** Rectangles in the scene's pixels. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const TILE = 512;
/** The drawn area grows and moves in steps of this: small enough for few new boxes at a time, large enough not to change all the time. */
const STEP = 200;

/** Finds what lies in a part of the plane without looking at everything. Entries are numbers that the caller knows. */
export class TileIndex {
  readonly #tiles = new Map<string, number[]>();
  readonly #rects: readonly Rect[];

  constructor(rects: readonly Rect[]) {
    this.#rects = rects;
    rects.forEach((rect, entry) => {
      for (const key of tilesOf(rect)) {
        const tile = this.#tiles.get(key);
        if (tile === undefined) this.#tiles.set(key, [entry]);
        else tile.push(entry);
      }
    });
  }

  /** Entries whose rectangles touch `area`, in ascending order. */
  within(area: Rect): number[] {
    const found = new Set<number>();
    for (const key of tilesOf(area)) {
      for (const entry of this.#tiles.get(key) ?? []) if (touches(this.#rects[entry] as Rect, area)) found.add(entry);
    }
    return [...found].sort((a, b) => a - b);
  }

  /** Entries that hold a point, in ascending order. */
  at(x: number, y: number): number[] {
    return this.within({ x, y, width: 0, height: 0 });
  }
}

export function touches(a: Rect, b: Rect): boolean {
  return a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height;
}

/** `area` with a margin, in whole steps: it changes now and then while the view moves. */
export function steppedBounds(area: Rect, margin: number): Rect {
  const left = Math.floor((area.x - margin) / STEP) * STEP;
  const top = Math.floor((area.y - margin) / STEP) * STEP;
  const right = Math.ceil((area.x + area.width + margin) / STEP) * STEP;
  const bottom = Math.ceil((area.y + area.height + margin) / STEP) * STEP;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function* tilesOf(rect: Rect): Iterable<string> {
  const right = Math.floor((rect.x + rect.width) / TILE);
  const bottom = Math.floor((rect.y + rect.height) / TILE);
  for (let x = Math.floor(rect.x / TILE); x <= right; x++) {
    for (let y = Math.floor(rect.y / TILE); y <= bottom; y++) yield `${x} ${y}`;
  }
}
