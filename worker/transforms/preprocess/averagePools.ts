import { GraffitistError } from '../../errors.ts';
import { elementCount } from '../../formats/dtype.ts';
import type { DType, Shape, Tensor } from '../../formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../formats/tensorValues.ts';
import type { Edge, GraphNode } from '../../graph/graph.ts';
import { lastSegment } from '../../graph/scopes.ts';
import { constant, dtypeOf, intList } from '../nodes.ts';
import type { Step, SubStep } from './step.ts';

/** PRE2: a mean over height and width is an average pool whose window is the whole image. */
export const reduceMeans: SubStep = (step) => {
  for (const mean of step.graph.nodes) {
    if (mean.op !== 'Mean') continue;
    const [source, axes] = mean.edges;
    if (source === undefined || axes === undefined) continue;
    const shape = step.shapeOf(source);
    if (!isHeightAndWidth(constantInts(step.find(axes.node)), shape)) {
      step.skip(
        'PRE2',
        mean,
        'it does not reduce exactly height and width, axes [1, 2]',
        'Reduce axes [1, 2] if a global average pool is meant; else it stays a Mean, whose output quantize rounds where a quantized layer reads it.',
      );
      continue;
    }
    const [, height = -1, width = -1, channels = -1] = shape ?? [];
    if (height <= 0 || width <= 0 || channels <= 0) {
      step.skip(
        'PRE2',
        mean,
        'the size of the image it averages is not known',
        'Fix the input shape, and leave out ops whose shape cannot be inferred.',
      );
      continue;
    }
    const name = `${mean.name}/AvgPool`;
    const pooled = addPool(step, {
      name,
      source,
      window: [height, width],
      channels,
      strides: [1, 1, 1, 1],
      padding: 'VALID',
      dtype: dtypeOf(mean),
    });
    step.removeUnread(axes.node, mean);
    const after = step.becomes(mean, pooled, keepsRank(mean) || isOnlyReshaped(step, mean) ? undefined : squeeze);
    step.change('PRE2', `Mean ${mean.name} became an average pool`, [mean.name], [`${name}/avgpool_reciprocal`, pooled.node, ...after]);
  }
};

/**
 * PRE3: an average pool is a depthwise convolution with 1/(kh·kw). TensorFlow divides by the number of real elements where a SAME
 * window hangs over the border, the convolution does not: the numbers change there.
 */
export const averagePools: SubStep = (step) => {
  for (const pool of step.graph.nodes) {
    if (pool.op !== 'AvgPool') continue;
    const [source] = pool.edges;
    if (source === undefined) continue;
    const [batch = 0, kh = 0, kw = 0, depth = 0] = ints(pool, 'ksize');
    const strides = ints(pool, 'strides');
    const shape = step.shapeOf(source);
    const channels = shape?.length === 4 ? (shape[3] ?? -1) : -1;
    if (text(pool, 'data_format', 'NHWC') !== 'NHWC' || batch !== 1 || depth !== 1) {
      step.skip('PRE3', pool, 'it does not average over height and width with channels last', 'Export the graph with channels last.');
      continue;
    }
    if (channels <= 0) {
      step.skip(
        'PRE3',
        pool,
        'the number of its channels is not known',
        'Fix the input shape, and leave out ops whose shape cannot be inferred.',
      );
      continue;
    }
    const padding = text(pool, 'padding', 'VALID');
    if (padding === 'SAME' && overhangs(shape, [kh, kw], strides)) {
      if (step.exactPooling) {
        step.skip(
          'PRE3',
          pool,
          'its windows hang over the border, where a convolution gives other numbers',
          'quantize rounds its output. preprocess_layers(avgpool=graffitist) writes it as the convolution all the same.',
        );
        continue;
      }
      step.warn(
        'PRE3',
        pool,
        'SAME windows hang over the border: there the convolution divides by the whole window, the pool by what lies inside. preprocess_layers(avgpool=exact) keeps the pool.',
      );
    }
    const pooled = addPool(step, { name: pool.name, source, window: [kh, kw], channels, strides, padding, dtype: dtypeOf(pool) });
    const after = step.becomes(pool, pooled);
    step.change(
      'PRE3',
      `Average pool ${pool.name} became a depthwise convolution`,
      [pool.name],
      [`${pool.name}/avgpool_reciprocal`, pooled.node, ...after],
    );
  }
};

interface Pool {
  readonly name: string;
  readonly source: Edge;
  readonly window: readonly [height: number, width: number];
  readonly channels: number;
  readonly strides: readonly number[];
  readonly padding: string;
  readonly dtype: DType;
}

/** Elements: 512 MiB of float32; a whole GraphDef ends at 2 GiB. */
const LARGEST_WINDOW = 2 ** 27;

/** @throws GraffitistError `shape-mismatch` for a window that no file could hold */
function addPool(step: Step, pool: Pool): Edge {
  const [height, width] = pool.window;
  const shape = [height, width, pool.channels, 1];
  if (elementCount(shape) > LARGEST_WINDOW) {
    throw new GraffitistError('shape-mismatch', `The window of the average pool '${pool.name}' would be ${height}×${width}.`, {
      about: pool.name,
      remedy: 'Check the input shape given for the graph.',
    });
  }
  const share = filled(pool.dtype, shape, 1 / (height * width));
  const reciprocal = step.add(constant(`${pool.name}/avgpool_reciprocal`, share));
  return step.add({
    name: `${pool.name}/${lastSegment(pool.name)}_from_avgpool`,
    op: 'DepthwiseConv2dNative',
    inputs: [pool.source, reciprocal],
    attrs: {
      T: { kind: 'type', value: pool.dtype },
      strides: intList(...pool.strides),
      padding: { kind: 'string', value: pool.padding },
      data_format: { kind: 'string', value: 'NHWC' },
      dilations: intList(1, 1, 1, 1),
    },
  });
}

/** The mean's own name stands for the squeezed result where it does not keep height and width. */
const squeeze = { op: 'Squeeze', attrs: { squeeze_dims: intList(1, 2) } } as const;

function keepsRank(mean: GraphNode): boolean {
  const value = mean.attr('keep_dims');
  return value?.kind === 'bool' && value.value;
}

/** A Reshape gives the same whether it reads [n, c] or [n, 1, 1, c]. */
function isOnlyReshaped(step: Step, mean: GraphNode): boolean {
  const uses = step.graph.uses(mean.name);
  return uses.length > 0 && !step.isOutput(mean) && uses.every((use) => use.consumer.op === 'Reshape' && use.slot === 0);
}

function isHeightAndWidth(axes: readonly number[] | undefined, shape: Shape): boolean {
  if (axes === undefined || (shape !== null && shape.length !== 4)) return false;
  const front = axes.map((axis) => (axis < 0 ? axis + 4 : axis)).toSorted();
  return front.length === 2 && front[0] === 1 && front[1] === 2;
}

/** Whether SAME windows reach beyond the image; true where its size is not known. */
function overhangs(shape: Shape, window: readonly number[], strides: readonly number[]): boolean {
  return window.some((size, i) => {
    const [length = -1, stride = 1] = [shape?.[i + 1], strides[i + 1]];
    return length < 0 || (Math.ceil(length / stride) - 1) * stride + size > length;
  });
}

function filled(dtype: DType, shape: readonly number[], value: number): Tensor {
  return makeTensor(dtype, shape, new Float64Array(elementCount(shape)).fill(value));
}

function constantInts(node: GraphNode | undefined): readonly number[] | undefined {
  const value = node?.op === 'Const' ? node.attr('value') : undefined;
  return value?.kind === 'tensor' ? [...tensorNumbers(value.value)] : undefined;
}

function ints(node: GraphNode, name: string): readonly number[] {
  const value = node.attr(name);
  return value?.kind === 'list' ? value.value.ints : [];
}

function text(node: GraphNode, name: string, fallback: string): string {
  const value = node.attr(name);
  return value?.kind === 'string' ? value.value : fallback;
}
