import type { Tensor } from '../formats/tensor.ts';
import { type Edge, type Graph, GraphEditor, type GraphNode } from '../graph/graph.ts';
import { isVariable, withValues } from '../graph/variables.ts';
import { biasTest } from '../quantize/placement/biases.ts';
import { ADD_OPS, COMPUTE_OPS, isFromAvgPool } from '../quantize/placement/ops.ts';
import { batchNormParameters } from './fold/batchNorms.ts';
import { thawedCollections } from './thawedCollections.ts';
import type { Change, Skip, Transform } from './transform.ts';

/**
 * The other way round than `freeze_graph`: the constants of a frozen graph that a network is trained by become variables of their names,
 * with their values. Batch norms stay in inference form: γ and β are trained, mean and variance are variables that nothing trains.
 * So are the means and variances that are variables already, in an evaluation graph beside its checkpoint.
 */
export const thawGraph: Transform = {
  name: 'thaw_graph',
  summary: 'Turn the constant weights, biases and batch norms of a frozen graph into variables, so that it can be retrained.',
  options: {},
  after: [],
  notAfter: ['fold_batch_norms', 'quantize'],
  apply(model) {
    const { graph } = model;
    const editor = new GraphEditor(graph);
    const values = new Map<string, Tensor>();
    const trained = new Set<string>();
    /** Variables of the graph that are means and variances; they count where no collection says what is trained. */
    const statistics = new Set<string>();
    const listed = model.meta?.collections.has('variables') === true;
    const changes: Change[] = [];
    const skipped: Skip[] = [];
    for (const { edge, role } of parameters(graph)) {
      const source = sourceBehind(graph, edge);
      if (source === undefined) continue;
      const statistic = role === 'mean' || role === 'variance';
      if (isVariable(source)) {
        if (statistic && !listed && !statistics.has(source.name)) {
          statistics.add(source.name);
          changes.push({ rule: 'TRN21', summary: `Variable ${source.name} is a statistic`, before: [source.name], after: [source.name] });
        }
        continue;
      }
      if (!statistic) trained.add(source.name);
      if (values.has(source.name)) continue;
      const value = trainableValue(source);
      if (value === undefined) skipped.push(unfit(source));
      else {
        values.set(source.name, value);
        editor.replace(variable(source, value));
        changes.push({ rule: 'TRN20', summary: `Constant ${source.name} is a variable`, before: [source.name], after: [source.name] });
      }
    }
    if (changes.length === 0) return { model, changes, skipped, warnings: [] };
    const thawed = editor.graph();
    const meta = thawedCollections(thawed, model.meta ?? null, [...values.keys()], trained, statistics);
    return { model: withValues({ ...model, graph: thawed, meta }, values), changes, skipped, warnings: [] };
  },
};

/** What a constant is to the node that reads it. */
interface Parameter {
  readonly edge: Edge;
  readonly role: 'weights' | 'bias' | 'gamma' | 'beta' | 'mean' | 'variance';
}

/** Weights of layers, biases and what batch norms read, in the graph's order. */
function* parameters(graph: Graph): Generator<Parameter> {
  const isBias = biasTest(graph);
  for (const node of graph.nodes) {
    const norm = batchNormParameters(graph, node);
    if (norm !== undefined) {
      for (const role of ['gamma', 'beta', 'mean', 'variance'] as const) {
        const edge = norm[role];
        if (edge !== undefined) yield { edge, role };
      }
    } else if (COMPUTE_OPS.has(node.op) && !isFromAvgPool(node.name)) {
      const edge = node.edges[1];
      if (edge !== undefined) yield { edge, role: 'weights' };
    } else if (node.op === 'BiasAdd') {
      const edge = node.edges[1];
      if (edge !== undefined) yield { edge, role: 'bias' };
    } else if (ADD_OPS.has(node.op) && node.edges.length === 2) {
      const [a, b] = node.edges as [Edge, Edge];
      for (const [edge, other] of [
        [a, b],
        [b, a],
      ] as const) {
        if (isLayer(graph, other) && isBias(graph.node(edge.node))) yield { edge, role: 'bias' };
      }
    }
  }
}

/** TRN22: a bias is what is added to a layer, perhaps reshaped. */
function isLayer(graph: Graph, edge: Edge): boolean {
  const node = graph.find(edge.node);
  const source = node?.op === 'Reshape' || node?.op === 'Squeeze' ? graph.find(node.edges[0]?.node ?? '') : node;
  return source !== undefined && COMPUTE_OPS.has(source.op);
}

/** Between a constant and its reader: reads, and other shapes of it. */
const VIEWS: ReadonlySet<string> = new Set(['Identity', 'ReadVariableOp', 'Reshape', 'Squeeze', 'ExpandDims', 'Transpose', 'Cast']);

/** The constant or variable that a tensor is, as it is read; undefined where it is computed. */
function sourceBehind(graph: Graph, edge: Edge): GraphNode | undefined {
  let node = edge.port === 0 ? graph.find(edge.node) : undefined;
  for (let steps = 0; node !== undefined && VIEWS.has(node.op) && steps < 8; steps++) node = graph.find(node.edges[0]?.node ?? '');
  return node !== undefined && (node.op === 'Const' || isVariable(node)) ? node : undefined;
}

/** Training computes in float32; undefined for a constant of another type. */
function trainableValue(constant: GraphNode): Tensor | undefined {
  const value = constant.attr('value');
  return value?.kind === 'tensor' && value.value.dtype === 'float32' ? value.value : undefined;
}

/** What `frozenVariable` is undone by: cached shapes stay. */
function variable(constant: GraphNode, { dtype, shape }: Tensor): GraphNode {
  return constant.with({
    op: 'VariableV2',
    attrs: {
      value: undefined,
      dtype: { kind: 'type', value: dtype },
      shape: { kind: 'shape', value: shape },
      container: { kind: 'string', value: '' },
      shared_name: { kind: 'string', value: '' },
    },
  });
}

function unfit(constant: GraphNode): Skip {
  const value = constant.attr('value');
  const dtype = value?.kind === 'tensor' ? value.value.dtype : 'unknown';
  return {
    rule: 'TRN19',
    node: constant.name,
    reason: `its values are ${dtype}, and training computes in float32: it stays a constant`,
    remedy: 'Export the network in float32.',
  };
}
