import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { Comparison, Kernels, Value } from '../../ops/kernels.ts';
import { repeats } from './plainIndex.ts';
import type { TfValue } from './tfjs.ts';

type Overridden = 'minimum' | 'maximum' | 'compare' | 'select';

/**
 * Kernels of two operands of which one is a scalar or repeats per channel, as loops on the library's heap: its own walk over broadcast
 * operands takes ten times as long per element, and its choice between two tensors first writes a scalar out as a tensor. Everything
 * else stays the library's.
 *
 * @param memory the library's memory, as it is now
 */
export function wasmBroadcast(
  backend: BackendWasm,
  library: Pick<Kernels, Overridden>,
  memory: () => ArrayBufferLike,
): Pick<Kernels, Overridden> {
  const sizeOf = (x: Value): number => (x as TfValue).tensor.size;
  const at = (x: Value): number => backend.getMemoryOffset((x as TfValue).tensor.dataId);
  const floats = (x: Value): Float32Array => new Float32Array(memory(), at(x), sizeOf(x));
  const bytes = (x: Value): Uint8Array => new Uint8Array(memory(), at(x), sizeOf(x));
  const made = (shape: readonly number[], dtype: 'float32' | 'bool'): TfValue => {
    const tensor = tf.engine().makeTensorFromTensorInfo(backend.makeOutput([...shape], dtype));
    return { dtype, shape, tensor };
  };
  const suits = (x: Value, y: Value): boolean =>
    x.dtype === 'float32' &&
    y.dtype === 'float32' &&
    sizeOf(x) > sizeOf(y) &&
    sizeOf(y) > 0 &&
    y.shape.length <= x.shape.length &&
    repeats(y.shape, x.shape);

  /** One of the library's kernels, with a loop of ours where y repeats in x. */
  const pair =
    (own: (x: Float32Array, y: Float32Array, z: Float32Array) => void, other: (x: Value, y: Value) => Value) =>
    (x: Value, y: Value): Value => {
      const [whole, part] = sizeOf(x) >= sizeOf(y) ? [x, y] : [y, x];
      if (!suits(whole, part)) return other(x, y);
      const out = made(whole.shape, 'float32');
      own(floats(whole), floats(part), floats(out));
      return out;
    };
  return {
    minimum: pair(lesser, library.minimum),
    maximum: pair(greater, library.maximum),
    compare: (x, y, how) => {
      const turned = sizeOf(x) < sizeOf(y);
      const [whole, part] = turned ? [y, x] : [x, y];
      if (how === 'equal' || how === 'notEqual' || !suits(whole, part)) return library.compare(x, y, how);
      const out = made(whole.shape, 'bool');
      ORDERS[turned ? TURNED[how] : how](floats(whole), floats(part), bytes(out));
      return out;
    },
    select: (condition, a, b) => {
      if (![a, b].every((x) => isPick(x, condition))) return library.select(condition, a, b);
      const out = made(condition.shape, 'float32');
      choose(bytes(condition), floats(a), floats(b), floats(out));
      return out;
    },
  };
}

/** A scalar, or as large as the condition that chooses of it. */
function isPick({ dtype, shape }: Value, condition: Value): boolean {
  return dtype === 'float32' && (shape.length === 0 || shape.join() === condition.shape.join());
}

function lesser(x: Float32Array, y: Float32Array, z: Float32Array): void {
  const channels = y.length;
  for (let at = 0; at < x.length; at += channels)
    for (let c = 0; c < channels; c++) z[at + c] = Math.min(x[at + c] as number, y[c] as number);
}

function greater(x: Float32Array, y: Float32Array, z: Float32Array): void {
  const channels = y.length;
  for (let at = 0; at < x.length; at += channels)
    for (let c = 0; c < channels; c++) z[at + c] = Math.max(x[at + c] as number, y[c] as number);
}

function choose(condition: Uint8Array, a: Float32Array, b: Float32Array, out: Float32Array): void {
  const [stepA, stepB] = [a.length === 1 ? 0 : 1, b.length === 1 ? 0 : 1];
  for (let i = 0; i < out.length; i++) out[i] = (condition[i] === 0 ? b[i * stepB] : a[i * stepA]) as number;
}

type Order = Exclude<Comparison, 'equal' | 'notEqual'>;
/** The same question with its operands exchanged. */
const TURNED: Readonly<Record<Order, Order>> = {
  less: 'greater',
  lessEqual: 'greaterEqual',
  greater: 'less',
  greaterEqual: 'lessEqual',
};

/** Written out one by one: a loop that is handed its comparison calls it for every element. */
const ORDERS: Readonly<Record<Order, (x: Float32Array, y: Float32Array, z: Uint8Array) => void>> = {
  less: (x, y, z) => {
    for (let at = 0; at < x.length; at += y.length)
      for (let c = 0; c < y.length; c++) z[at + c] = (x[at + c] as number) < (y[c] as number) ? 1 : 0;
  },
  lessEqual: (x, y, z) => {
    for (let at = 0; at < x.length; at += y.length)
      for (let c = 0; c < y.length; c++) z[at + c] = (x[at + c] as number) <= (y[c] as number) ? 1 : 0;
  },
  greater: (x, y, z) => {
    for (let at = 0; at < x.length; at += y.length)
      for (let c = 0; c < y.length; c++) z[at + c] = (x[at + c] as number) > (y[c] as number) ? 1 : 0;
  },
  greaterEqual: (x, y, z) => {
    for (let at = 0; at < x.length; at += y.length)
      for (let c = 0; c < y.length; c++) z[at + c] = (x[at + c] as number) >= (y[c] as number) ? 1 : 0;
  },
};
