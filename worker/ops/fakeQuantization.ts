import type { NodeAttrs } from './attrs.ts';
import type { Kernels, Value } from './kernels.ts';
import { op } from './op.ts';
import { sameAs } from './shapes.ts';

const { fround } = Math;

/** A range moved so that 0 is one of its steps. */
interface NudgedRange {
  readonly low: number;
  readonly high: number;
  readonly scale: number;
  readonly inverse: number;
  /** The code of 0. */
  readonly zero: number;
}

/** Range and scale in float32, as TensorFlow nudges them (core/kernels/fake_quant_ops_functor.h). */
function nudged(min: number, max: number, attrs: NodeAttrs): NudgedRange {
  const bits = attrs.int('num_bits', 8);
  if (bits < 2 || bits > 16) throw attrs.malformed(`${bits} bits are not between 2 and 16.`);
  const lowest = attrs.bool('narrow_range', false) ? 1 : 0;
  const highest = 2 ** bits - 1;
  const scale = fround(fround(max - min) / (highest - lowest));
  const inverse = fround((highest - lowest) / fround(max - min));
  const fromMin = fround(lowest - fround(min / scale));
  const point = fromMin < lowest ? lowest : fromMin > highest ? highest : Math.floor(fround(fromMin + 0.5));
  const low = fround((lowest - point) * scale);
  const high = fround((highest - point) * scale);
  return { low, high, scale, inverse, zero: Math.floor(fround(fround(-low * inverse) + 0.5)) };
}

function fakeQuantized(x: Value, min: number, max: number, k: Kernels, attrs: NodeAttrs): Value {
  const scalar = (value: number): Value => k.constant(x.dtype, [], [value]);
  if (min === 0 && max === 0) return k.fill(x.shape, scalar(0));
  if (!(min <= 0 && max >= 0 && min < max)) throw attrs.malformed(`the range ${min} to ${max} does not span 0.`);
  const { low, high, scale, inverse, zero } = nudged(fround(min), fround(max), attrs);
  const above = k.sub(k.clip(x, low, high), scalar(low));
  const code = k.floor(k.add(k.sub(k.mul(above, scalar(inverse)), scalar(zero)), scalar(0.5)));
  return k.mul(code, scalar(scale));
}

/** TensorFlow's own fake quantization; its range comes from variables that training kept. */
const fakeQuantVars = op('FakeQuantWithMinMaxVars', {
  inputs: { inputs: 'tensor', min: 'number', max: 'number' },
  shape: sameAs('inputs'),
  forward: ({ inputs, min, max }, k, attrs) => fakeQuantized(inputs, min, max, k, attrs),
});

const fakeQuantArgs = op('FakeQuantWithMinMaxArgs', {
  inputs: { inputs: 'tensor' },
  shape: sameAs('inputs'),
  forward: ({ inputs }, k, attrs) => fakeQuantized(inputs, attrs.float('min', -6), attrs.float('max', 6), k, attrs),
});

export const fakeQuantizationOps = [fakeQuantVars, fakeQuantArgs];
