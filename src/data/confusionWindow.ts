/** The part of a large matrix that is in sight. */
export interface MatrixWindow {
  /** Pixels per cell; below 1 several cells share a pixel. */
  readonly scale: number;
  /** First pixel of the matrix in sight. */
  readonly left: number;
  readonly top: number;
}

interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
  readonly height: number;
}

/** Larger than this a cell says no more. */
const LARGEST = 24;

/** The whole matrix, as large as fits. */
export function fitted({ rows, columns, width, height }: Sizes): MatrixWindow {
  return { scale: Math.min(LARGEST, width / columns, height / rows), left: 0, top: 0 };
}

/** Keeps what is in sight within the matrix. */
export function held(window: MatrixWindow, sizes: Sizes): MatrixWindow {
  const most = (count: number, room: number): number => Math.max(0, count * window.scale - room);
  return {
    scale: window.scale,
    left: Math.min(Math.max(0, window.left), most(sizes.columns, sizes.width)),
    top: Math.min(Math.max(0, window.top), most(sizes.rows, sizes.height)),
  };
}

/** Larger or smaller by a factor around a point in sight; never smaller than the whole matrix. */
export function zoomed(window: MatrixWindow, by: number, at: { readonly x: number; readonly y: number }, sizes: Sizes): MatrixWindow {
  const scale = Math.min(LARGEST, Math.max(fitted(sizes).scale, window.scale * by));
  const grown = scale / window.scale;
  return held({ scale, left: (window.left + at.x) * grown - at.x, top: (window.top + at.y) * grown - at.y }, sizes);
}

/** Moves as little as brings a cell into sight. */
export function showing(
  window: MatrixWindow,
  { row, column }: { readonly row: number; readonly column: number },
  sizes: Sizes,
): MatrixWindow {
  const reach = (first: number, at: number, room: number): number => {
    const [start, end] = [at * window.scale, (at + 1) * window.scale];
    if (start < first) return start;
    return end > first + room ? end - room : first;
  };
  return held({ scale: window.scale, left: reach(window.left, column, sizes.width), top: reach(window.top, row, sizes.height) }, sizes);
}

/** The cell at a point in sight; null outside the matrix. */
export function cellAt({ scale, left, top }: MatrixWindow, at: { readonly x: number; readonly y: number }, { rows, columns }: Sizes) {
  const [row, column] = [Math.floor((top + at.y) / scale), Math.floor((left + at.x) / scale)];
  return row >= 0 && row < rows && column >= 0 && column < columns ? { row, column } : null;
}
