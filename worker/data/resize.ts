/** Bilinear resizing as TensorFlow 1.x does it (no `align_corners`, no `half_pixel_centers`), in float32 to the last bit. */

/** Values of a picture, channels last; bytes are looked up in a table, if there is one. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly values: Uint8Array | Float32Array;
}

export interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

export interface Resizing {
  /** The part of the picture that is resized. */
  readonly from: Rectangle;
  /** What it is resized to. */
  readonly height: number;
  readonly width: number;
  /** The part of that which is wanted; only this is computed. */
  readonly window: Rectangle;
  /** Float32 values of bytes, where they are not the bytes themselves. */
  readonly table?: Float32Array | undefined;
}

/** PRP4: the window of the resized picture, row after row, channels as in the picture. */
export function resizeBilinear(picture: Pixels, { from, height, width, window, table }: Resizing): Float32Array {
  if (isWhole(picture, from) && sameSize(from, height, width) && sameSize(window, height, width)) return asFloats(picture.values, table);
  const { channels } = picture;
  const rows = axisWeights(from.height, height, window.top, window.height);
  const length = window.width * channels;
  const result = new Float32Array(window.height * length);
  const row = rowReader(picture, from, axisWeights(from.width, width, window.left, window.width), table);
  // The rows between which is interpolated; going down, the lower one often becomes the upper one.
  let above = { row: -1, values: new Float32Array(length) };
  let below = { row: -1, values: new Float32Array(length) };
  for (let y = 0; y < window.height; y++) {
    const [upper = 0, lower = 0] = [rows.lower[y], rows.upper[y]];
    if (below.row === upper) [above, below] = [below, above];
    if (above.row !== upper) row(upper, above.values);
    above.row = upper;
    if (below.row !== lower) row(lower, below.values);
    below.row = lower;
    between(above.values, below.values, rows.lerp[y] ?? 0, result, y * length);
  }
  return result;
}

function isWhole({ height, width }: Pixels, part: Rectangle): boolean {
  return part.top === 0 && part.left === 0 && sameSize(part, height, width);
}

function sameSize(part: Rectangle, height: number, width: number): boolean {
  return part.height === height && part.width === width;
}

function asFloats(values: Pixels['values'], table: Float32Array | undefined): Float32Array {
  const floats = Float32Array.from(values);
  if (table !== undefined && values instanceof Uint8Array)
    for (let i = 0; i < floats.length; i++) floats[i] = table[values[i] as number] as number;
  return floats;
}

interface AxisWeights {
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  readonly lerp: Float32Array;
}

/** Where each wanted place of an axis of `out` lies among `size` places: in = i · (size / out), in float32. */
function axisWeights(size: number, out: number, first: number, count: number): AxisWeights {
  const scale = Math.fround(size / out);
  const weights = { lower: new Int32Array(count), upper: new Int32Array(count), lerp: new Float32Array(count) };
  for (let i = 0; i < count; i++) {
    const place = Math.fround((first + i) * scale);
    const lower = Math.trunc(place);
    weights.lower[i] = lower;
    weights.upper[i] = Math.min(lower + 1, size - 1);
    weights.lerp[i] = place - lower;
  }
  return weights;
}

/** Float32 values of bytes that are taken as they are. */
const PLAIN = Float32Array.from({ length: 256 }, (_, byte) => byte);

/** Reads a row of the part, interpolated along it. */
function rowReader(
  { values, width, channels }: Pixels,
  from: Rectangle,
  columns: AxisWeights,
  table: Float32Array = PLAIN,
): (row: number, out: Float32Array) => void {
  const { lerp } = columns;
  const [left, right] = [columns.lower, columns.upper].map((places) => places.map((place) => place * channels)) as [Int32Array, Int32Array];
  const start = (row: number): number => ((from.top + row) * width + from.left) * channels;
  if (values instanceof Float32Array) return (row, out) => alongFloats(values, start(row), left, right, lerp, channels, out);
  return (row, out) => alongBytes(values, start(row), left, right, lerp, channels, table, out);
}

/** left + (right − left) · lerp along one row of bytes. */
function alongBytes(
  values: Uint8Array,
  start: number,
  left: Int32Array,
  right: Int32Array,
  lerp: Float32Array,
  channels: number,
  table: Float32Array,
  out: Float32Array,
): void {
  const fround = Math.fround;
  let at = 0;
  for (let x = 0; x < lerp.length; x++) {
    const share = lerp[x] as number;
    let l = start + (left[x] as number);
    let r = start + (right[x] as number);
    for (const end = at + channels; at < end; at++) {
      const a = table[values[l++] as number] as number;
      out[at] = fround(a + fround(fround((table[values[r++] as number] as number) - a) * share));
    }
  }
}

/** The same along one row of floats. */
function alongFloats(
  values: Float32Array,
  start: number,
  left: Int32Array,
  right: Int32Array,
  lerp: Float32Array,
  channels: number,
  out: Float32Array,
): void {
  const fround = Math.fround;
  let at = 0;
  for (let x = 0; x < lerp.length; x++) {
    const share = lerp[x] as number;
    let l = start + (left[x] as number);
    let r = start + (right[x] as number);
    for (const end = at + channels; at < end; at++) {
      const a = values[l++] as number;
      out[at] = fround(a + fround(fround((values[r++] as number) - a) * share));
    }
  }
}

/** above + (below − above) · lerp. */
function between(above: Float32Array, below: Float32Array, lerp: number, out: Float32Array, at: number): void {
  const fround = Math.fround;
  for (let i = 0; i < above.length; i++) {
    const a = above[i] as number;
    out[at + i] = fround(a + fround(fround((below[i] as number) - a) * lerp));
  }
}
