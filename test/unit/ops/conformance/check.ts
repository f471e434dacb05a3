import type { Backend } from '../../../../worker/execute/backend.ts';
import { type PlainValue, plainTensor, referenceBackend } from '../../../../worker/execute/backends/reference.ts';
import { computeNode } from '../../../../worker/execute/computeNode.ts';
import type { Tensor } from '../../../../worker/formats/tensor.ts';
import { tensorNumbers } from '../../../../worker/formats/tensorValues.ts';
import { GraphNode } from '../../../../worker/graph/graph.ts';
import type { Value } from '../../../../worker/ops/kernels.ts';
import { opFor } from '../../../../worker/ops/registry.ts';
import type { ConformanceCase } from './cases.ts';
import { floats } from './data.ts';
import type { TensorflowCase } from './tensorflowCases.ts';

/** What a backend made of a case. `difference` is relative to the largest magnitude in the reference's output. */
export interface Verdict {
  readonly name: string;
  readonly ok: boolean;
  readonly difference: number;
  readonly detail: string;
}

/** Runs a case on a backend and holds every output against the reference. */
export async function checkCase(one: ConformanceCase, backend: Backend, reference: Backend): Promise<Verdict> {
  const name = `${one.op}: ${one.name}`;
  try {
    const [ours, wanted] = [await run(one, backend), await run(one, reference)];
    let difference = 0;
    let detail = '';
    for (const [port, tensor] of wanted.entries()) {
      const found = compare(ours[port], tensor, one.tolerance === 0);
      if (found.difference <= difference) continue;
      difference = found.difference;
      detail = `port ${port}, ${found.detail}`;
    }
    return { name, ok: difference <= one.tolerance, difference, detail };
  } catch (error) {
    return { name, ok: false, difference: Number.NaN, detail: error instanceof Error ? error.message : String(error) };
  }
}

async function run(one: ConformanceCase, backend: Backend): Promise<readonly Tensor[]> {
  const values: Value[] = [];
  const outputs = compute(one, backend, values);
  const results: Tensor[] = [];
  for (const output of outputs) results.push(await backend.read(output));
  for (const value of [...values, ...outputs]) backend.release(value);
  return results;
}

/** Computes the case's node; what was uploaded for it is put into `uploaded`. */
function compute(one: ConformanceCase, backend: Backend, uploaded: Value[] = []): readonly Value[] {
  const node = GraphNode.make({ name: 'case', op: one.op, inputs: one.inputs.map((_, i) => `input${i}`), attrs: one.attrs ?? {} });
  const kinds = opFor(one.op)?.kinds(one.inputs.length) ?? [];
  const isNumber = (slot: number): boolean => kinds[slot] === 'number' || kinds[slot] === 'numbers';
  const values = one.inputs.map((tensor, slot) => (isNumber(slot) ? undefined : backend.upload(tensor)));
  const numbers = one.inputs.map((tensor, slot) => (isNumber(slot) ? Array.from(tensorNumbers(tensor)) : undefined));
  uploaded.push(...values.filter((value) => value !== undefined));
  return backend.scope(() => computeNode(node, { values, numbers }, backend.kernels));
}

/** TensorFlow computes in float32, the reference in float64: what its own rounding may make of a value of size 1. */
const FLOAT32 = 1e-6;

/**
 * Holds the reference against TensorFlow's own outputs, element by element; `difference` is relative to the element, and to 1 for smaller
 * ones; it is 0 where all are within float32's rounding.
 */
export function checkAgainstTensorflow(one: TensorflowCase): { readonly difference: number; readonly detail: string } {
  const ours = compute(one, referenceBackend()).map((value) => plainTensor(value as PlainValue));
  if (ours.length !== one.outputs.length) return { difference: Number.NaN, detail: `${ours.length} outputs` };
  for (const [port, wanted] of one.outputs.entries()) {
    const found = ours[port];
    if (found?.dtype !== wanted.dtype || found.shape.join() !== wanted.shape.join()) {
      return { difference: Number.NaN, detail: `port ${port} is ${found?.dtype} [${found?.shape}], not ${wanted.dtype} [${wanted.shape}]` };
    }
    const [a, b] = [tensorNumbers(found), tensorNumbers(wanted)];
    for (let i = 0; i < b.length; i++) {
      const [x, y] = [a[i] as number, b[i] as number];
      const difference = x === y ? 0 : Math.abs(x - y) / Math.max(1, Math.abs(y));
      if (!(difference <= FLOAT32)) return { difference, detail: `port ${port}, element ${i} is ${x} and not ${y}` };
    }
  }
  return { difference: 0, detail: '' };
}

function compare(ours: Tensor | undefined, wanted: Tensor, exact: boolean): { readonly difference: number; readonly detail: string } {
  if (ours === undefined || ours.dtype !== wanted.dtype || ours.shape.join() !== wanted.shape.join()) {
    const text = (tensor: Tensor | undefined): string =>
      tensor === undefined ? 'nothing' : `${tensor.dtype} [${tensor.shape.join(', ')}]`;
    return { difference: Number.POSITIVE_INFINITY, detail: `${text(ours)} instead of ${text(wanted)}` };
  }
  // The reference's float64 becomes float32 as it is read, so equal means equal bits; +0 and −0 differ.
  const [a, b] = [Float32Array.from(tensorNumbers(ours)), Float32Array.from(tensorNumbers(wanted))];
  const largest = b.reduce((max, value) => (Number.isFinite(value) ? Math.max(max, Math.abs(value)) : max), 0) || 1;
  let worst = { difference: 0, detail: '' };
  for (let i = 0; i < b.length; i++) {
    const [found, value] = [a[i] ?? Number.NaN, b[i] as number];
    if (exact ? Object.is(found, value) : found === value) continue;
    const distance = Math.abs(found - value) / largest;
    const difference = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(distance, Number.MIN_VALUE);
    if (difference > worst.difference) worst = { difference, detail: `element ${i} is ${found} instead of ${value}` };
  }
  return worst;
}

const list = (values: readonly number[]) =>
  ({ kind: 'list', value: { strings: [], ints: values, floats: [], bools: [], types: [], shapes: [] } }) as const;

/** Layers whose program a backend might choose by how many images there are. */
const LAYERS: readonly {
  readonly name: string;
  readonly op: string;
  readonly image: readonly number[];
  readonly filter: readonly number[];
}[] = [
  { name: '3×3', op: 'Conv2D', image: [12, 12, 24], filter: [3, 3, 24, 16] },
  { name: '1×1', op: 'Conv2D', image: [4, 4, 96], filter: [1, 1, 96, 40] },
  { name: '1×1 on one pixel', op: 'Conv2D', image: [1, 1, 2048], filter: [1, 1, 2048, 10] },
  { name: '3×3 on few pixels', op: 'Conv2D', image: [3, 3, 256], filter: [3, 3, 256, 8] },
  { name: 'depthwise', op: 'DepthwiseConv2dNative', image: [9, 9, 12], filter: [3, 3, 12, 1] },
  { name: 'matrix', op: 'MatMul', image: [2100], filter: [2100, 10] },
  { name: 'small matrix', op: 'MatMul', image: [70], filter: [70, 33] },
];

/** The result of an image must not depend on the batch it runs in: each of nine images alone against all nine together, in floats. */
export async function checkBatches(backend: Backend): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const [i, layer] of LAYERS.entries()) {
    const images = 9;
    const batch = floats([images, ...layer.image], 600 + i);
    const filter = floats(layer.filter, 700 + i);
    const attrs = layer.op === 'MatMul' ? {} : { strides: list([1, 1, 1, 1]), padding: { kind: 'string', value: 'SAME' } as const };
    const base = { name: layer.name, op: layer.op, attrs, tolerance: 0 };
    const [together] = await run({ ...base, inputs: [batch, filter] }, backend);
    if (together === undefined) throw new Error('nothing computed');
    const all = Array.from(tensorNumbers(together));
    const [size, part] = [batch.bytes.length / images, all.length / images];
    let differing = 0;
    for (let image = 0; image < images; image++) {
      const alone = { dtype: 'float32', shape: [1, ...layer.image], bytes: batch.bytes.slice(image * size, (image + 1) * size) } as const;
      const [single] = await run({ ...base, inputs: [alone, filter] }, backend);
      if (single === undefined) throw new Error('nothing computed');
      Array.from(tensorNumbers(single)).forEach((value, k) => {
        if (value !== all[image * part + k]) differing++;
      });
    }
    const name = `${layer.op} ${layer.name}: the same alone as among nine`;
    verdicts.push({ name, ok: differing === 0, difference: differing, detail: `${differing} of ${all.length} values differ` });
  }
  return verdicts;
}
