import type { Backend } from '../../../worker/execute/backend.ts';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import { type Graph, GraphEditor, type GraphNode } from '../../../worker/graph/graph.ts';
import { isVariable } from '../../../worker/graph/variables.ts';
import type { Value } from '../../../worker/ops/kernels.ts';
import { scalarValue } from '../../../worker/quantize/quantizerScalars.ts';
import type { VariableValues } from '../../../worker/train/types.ts';
import { type Floats, originalConvolution, originalDepthwise } from './originalLayers.ts';
import { processorRsqrt, processorSqrt } from './processorRoots.ts';

/**
 * A backend that computes what a batch norm takes of its batch as TensorFlow 1.14 does on the CPU: mean and variance are sums in float32,
 * one value after the other in the order of the tensor, times 1 / n; roots are the processor's. Everything else is the backend's own. Where
 * codes lie beside an edge, the recorded ones come out only so.
 */
export function originalArithmetic(backend: Backend): Backend {
  const { kernels: k } = backend;
  const elements = (value: Value): Float32Array => {
    let found = new Float32Array(0);
    // Calls back before it returns, on every backend that has its values in memory.
    void backend.withFloats(value, (floats) => {
      found = Float32Array.from(floats);
    });
    return found;
  };
  const perImage = new WeakMap<Value, Value>();
  const floats = (value: Value): Floats => ({ shape: value.shape, values: elements(value) });
  const made = ({ shape, values }: Floats): Value => backend.upload(makeTensor('float32', shape, values));
  return {
    ...backend,
    kernels: {
      ...k,
      sqrt: (x) => made({ shape: x.shape, values: processorSqrt(elements(x)) }),
      rsqrt: (x) => made({ shape: x.shape, values: processorRsqrt(elements(x)) }),
      conv2d: (x, filter, geometry) =>
        isCoarse(elements(filter)) ? k.conv2d(x, filter, geometry) : made(originalConvolution(floats(x), floats(filter), geometry)),
      depthwiseConv2d: (x, filter, geometry) =>
        isCoarse(elements(filter)) ? k.depthwiseConv2d(x, filter, geometry) : made(originalDepthwise(floats(x), floats(filter), geometry)),
      // The mean of a channel is asked for as that of each image, and then that of the images.
      reduce: (x, how, axes, keepDims) => {
        const whole = perImage.get(x);
        if (how === 'mean' && whole !== undefined) return made(columnMeans(floats(whole)));
        const result = k.reduce(x, how, axes, keepDims);
        if (how === 'mean' && x.shape.length === 4 && axes.join() === '1,2') perImage.set(result, x);
        return result;
      },
    },
  };
}

/** Whether weights are quantized: multiples of 2^-8 of the power of 2 above the largest, so that no order of their products' sum rounds. */
function isCoarse(weights: Float32Array): boolean {
  const largest = weights.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = 2 ** (8 - Math.ceil(Math.log2(largest)));
  return largest === 0 || weights.every((value) => Number.isInteger(value * scale));
}

/** Means of the last axis' channels, summed row by row in float32. */
function columnMeans({ shape, values }: Floats): Floats {
  const channels = shape.at(-1) ?? 1;
  const sums = new Float32Array(channels);
  for (let at = 0; at < values.length; at += channels) {
    for (let c = 0; c < channels; c++) sums[c] = (sums[c] as number) + (values[at + c] as number);
  }
  const share = Math.fround(1 / (values.length / channels));
  return { shape: [channels], values: sums.map((sum) => sum * share) };
}

/** A root of a moving variance, γ's factor in a folded batch norm: no backend computes it, for it follows from variables alone. */
interface MovingRoot {
  readonly name: string;
  readonly variance: string;
  readonly epsilon: number;
}

/** A graph in which the roots of moving variances are variables of their names, and what these are worth. */
export interface GivenRoots {
  readonly graph: Graph;
  /** The variables, and the roots as the original takes them. */
  with(variables: VariableValues): VariableValues;
}

export function withGivenRoots(graph: Graph): GivenRoots {
  const roots = graph.nodes.flatMap((node) => movingRoot(graph, node) ?? []);
  const editor = new GraphEditor(graph);
  for (const { name, variance } of roots) editor.replace(graph.node(variance).with({ name }));
  return {
    graph: editor.graph(),
    with: (variables) =>
      new Map([
        ...variables,
        ...roots.map(({ name, variance, epsilon }) => {
          const { shape, values } = variables.get(variance) ?? { shape: [], values: new Float32Array(0) };
          return [name, { shape, values: processorRsqrt(values.map((value) => value + epsilon)) }] as const;
        }),
      ]),
  };
}

function movingRoot(graph: Graph, { op, name, edges }: GraphNode): MovingRoot | undefined {
  const sum = op === 'Rsqrt' ? graph.find(edges[0]?.node ?? '') : undefined;
  const read = graph.find(sum?.edges[0]?.node ?? '');
  const variance = graph.find((read?.op === 'Identity' ? read.edges[0]?.node : undefined) ?? '');
  const epsilon = scalarValue(graph, sum?.edges[1]?.node ?? '');
  return variance !== undefined && isVariable(variance) && epsilon !== undefined ? { name, variance: variance.name, epsilon } : undefined;
}
