import type { Shape } from '../../formats/tensor.ts';
import type { GraphNode } from '../../graph/graph.ts';
import { parentScope } from '../../graph/scopes.ts';
import { ADD_OPS } from '../../quantize/placement/ops.ts';
import { dtypeOf, typed } from '../nodes.ts';
import type { Step, SubStep } from './step.ts';

const ENDS_A_LAYER: ReadonlySet<string> = new Set(['BiasAdd', ...ADD_OPS]);
const ENDS_AN_ACTIVATION: ReadonlySet<string> = new Set(['Relu', 'Maximum']);

/**
 * PRE6, PRE7: operands of an element-wise sum or a concat must have one scale. An operand that does not end a layer of the same scope
 * gets an Identity, which quantize later turns into a quantizer of its own.
 */
export const rescales: SubStep = (step) => {
  for (const { name } of step.graph.nodes) {
    const node = step.find(name);
    if (node === undefined) continue;
    if (ADD_OPS.has(node.op) && isElementwise(step, node)) rescale(step, node, 'PRE6', 'eltw_rescale', node.edges.length, ENDS_A_LAYER);
    if (node.op === 'ConcatV2') rescale(step, node, 'PRE7', 'concat_rescale', node.edges.length - 1, ENDS_AN_ACTIVATION);
  }
};

function rescale(step: Step, node: GraphNode, rule: string, suffix: string, operands: number, ends: ReadonlySet<string>): void {
  const scope = parentScope(node.name);
  const added: string[] = [];
  const inputs = node.edges.map((edge, slot) => {
    const op = step.find(edge.node)?.op ?? '';
    if (slot >= operands || (ends.has(op) && edge.node.includes(scope))) return edge;
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

/** A sum of two images of one static shape, not part of a fold or of an initializer. */
function isElementwise(step: Step, node: GraphNode): boolean {
  if (node.name.includes('BatchNorm_Fold') || node.name.includes('Initializer')) return false;
  const [a, b] = node.edges;
  return a !== undefined && b !== undefined && sameImage(step.shapeOf(a), step.shapeOf(b));
}

function sameImage(a: Shape, b: Shape): boolean {
  return a?.length === 4 && b?.length === 4 && a.every((size, axis) => size === b[axis]);
}
