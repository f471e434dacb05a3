import { tensorNumbers } from '../../formats/tensorValues.ts';
import type { Edge, GraphNode } from '../../graph/graph.ts';
import { biasTest } from '../../quantize/placement/biases.ts';
import { ADD_OPS, COMPUTE_OPS, RELU_OPS } from '../../quantize/placement/ops.ts';
import { viewsBehind } from '../viewsBehind.ts';
import type { Step, SubStep } from './step.ts';

const LAYER_ENDS: ReadonlySet<string> = new Set([...COMPUTE_OPS, 'BiasAdd', ...ADD_OPS]);

/** PRE22: reshapes between a layer, its bias and its relu move behind those, in graphs that the original refuses. */
export const viewsBehindLayers: SubStep = (step) => {
  const { graph } = step;
  if (!step.refused) return;
  const outputs = new Set(graph.nodes.filter((node) => step.isOutput(node)).map(({ name }) => name));
  const scene = { graph, outputs, shapeOf: (edge: Edge) => step.shapeOf(edge), isBias: biasTest(graph) };
  for (const { rule, summary, before, after } of viewsBehind('PRE22', LAYER_ENDS, scene, step)) step.change(rule, summary, before, after);
};

/** PRE23: a relu written as the larger of x and 0, cut off at 6 or not, is a Relu6 or a Relu, in graphs that the original refuses. */
export const clippedRelus: SubStep = (step) => {
  if (!step.refused) return;
  for (const { name } of step.graph.nodes) {
    const node = step.find(name);
    const clip = node === undefined ? undefined : clipAt(step, node);
    if (node === undefined || clip === undefined) continue;
    step.replace(node.with({ op: clip.op, inputs: [clip.x] }));
    for (const { node: read } of node.edges) if (read !== clip.x.node) step.removeUnread(read, step.graph.node(name));
    step.change('PRE23', `${node.op} ${name} is a ${clip.op}`, [name], [name]);
  }
};

function clipAt(step: Step, node: GraphNode): { readonly op: 'Relu' | 'Relu6'; readonly x: Edge } | undefined {
  const outer = bounded(step, node);
  if (outer === undefined || outer.x.port !== 0) return undefined;
  const inner = step.find(outer.x.node);
  if (node.op === 'Maximum' && outer.bound === 0) {
    const within = inner === undefined ? undefined : bounded(step, inner);
    return inner?.op === 'Minimum' && within?.bound === 6 ? { op: 'Relu6', x: within.x } : { op: 'Relu', x: outer.x };
  }
  if (node.op !== 'Minimum' || outer.bound !== 6 || inner === undefined || !RELU_OPS.has(inner.op)) return undefined;
  const [x] = inner.edges;
  return x === undefined ? undefined : { op: 'Relu6', x };
}

/** What a Maximum or Minimum compares with a constant scalar, and that. */
function bounded(step: Step, node: GraphNode): { readonly x: Edge; readonly bound: number } | undefined {
  if ((node.op !== 'Maximum' && node.op !== 'Minimum') || node.edges.length !== 2) return undefined;
  const [a, b] = node.edges as [Edge, Edge];
  const bound = scalarAt(step, b);
  if (bound !== undefined) return { x: a, bound };
  const other = scalarAt(step, a);
  return other === undefined ? undefined : { x: b, bound: other };
}

function scalarAt(step: Step, edge: Edge): number | undefined {
  const found = step.find(edge.node);
  const value = found?.op === 'Const' ? found.attr('value') : undefined;
  return value?.kind === 'tensor' && value.value.shape.length === 0 ? tensorNumbers(value.value)[0] : undefined;
}
