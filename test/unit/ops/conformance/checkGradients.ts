import type { Backend } from '../../../../worker/execute/backend.ts';
import { type PlainValue, referenceBackend } from '../../../../worker/execute/backends/reference.ts';
import { computeNode } from '../../../../worker/execute/computeNode.ts';
import { nodeGradient } from '../../../../worker/execute/differentiate/nodeGradient.ts';
import type { Tensor } from '../../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../../worker/formats/tensorValues.ts';
import { GraphNode } from '../../../../worker/graph/graph.ts';
import type { Value } from '../../../../worker/ops/kernels.ts';
import { opFor } from '../../../../worker/ops/registry.ts';
import type { ConformanceCase } from './cases.ts';
import type { Verdict } from './check.ts';
import { count, random } from './data.ts';

/** Derivatives of Σ w · outputs, with fixed random weights w, by slot. */
type Derivatives = readonly (ArrayLike<number> | undefined)[];

const isFloat = ({ dtype }: { readonly dtype: string }): boolean => dtype === 'float32' || dtype === 'float64';

/** Whether a case can be differentiated: its op has a gradient, it puts out floats, and some float tensor goes in. */
export function isDifferentiated(one: ConformanceCase): boolean {
  const node = nodeOf(one);
  if (opFor(one.op)?.differentiable !== true || trainedSlots(one).length === 0) return false;
  return forward(one, node, referenceBackend(), inputsOf(one)).some(isFloat);
}

function nodeOf(one: ConformanceCase): GraphNode {
  return GraphNode.make({ name: 'case', op: one.op, inputs: one.inputs.map((_, i) => `input${i}`), attrs: one.attrs ?? {} });
}

/** Slots of float tensors, and the scale of a quantizer. */
function trainedSlots(one: ConformanceCase): readonly number[] {
  const kinds = opFor(one.op)?.kinds(one.inputs.length) ?? [];
  return one.inputs.flatMap((tensor, slot) => {
    const tensorSlot = kinds[slot] === 'tensor' || kinds[slot] === 'list';
    return (tensorSlot && isFloat(tensor)) || (one.op === 'LinearQuant' && slot === 1) ? [slot] : [];
  });
}

const inputsOf = (one: ConformanceCase): readonly ArrayLike<number>[] => one.inputs.map((tensor) => tensorNumbers(tensor));

/** What goes into a node, with the elements given. @returns values to be released, too */
function given(one: ConformanceCase, backend: Backend, elements: readonly ArrayLike<number>[]) {
  const kinds = opFor(one.op)?.kinds(one.inputs.length) ?? [];
  const isNumber = (slot: number): boolean => kinds[slot] === 'number' || kinds[slot] === 'numbers';
  const values = one.inputs.map((tensor, slot): Value | undefined => {
    if (isNumber(slot)) return undefined;
    if (backend.name !== 'reference' || !isFloat(tensor)) return backend.upload(tensor);
    return { dtype: tensor.dtype, shape: tensor.shape, data: Float64Array.from(elements[slot] ?? []) } as PlainValue;
  });
  const numbers = one.inputs.map((_, slot) => (isNumber(slot) ? Array.from(elements[slot] ?? []) : undefined));
  return { values, numbers };
}

function forward(one: ConformanceCase, node: GraphNode, backend: Backend, elements: readonly ArrayLike<number>[]): readonly Value[] {
  return computeNode(node, given(one, backend, elements), backend.kernels);
}

const weightsOf = (shape: readonly number[], port: number): Float32Array => {
  const next = random(9000 + port);
  return Float32Array.from({ length: count(shape) }, () => next() * 2 - 1);
};

/** Ports that the loss is taken of: the reserve outputs of a batch norm repeat others and are left out. */
const lossPorts = (one: ConformanceCase, outputs: readonly Value[]): readonly number[] =>
  outputs.flatMap((value, port) => (isFloat(value) && !(one.op.startsWith('FusedBatchNorm') && port > 2) ? [port] : []));

async function derivatives(one: ConformanceCase, backend: Backend): Promise<{ readonly found: Derivatives; readonly stray: number }> {
  const node = nodeOf(one);
  const before = backend.memory();
  const inputs = given(one, backend, inputsOf(one));
  const outputs = backend.scope(() => computeNode(node, inputs, backend.kernels));
  const ports = new Set(lossPorts(one, outputs));
  const dys = outputs.map((output, port) =>
    ports.has(port)
      ? backend.upload(makeTensor(isFloat(output) ? output.dtype : 'float32', output.shape, weightsOf(output.shape, port)))
      : undefined,
  );
  let slopes: readonly (Value | undefined)[] = [];
  backend.scope(() => {
    slopes = nodeGradient(node, { ...inputs, outputs, dys, wanted: new Set(trainedSlots(one)) }, backend.kernels);
    return slopes.filter((value) => value !== undefined);
  });
  const found: (ArrayLike<number> | undefined)[] = [];
  for (const [slot, slope] of slopes.entries()) {
    if (slope === undefined) continue;
    const wanted = one.op === 'LinearQuant' && slot === 1 ? [] : one.inputs[slot]?.shape;
    if (slope.shape.join() !== wanted?.join()) throw new Error(`slot ${slot}: a derivative of [${slope.shape}] for [${wanted}]`);
    found[slot] = backend.name === 'reference' ? (slope as PlainValue).data : tensorNumbers(await backend.read(slope));
  }
  for (const value of [...inputs.values, ...outputs, ...dys, ...slopes]) if (value !== undefined) backend.release(value);
  return { found, stray: backend.memory() - before };
}

/** Step of the central difference; its error is of the order of its square. */
const STEP = 1e-6;

/**
 * Holds the reference's derivatives against central differences of the reference, along random directions, slot by slot; a slot without
 * derivative must have none. `difference` is relative to what the derivatives' sizes allow.
 */
export async function checkFiniteDifferences(given: ConformanceCase): Promise<Verdict> {
  const one = withoutZeros(given);
  const reference = referenceBackend();
  const node = nodeOf(one);
  const { found } = await derivatives(one, reference);
  const start = inputsOf(one);
  const loss = (elements: readonly ArrayLike<number>[]): number => {
    const outputs = forward(one, node, reference, elements);
    return lossPorts(one, outputs).reduce((sum, port) => {
      const output = outputs[port] as PlainValue;
      return sum + weightsOf(output.shape, port).reduce((part, w, i) => part + w * (output.data[i] as number), 0);
    }, 0);
  };
  let worst: Verdict = { name: `${one.op}: ${one.name}`, ok: true, difference: 0, detail: '' };
  for (const slot of trainedSlots(one)) {
    const next = random(9100 + slot);
    const length = start[slot]?.length ?? 0;
    for (let trial = 0; trial < 3; trial++) {
      const direction = Float64Array.from({ length }, () => next() * 2 - 1);
      const at = (step: number): number =>
        loss(
          start.with(
            slot,
            Float64Array.from({ length }, (_, i) => (start[slot]?.[i] ?? 0) + step * (direction[i] as number)),
          ),
        );
      const measured = (at(STEP) - at(-STEP)) / (2 * STEP);
      const parts = Array.from(direction, (v, i) => v * (found[slot]?.[i] ?? 0));
      const claimed = parts.reduce((a, b) => a + b, 0);
      const size = Math.max(1, Math.hypot(...parts), Math.abs(measured));
      const difference = Math.abs(measured - claimed) / size;
      if (!(difference <= worst.difference))
        worst = { ...worst, difference, detail: `slot ${slot}: ${claimed} where ${measured} is measured` };
    }
  }
  return { ...worst, ok: worst.difference <= 1e-6 };
}

/** Activations have a kink at 0, where there is no derivative to measure. */
function withoutZeros(one: ConformanceCase): ConformanceCase {
  const moved = (tensor: Tensor): Tensor =>
    isFloat(tensor)
      ? makeTensor(
          tensor.dtype,
          tensor.shape,
          Array.from(tensorNumbers(tensor), (value) => (value === 0 ? 0.25 : value)),
        )
      : tensor;
  return { ...one, inputs: one.inputs.map(moved) };
}

/** Float32's rounding in sums over the pixels of the cases, relative to the largest derivative. */
const ROUNDING = 5e-6;

/** Holds a backend's derivatives against the reference's; what stays on the backend behind them is a fault. */
export async function checkGradient(one: ConformanceCase, backend: Backend): Promise<Verdict> {
  const name = `gradient of ${one.op}: ${one.name}`;
  try {
    const { found: wanted } = await derivatives(one, referenceBackend());
    const { found, stray } = await derivatives(one, backend);
    if (stray !== 0) return { name, ok: false, difference: stray, detail: `${stray} bytes left` };
    let worst: Verdict = { name, ok: true, difference: 0, detail: '' };
    for (const [slot, slope] of wanted.entries()) {
      if (slope === undefined) continue;
      const largest = Array.from(slope).reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
      for (let i = 0; i < slope.length; i++) {
        const [ours, theirs] = [found[slot]?.[i] ?? Number.NaN, slope[i] as number];
        const difference = Object.is(Math.fround(theirs), ours) || theirs === ours ? 0 : Math.abs(ours - theirs) / largest;
        if (difference <= worst.difference) continue;
        const detail = `slot ${slot}, element ${i} is ${ours} instead of ${theirs}`;
        worst = { ...worst, difference: Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference, detail };
      }
    }
    return { ...worst, ok: worst.difference <= ROUNDING };
  } catch (error) {
    return { name, ok: false, difference: Number.NaN, detail: error instanceof Error ? error.message : String(error) };
  }
}
