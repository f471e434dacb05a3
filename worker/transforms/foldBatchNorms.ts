import type { Shape } from '../formats/tensor.ts';
import { makeTensor } from '../formats/tensorValues.ts';
import type { Edge, Graph, GraphNode, NodeSpec } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import { ancestors } from '../graph/reach.ts';
import { inScope, parentScope, uniqueName } from '../graph/scopes.ts';
import {
  dtypeOf,
  isLoneBatchNorm,
  type MovingStatistics,
  movingAverageScopes,
  movingStatistics,
  type NormalizedLayer,
  normalizedLayerAt,
} from './batchNorms.ts';
import { removeIdentities } from './identities.ts';
import { Rewrite } from './rewrite.ts';
import type { Change, Skip, Transform } from './transform.ts';

/**
 * With k = γ / √(variance + ε): BN(L(x, W)) = L(x, W·k) + (β − mean·k). The fold is written as nodes, so that it works on variables
 * as on constants and leaves W, γ and β as they are.
 */
export const foldBatchNorms: Transform = {
  name: 'fold_batch_norms',
  summary: 'Move batch normalization into the weights and a bias of the layer before it.',
  options: {},
  after: ['fix_input_shape'],
  notAfter: ['remove_training_nodes', 'quantize'],
  apply(model) {
    const clean = removeIdentities(model.graph, model.outputs, 'FBN1');
    const fold = new Fold(clean.graph, model);
    const folded = new Set<string>();
    for (const root of clean.graph.nodes) {
      const match = normalizedLayerAt(clean.graph, root);
      if (match !== undefined && !folded.has(match.layer.name)) {
        if (fold.layer(match)) folded.add(match.layer.name);
      } else if (match === undefined && isLoneBatchNorm(clean.graph, root)) {
        fold.alone(root);
      }
    }
    return { model: { ...model, graph: fold.graph() }, changes: [...clean.changes, ...fold.changes], skipped: fold.skipped, warnings: [] };
  },
};

/** One run of the transform over a graph. */
class Fold {
  readonly changes: Change[] = [];
  readonly skipped: Skip[] = [];
  readonly #base: Graph;
  readonly #rewrite: Rewrite;
  readonly #shapes: Model['shapes'];
  readonly #outputs: ReadonlySet<string>;
  readonly #live: ReadonlySet<string>;
  readonly #movingAverages: ReadonlyMap<string, readonly GraphNode[]>;

  constructor(graph: Graph, model: Model) {
    this.#base = graph;
    this.#rewrite = new Rewrite(graph);
    this.#shapes = model.shapes;
    this.#outputs = new Set(model.outputs);
    this.#live = ancestors(graph, model.outputs);
    this.#movingAverages = movingAverageScopes(graph);
  }

  graph(): Graph {
    return this.#rewrite.finish();
  }

  /** FBN10: a batch norm that no compute layer leads into. */
  alone(bn: GraphNode): void {
    if (!this.#live.has(bn.name)) return;
    this.skip(
      'FBN10',
      bn,
      'no convolution or matrix product stands directly before it: it stays in float',
      'move it directly behind a layer without bias',
    );
  }

  skip(rule: string, node: GraphNode, reason: string, remedy: string): void {
    this.skipped.push({ rule, node: node.name, reason, remedy });
  }

  /** Folds one batch norm into its layer, or says why not. */
  layer(match: NormalizedLayer): boolean {
    const { bn, layer } = match;
    const moving = match.training ? movingStatistics(this.#base, bn, this.#movingAverages) : undefined;
    if (match.training && moving === undefined) {
      this.skip(
        'FBN8',
        bn,
        'it normalizes with the statistics of the batch at hand, and no moving averages lead to fixed ones',
        'open the graph as exported for evaluation',
      );
      return false;
    }
    const reader = this.#otherReader(match);
    if (reader !== undefined) {
      this.skip(
        'FBN9',
        bn,
        `the output of ${layer.name} before it is also ${reader}, which the fold would change`,
        'give the two readers layers of their own',
      );
      return false;
    }
    const misfit = this.#misfit(match);
    if (misfit !== undefined) {
      this.skip('FBN11', bn, misfit, 'export the graph with channels last and weights not transposed');
      return false;
    }
    this.#fold(match, moving);
    return true;
  }

  #fold(match: NormalizedLayer, moving: MovingStatistics | undefined): void {
    const { bn, layer, reshape } = match;
    const nodes = foldNodes(match, moving ?? match, this.#kernel(match), (name) => this.#rewrite.find(name) !== undefined);
    for (const spec of nodes.weights) this.#rewrite.add(spec);
    this.#rewrite.moveToEnd(layer.with({ inputs: [layer.edges[0] ?? '', nodes.folded] }));
    const sum: Edge = { node: this.#rewrite.add(nodes.output), port: 0 };

    for (const name of this.#unread(match)) this.#rewrite.remove(name);
    this.#rewrite.redirect({ node: bn.name, port: 1 }, (moving ?? match).mean);
    this.#rewrite.redirect({ node: bn.name, port: 2 }, (moving ?? match).variance);
    for (const update of this.#removable(moving?.updates ?? [])) this.#rewrite.remove(update.name);

    const result = reshape === undefined ? sum : this.#unreshaped(match, reshape, sum);
    this.#rewrite.redirect({ node: bn.name, port: 0 }, result);
    if (this.#outputs.has(bn.name)) this.#keepName(bn, result);
    this.changes.push({
      rule:
        reshape !== undefined
          ? 'FBN4'
          : match.nodes.length > 1
            ? 'FBN5'
            : moving !== undefined
              ? 'FBN6'
              : layer.op === 'DepthwiseConv2dNative'
                ? 'FBN3'
                : 'FBN2',
      summary: `Batch norm ${bn.name} folded into ${layer.name}`,
      before: [layer.name, ...(reshape === undefined ? [] : [reshape.name]), ...match.nodes.map((node) => node.name)],
      after: [...nodes.weights.map((node) => node.name), layer.name, sum.node],
    });
  }

  /**
   * FBN4: the Reshape before the batch norm moves behind the sum; a Reshape after it that leads back to the layer's own shape goes.
   * Answers what the batch norm's readers read.
   */
  #unreshaped({ bn, layer }: NormalizedLayer, reshape: GraphNode, sum: Edge): Edge {
    const back = this.#base.uses(bn.name).filter((use) => use.port === 0 && this.#leadsBack(use.consumer, use.slot, layer));
    for (const { consumer } of back) {
      this.#rewrite.redirect({ node: consumer.name, port: 0 }, sum);
      if (this.#outputs.has(consumer.name)) this.#keepName(consumer, sum);
      else this.#rewrite.remove(consumer.name);
    }
    const readers = this.#base.uses(bn.name).filter((use) => use.port === 0).length + this.#base.controlUses(reshape.name).length;
    const elsewhere = this.#base.uses(reshape.name).some((use) => use.consumer !== bn);
    if (readers > back.length || elsewhere || this.#outputs.has(bn.name)) {
      this.#rewrite.replace(reshape.with({ inputs: [sum, ...reshape.edges.slice(1)] }));
      return { node: reshape.name, port: 0 };
    }
    this.#rewrite.remove(reshape.name);
    return sum;
  }

  #leadsBack(reshape: GraphNode, slot: number, layer: GraphNode): boolean {
    if (reshape.op !== 'Reshape' || slot !== 0) return false;
    const [to, own] = [this.#shape(reshape), this.#shape(layer)];
    return to === null || own === null || (to.length === own.length && to.every((size, axis) => size === own[axis]));
  }

  /** FBN7: an output keeps its name, whatever becomes of the node that had it. */
  #keepName(node: GraphNode, source: Edge): void {
    this.#rewrite.remove(node.name);
    this.#rewrite.add({ name: node.name, op: 'Identity', inputs: [source], attrs: { T: { kind: 'type', value: dtypeOf(node) } } });
    this.changes.push({ rule: 'FBN7', summary: `Output ${node.name} keeps its name`, before: [node.name], after: [node.name] });
  }

  /** What else depends on the layer's plain output, in words; readers that no output depends on do not count. */
  #otherReader({ bn, layer, reshape, nodes }: NormalizedLayer): string | undefined {
    const own = new Set([...nodes, ...(reshape === undefined ? [] : [reshape])]);
    for (const node of reshape === undefined ? [layer] : [layer, reshape]) {
      if (this.#outputs.has(node.name)) return 'an output of the graph';
      const other = this.#base.uses(node.name).find((use) => !own.has(use.consumer) && this.#live.has(use.consumer.name));
      if (other !== undefined) return `read by ${other.consumer.name}`;
    }
    const inner = nodes.find((node) => node !== bn && this.#outputs.has(node.name));
    return inner === undefined ? undefined : `part of ${inner.name}, an output of the graph`;
  }

  #misfit({ bn, layer, reshape }: NormalizedLayer): string | undefined {
    for (const name of ['transpose_b', 'adj_y']) {
      const value = layer.attr(name);
      if (value?.kind === 'bool' && value.value) return 'the weights of the layer before it are transposed';
    }
    if (layer.edges.length !== 2) return `the layer before it has ${layer.edges.length} inputs`;
    const channels = reshape === undefined ? undefined : [this.#shape(layer)?.at(-1), this.#shape(reshape)?.at(-1)];
    if (channels !== undefined && channels[0] !== channels[1]) return 'the Reshape between layer and batch norm moves the channels';
    if (layer.op === 'DepthwiseConv2dNative' && this.#kernel({ layer }) === null) return 'the shape of the depthwise weights is not known';
    if (bn.attrs.has('U') && JSON.stringify(bn.attr('U')) !== JSON.stringify(bn.attr('T')))
      return 'its statistics are of another type than its input';
    return undefined;
  }

  /** Static shape of the layer's weights, all dimensions known; else null. */
  #kernel({ layer }: Pick<NormalizedLayer, 'layer'>): readonly number[] | null {
    const weights = layer.edges[1];
    const shape = weights === undefined ? null : (this.#shapes.get(weights.node)?.[weights.port] ?? null);
    return shape?.every((size) => size >= 0) ? shape : null;
  }

  #shape(node: GraphNode): Shape {
    return this.#shapes.get(node.name)?.[0] ?? null;
  }

  /** Those nodes of a batch norm that nobody reads once its end is gone: readers stand before what they read. */
  #unread({ bn, nodes }: NormalizedLayer): ReadonlySet<string> {
    const gone = new Set([bn.name]);
    for (const node of nodes) {
      const read = this.#base.uses(node.name).some((use) => !gone.has(use.consumer.name));
      if (!read && !this.#outputs.has(node.name)) gone.add(node.name);
    }
    return gone;
  }

  /** Updates of moving statistics go, unless something else reads them. */
  #removable(updates: readonly GraphNode[]): readonly GraphNode[] {
    const own = new Set(updates);
    const read = updates.some((node) => this.#outputs.has(node.name) || this.#base.uses(node.name).some((use) => !own.has(use.consumer)));
    return read ? [] : updates;
  }
}

/** The nodes of one fold, named and written as the original does. */
function foldNodes(
  match: NormalizedLayer,
  { mean, variance }: { readonly mean: Edge; readonly variance: Edge },
  kernel: readonly number[] | null,
  taken: (name: string) => boolean,
): { readonly weights: readonly NodeSpec[]; readonly folded: string; readonly output: NodeSpec } {
  const { layer, gamma, beta, epsilon } = match;
  const scope = parentScope(layer.name);
  const own = uniqueName(inScope(scope, 'BatchNorm_Fold'), (name) => taken(`${name}/eps`));
  const folded = uniqueName(inScope(scope, 'Mul_fold'), taken);
  const dtype = dtypeOf(layer);
  const T = { T: { kind: 'type', value: dtype } } as const;
  const constant = (name: string, value: typeof epsilon): NodeSpec => ({
    name,
    op: 'Const',
    attrs: { dtype: { kind: 'type', value: value.dtype }, value: { kind: 'tensor', value } },
  });
  const math = (name: string, op: string, ...inputs: (Edge | string)[]): NodeSpec => ({ name, op, inputs, attrs: T });

  const k = gamma === undefined ? `${own}/Rsqrt` : `${own}/Mul`;
  const weights = [
    constant(`${own}/eps`, epsilon),
    math(`${own}/Add`, 'Add', variance, `${own}/eps`),
    math(`${own}/Rsqrt`, 'Rsqrt', `${own}/Add`),
    ...(gamma === undefined ? [] : [math(k, 'Mul', gamma, `${own}/Rsqrt`)]),
    math(`${own}/Mul_1`, 'Mul', mean, k),
    math(`${own}/biases`, 'Sub', beta, `${own}/Mul_1`),
  ];
  if (layer.op === 'DepthwiseConv2dNative') {
    weights.push(constant(`${own}/Reshape/shape`, makeTensor('int32', [2], (kernel ?? []).slice(2))), {
      ...math(`${own}/Reshape`, 'Reshape', k, `${own}/Reshape/shape`),
      attrs: { ...T, Tshape: { kind: 'type', value: 'int32' } },
    });
  }
  weights.push(math(folded, 'Mul', layer.edges[1] ?? '', layer.op === 'DepthwiseConv2dNative' ? `${own}/Reshape` : k));
  const output = math(uniqueName(inScope(scope, 'Add_fold'), taken), 'BiasAdd', layer.name, `${own}/biases`);
  const layout = layer.attr('data_format') ?? ({ kind: 'string', value: 'NHWC' } as const);
  return { weights, folded, output: { ...output, attrs: { ...T, data_format: layout } } };
}
