import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import type { ConvGeometry, Pair, PoolGeometry } from './kernels.ts';
import { shapeText } from './shapes.ts';

/** One spatial axis: output size and padding. Unknown input size (-1) gives unknown output and no padding. */
interface AxisWalk {
  readonly size: number;
  readonly padding: Pair;
}

/** Output size and padding along one axis, after TensorFlow's definition of SAME (the extra element goes behind), VALID and EXPLICIT. */
function walk(input: number, window: number, stride: number, dilation: number, mode: string, explicit: Pair): AxisWalk {
  const reach = (window - 1) * dilation + 1;
  if (mode === 'SAME') {
    if (input < 0) return { size: -1, padding: [0, 0] };
    const size = Math.ceil(input / stride);
    const total = Math.max(0, (size - 1) * stride + reach - input);
    const before = Math.floor(total / 2);
    return { size, padding: [before, total - before] };
  }
  const padding: Pair = mode === 'EXPLICIT' ? explicit : [0, 0];
  if (input < 0) return { size: -1, padding };
  return { size: Math.floor((input + padding[0] + padding[1] - reach) / stride) + 1, padding };
}

/** Geometry of a convolution over `input` [N, H, W, C] with a `window` of [height, width], and the size of its output. */
export function convGeometry(input: Shape, window: Pair, attrs: NodeAttrs): { readonly geometry: ConvGeometry; readonly output: Pair } {
  requireNhwc(attrs);
  const strides = spatialPair(attrs, 'strides', undefined);
  const dilations = spatialPair(attrs, 'dilations', [1, 1, 1, 1]);
  const { padding, output } = walkBoth(input, window, strides, dilations, attrs);
  return { geometry: { strides, dilations, padding }, output };
}

/** Geometry of a pooling window over `input` [N, H, W, C], and the size of its output. */
export function poolGeometry(input: Shape, attrs: NodeAttrs): { readonly geometry: PoolGeometry; readonly output: Pair } {
  requireNhwc(attrs);
  const size = spatialPair(attrs, 'ksize', undefined);
  const strides = spatialPair(attrs, 'strides', undefined);
  const { padding, output } = walkBoth(input, size, strides, [1, 1], attrs);
  if (padding.some((pair, axis) => Math.max(...pair) >= (size[axis] ?? 1))) {
    throw attrs.unsupported(`a window of ${size[0]}×${size[1]} would see nothing but padding.`, 'Pad less than the window is wide.');
  }
  return { geometry: { size, strides, padding }, output };
}

/** Geometry of windows that are cut out of `input` [N, H, W, C], their size, and how many there are. */
export function patchGeometry(
  input: Shape,
  attrs: NodeAttrs,
): { readonly size: Pair; readonly geometry: ConvGeometry; readonly output: Pair } {
  const size = spatialPair(attrs, 'ksizes', undefined);
  const strides = spatialPair(attrs, 'strides', undefined);
  const dilations = spatialPair(attrs, 'rates', undefined);
  const { padding, output } = walkBoth(input, size, strides, dilations, attrs);
  return { size, geometry: { strides, dilations, padding }, output };
}

function walkBoth(
  input: Shape,
  window: Pair,
  strides: Pair,
  dilations: Pair,
  attrs: NodeAttrs,
): { readonly padding: readonly [Pair, Pair]; readonly output: Pair } {
  const mode = attrs.string('padding');
  if (mode !== 'SAME' && mode !== 'VALID' && mode !== 'EXPLICIT')
    throw attrs.malformed(`padding '${mode}' is neither SAME, VALID nor EXPLICIT.`);
  const explicit = mode === 'EXPLICIT' ? attrs.ints('explicit_paddings') : [];
  const at = (i: number): number => explicit[i] ?? 0;
  const rows = walk(input?.[1] ?? -1, window[0], strides[0], dilations[0], mode, [at(2), at(3)]);
  const columns = walk(input?.[2] ?? -1, window[1], strides[1], dilations[1], mode, [at(4), at(5)]);
  for (const size of [rows.size, columns.size]) {
    if (size === 0 || size < -1) {
      throw attrs.mismatch(`a window of ${window[0]}×${window[1]} does not fit into an input of ${shapeText(input)} with ${mode} padding.`);
    }
  }
  return { padding: [rows.padding, columns.padding], output: [rows.size, columns.size] };
}

/** Height and width entries of an attribute written as [1, height, width, 1]. */
function spatialPair(attrs: NodeAttrs, name: string, fallback: readonly number[] | undefined): Pair {
  const list = attrs.ints(name, fallback);
  const [batch = 0, rows = 0, columns = 0, channels = 0] = list.length === 0 && fallback !== undefined ? fallback : list;
  if (batch !== 1 || channels !== 1)
    throw attrs.unsupported(`${name} [${list.join(', ')}] step over batch or channels, which is not supported.`);
  if (rows < 1 || columns < 1) throw attrs.malformed(`${name} [${list.join(', ')}] are not positive.`);
  return [rows, columns];
}

/** @throws GraffitistError `op-unsupported` for any layout but channels last. */
export function requireNhwc(attrs: NodeAttrs): void {
  const format = attrs.string('data_format', 'NHWC');
  if (format !== 'NHWC') throw attrs.unsupported(`data format ${format} is not supported.`, 'Export the graph with channels last (NHWC).');
}
