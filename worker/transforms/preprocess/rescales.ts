import type { Shape } from '../../formats/tensor.ts';
import type { GraphNode } from '../../graph/graph.ts';
import { parentScope } from '../../graph/scopes.ts';
import { ADD_OPS } from '../../quantize/placement/ops.ts';
import { dtypeOf, typed } from '../nodes.ts';
import type { Step, SubStep } from './step.ts';

const ENDS_A_LAYER: ReadonlySet<string> = new Set(['BiasAdd', ...ADD_OPS]);
const ENDS_AN_ACTIVATION: ReadonlySet<string> = new Set(['Relu', 'Maximum']);
/** Other concats join shapes and axes, not images. */
const FLOATS: ReadonlySet<string> = new Set(['float32', 'float64', 'float16', 'bfloat16']);

/**
 * PRE6, PRE7: operands of an element-wise sum or a concat must have one scale. An operand that does not end a layer of the same scope
 * gets an Identity, which quantize later turns into a quantizer of its own.
 */
export const rescales: SubStep = (step) => {
  for (const { name } of step.graph.nodes) {
    const node = step.find(name);
    if (node === undefined) continue;
    if (ADD_OPS.has(node.op) && isElementwise(step, node)) rescale(step, node, 'PRE6', 'eltw_rescale', node.edges.length, ENDS_A_LAYER);
    if (node.op === 'ConcatV2' && FLOATS.has(dtypeOf(node)))
      rescale(step, node, 'PRE7', 'concat_rescale', node.edges.length - 1, ENDS_AN_ACTIVATION);
  }
};

function rescale(step: Step, node: GraphNode, rule: string, suffix: string, operands: number, ends: ReadonlySet<string>): void {
  const scope = parentScope(node.name);
  const added: string[] = [];
  const inputs = node.edges.map((edge, slot) => {
    const source = step.find(edge.node);
    const endsHere = slot < operands && ends.has(source?.op ?? '');
    const inScope = edge.node.includes(scope);
    if (source !== undefined && endsHere && inScope !== isOwn(step, source, node)) warnOfScope(step, node, source, scope, inScope);
    if (slot >= operands || (endsHere && inScope)) return edge;
    const marker = step.add(typed(`${node.name}_${suffix}_${slot}`, 'Identity', dtypeOf(node), edge));
    added.push(marker.node);
    return marker;
  });
  if (added.length === 0) return;
  step.replace(node.with({ inputs }));
  step.change(
    rule,
    `${added.length} operand${added.length === 1 ? '' : 's'} of ${node.name} will get a scale of its own`,
    [node.name],
    [node.name, ...added],
  );
}

/** What dataflow says of an operand: it is there for this node alone. */
function isOwn(step: Step, source: GraphNode, node: GraphNode): boolean {
  return !step.isOutput(source) && step.graph.uses(source.name).every((use) => use.consumer.name === node.name);
}

/** PRE21: the original decides by names; where the edges of the graph say something else, that is told. */
function warnOfScope(step: Step, node: GraphNode, source: GraphNode, scope: string, inScope: boolean): void {
  const text = inScope
    ? `'${source.name}' lies in the scope '${scope}', so it gets no scale of its own here although other nodes read it: they take the shared one, as in Graffitist.`
    : `Nothing else reads '${source.name}', yet it gets a scale of its own and is quantized twice, as in Graffitist: its name does not hold the scope '${scope}'.`;
  step.warn('PRE21', node, text);
}

/** A sum of two images of one static shape, not part of a fold or of an initializer. */
function isElementwise(step: Step, node: GraphNode): boolean {
  if (node.name.includes('BatchNorm_Fold') || node.name.includes('Initializer')) return false;
  const [a, b] = node.edges;
  return a !== undefined && b !== undefined && sameImage(step.shapeOf(a), step.shapeOf(b));
}

function sameImage(a: Shape, b: Shape): boolean {
  return a?.length === 4 && b?.length === 4 && a.every((size, axis) => size === b[axis]);
}
