import type { DType } from '../../formats/tensor.ts';
import { makeTensor } from '../../formats/tensorValues.ts';
import type { Edge, NodeSpec } from '../../graph/graph.ts';
import { inScope, parentScope, uniqueName } from '../../graph/scopes.ts';
import { constant, dtypeOf, typed } from '../nodes.ts';
import type { NormalizedLayer } from './batchNorms.ts';
import { depthwiseReshape } from './foldNodes.ts';

/** What stands beside a batch norm that goes on taking statistics. */
export interface TrainingNodes {
  /** In the order in which they are written; the clone of the layer is not among them. */
  readonly statistics: readonly NodeSpec[];
  /** Name of the folded weights. */
  readonly folded: string;
  /** Name of the layer's clone, which reads those. */
  readonly clone: string;
  /** The clone's output brought to the statistics in use. */
  readonly correction: NodeSpec;
  /** That plus the folded bias. */
  readonly output: NodeSpec;
}

/** The switch between batch and moving statistics, one per graph: bool, by default true. */
export const FREEZE_BN = 'freeze_bn';

/** The three nodes of the switch; the last of them is the flag f as a number. */
export function freezeNodes(flag: string): readonly NodeSpec[] {
  const bool = { kind: 'type', value: 'bool' } as const;
  return [
    constant(`${flag}_default`, makeTensor('bool', [], [1])),
    { name: flag, op: 'PlaceholderWithDefault', inputs: [`${flag}_default`], attrs: { dtype: bool, shape: { kind: 'shape', value: [] } } },
    cast(`${flag}_cast`, flag, 'bool', 'float32'),
  ];
}

/**
 * The nodes of one fold for training, named and written as the original does. With moving mean m and variance v, batch mean m_b and
 * variance v_b of n values per channel, k = γ / √(v + ε), k_b = γ / √(v_b·(n − 1)/n + ε), and the flag f:
 * correction = L(x, W·k) · (f + (1 − f)·√((v + ε) / (v_b·(n − 1)/n + ε))), bias = β − (f·m·k + (1 − f)·m_b·k_b) (facts 3.2).
 *
 * @param flag name of the flag's placeholder
 * @param kernel static shape of depthwise weights
 * @param taken says which names are in use, whatever their case
 */
export function trainingNodes(
  match: NormalizedLayer & { readonly gamma: Edge },
  { mean, variance }: { readonly mean: Edge; readonly variance: Edge },
  flag: string,
  kernel: readonly number[] | null,
  taken: (name: string) => boolean,
): TrainingNodes {
  const { layer, bn, gamma, beta } = match;
  const dtype = dtypeOf(layer);
  const scope = parentScope(layer.name);
  const own = uniqueName(inScope(scope, 'BatchNorm_Fold'), (name) => taken(`${name}/eps`));
  const folded = uniqueName(inScope(scope, 'Mul_fold'), taken);
  const clone = uniqueName(`${layer.name}_Fold`, taken);
  const correction = uniqueName(inScope(scope, 'correction'), taken);
  const at = (name: string) => `${own}/${name}`;
  const math = (name: string, op: string, ...inputs: (Edge | string)[]) => typed(at(name), op, dtype, ...inputs);
  const freeze = `${flag}_cast`;
  const batch = { mean: { node: bn.name, port: 1 }, variance: undoneBessel(match, taken) };

  const scale = [
    constant(at('eps'), match.epsilon),
    math('Add', 'Add', variance, at('eps')),
    math('Rsqrt', 'Rsqrt', at('Add')),
    math('Mul', 'Mul', gamma, at('Rsqrt')),
    math('Mul_1', 'Mul', mean, at('Mul')),
    math('Add_1', 'Add', batch.variance.result, at('eps')),
    math('Rsqrt_1', 'Rsqrt', at('Add_1')),
    math('Mul_2', 'Mul', gamma, at('Rsqrt_1')),
    math('Mul_3', 'Mul', batch.mean, at('Mul_2')),
  ];
  const factor = [
    constant(at('sub/x'), makeTensor(dtype, [], [1])),
    math('sub', 'Sub', at('sub/x'), freeze),
    math('truediv', 'RealDiv', at('Add'), at('Add_1')),
    math('Sqrt', 'Sqrt', at('truediv')),
    math('mul_4', 'Mul', at('sub'), at('Sqrt')),
    math('corr_recip', 'Add', freeze, at('mul_4')),
  ];
  const offset = [
    math('mul_5', 'Mul', freeze, at('Mul_1')),
    constant(at('sub_1/x'), makeTensor(dtype, [], [1])),
    math('sub_1', 'Sub', at('sub_1/x'), freeze),
    math('mul_6', 'Mul', at('sub_1'), at('Mul_3')),
    math('corr_offset', 'Add', at('mul_5'), at('mul_6')),
    math('biases', 'Sub', beta, at('corr_offset')),
  ];
  const depthwise = layer.op === 'DepthwiseConv2dNative';
  const reshape = depthwise ? depthwiseReshape(own, at('Mul'), kernel, dtype) : [];
  const weights = typed(folded, 'Mul', dtype, layer.edges[1] ?? '', depthwise ? at('Reshape') : at('Mul'));
  const sum = typed(uniqueName(inScope(scope, 'Add_fold'), taken), 'BiasAdd', dtype, correction, at('biases'));
  const layout = layer.attr('data_format') ?? ({ kind: 'string', value: 'NHWC' } as const);
  return {
    statistics: [...batch.variance.nodes, ...scale, ...factor, ...offset, ...reshape, weights],
    folded,
    clone,
    correction: typed(correction, 'Mul', dtype, clone, at('corr_recip')),
    output: { ...sum, attrs: { ...sum.attrs, data_format: layout } },
  };
}

/** The batch variance as the normalization used it: v_b·(n − 1)/n, where the op hands out that of a sample of n (TensorFlow's Bessel). */
function undoneBessel({ layer, bn }: NormalizedLayer, taken: (name: string) => boolean): { nodes: readonly NodeSpec[]; result: string } {
  const dtype = dtypeOf(layer);
  const scope = parentScope(bn.name);
  const used = new Set<string>();
  const fresh = (name: string): string => {
    const found = uniqueName(inScope(scope, name), (candidate) => used.has(candidate.toLowerCase()) || taken(candidate));
    used.add(found.toLowerCase());
    return found;
  };
  const [size, channels, ratio] = [fresh('Size'), fresh('Size'), fresh('truediv')];
  const [n, less, share, result] = [fresh('Cast'), fresh('sub'), fresh('truediv'), fresh('Undo_Bessel_Correction')];
  const nodes = [
    typed(size, 'Size', dtype, { node: layer.name, port: 0 }),
    typed(channels, 'Size', dtype, { node: bn.name, port: 1 }),
    cast(`${ratio}/Cast`, size, 'int32', 'float64'),
    cast(`${ratio}/Cast_1`, channels, 'int32', 'float64'),
    typed(ratio, 'RealDiv', 'float64', `${ratio}/Cast`, `${ratio}/Cast_1`),
    cast(n, ratio, 'float64', dtype),
    constant(`${less}/y`, makeTensor(dtype, [], [1])),
    typed(less, 'Sub', dtype, n, `${less}/y`),
    typed(share, 'RealDiv', dtype, less, n),
    typed(result, 'Mul', dtype, { node: bn.name, port: 2 }, share),
  ];
  return { nodes, result };
}

function cast(name: string, source: string, from: DType, to: DType): NodeSpec {
  return { name, op: 'Cast', inputs: [source], attrs: { SrcT: { kind: 'type', value: from }, DstT: { kind: 'type', value: to } } };
}
