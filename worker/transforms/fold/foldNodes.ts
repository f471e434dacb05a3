import type { DType } from '../../formats/tensor.ts';
import { makeTensor } from '../../formats/tensorValues.ts';
import type { Edge, NodeSpec } from '../../graph/graph.ts';
import { inScope, parentScope, uniqueName } from '../../graph/scopes.ts';
import { constant, dtypeOf, typed } from '../nodes.ts';
import type { NormalizedLayer } from './batchNorms.ts';

/** What takes the place of a batch norm. */
export interface FoldNodes {
  /** Up to and with the folded weights, in the order in which they are written. */
  readonly weights: readonly NodeSpec[];
  /** Name of the folded weights. */
  readonly folded: string;
  /** The layer's output plus the folded bias. */
  readonly output: NodeSpec;
}

/**
 * The nodes of one fold, named and written as the original does. `kernel` is the static shape of depthwise weights; `taken` says which
 * names are in use.
 */
export function foldNodes(
  match: NormalizedLayer,
  { mean, variance }: { readonly mean: Edge; readonly variance: Edge },
  kernel: readonly number[] | null,
  taken: (name: string) => boolean,
): FoldNodes {
  const { layer, gamma, beta } = match;
  const dtype = dtypeOf(layer);
  const scope = parentScope(layer.name);
  const own = uniqueName(inScope(scope, 'BatchNorm_Fold'), (name) => taken(`${name}/eps`));
  const folded = uniqueName(inScope(scope, 'Mul_fold'), taken);
  const at = (name: string) => `${own}/${name}`;

  const k = gamma === undefined ? at('Rsqrt') : at('Mul');
  const scale = [
    constant(at('eps'), match.epsilon),
    typed(at('Add'), 'Add', dtype, variance, at('eps')),
    typed(at('Rsqrt'), 'Rsqrt', dtype, at('Add')),
    ...(gamma === undefined ? [] : [typed(at('Mul'), 'Mul', dtype, gamma, at('Rsqrt'))]),
  ];
  // FBN20: the layer's own bias moves the mean.
  const centre = match.bias === undefined ? [] : [typed(at('Sub'), 'Sub', dtype, mean, match.bias)];
  const bias = [
    ...centre,
    typed(at('Mul_1'), 'Mul', dtype, centre[0]?.name ?? mean, k),
    typed(at('biases'), 'Sub', dtype, beta, at('Mul_1')),
  ];
  const depthwise = layer.op === 'DepthwiseConv2dNative';
  const reshape = depthwise ? depthwiseReshape(own, k, kernel, dtype) : [];
  const weights = typed(folded, 'Mul', dtype, layer.edges[1] ?? '', depthwise ? at('Reshape') : k);

  const sum = typed(uniqueName(inScope(scope, 'Add_fold'), taken), 'BiasAdd', dtype, layer.name, at('biases'));
  const layout = layer.attr('data_format') ?? ({ kind: 'string', value: 'NHWC' } as const);
  return {
    weights: [...scale, ...bias, ...reshape, weights],
    folded,
    output: { ...sum, attrs: { ...sum.attrs, data_format: layout } },
  };
}

/** k as [input channels, multiplier], as it multiplies weights of [height, width, input channels, multiplier]. */
export function depthwiseReshape(own: string, k: string, kernel: readonly number[] | null, dtype: DType): readonly NodeSpec[] {
  const reshape = typed(`${own}/Reshape`, 'Reshape', dtype, k, `${own}/Reshape/shape`);
  return [
    constant(`${own}/Reshape/shape`, makeTensor('int32', [2], kernel?.slice(2) ?? [])),
    { ...reshape, attrs: { ...reshape.attrs, Tshape: { kind: 'type', value: 'int32' } } },
  ];
}
