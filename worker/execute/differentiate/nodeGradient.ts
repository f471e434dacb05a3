import type { GraphNode } from '../../graph/graph.ts';
import { NodeAttrs } from '../../ops/attrs.ts';
import type { Kernels, Value } from '../../ops/kernels.ts';
import { opFor } from '../../ops/registry.ts';

/** What one node's gradient starts from. */
export interface NodeGradientInputs {
  readonly values: readonly (Value | undefined)[];
  readonly numbers: readonly (readonly number[] | undefined)[];
  readonly outputs: readonly Value[];
  /** By output port; at least one is there. */
  readonly dys: readonly (Value | undefined)[];
  readonly wanted: ReadonlySet<number>;
}

/**
 * Derivatives by the wanted slots of a node. The gradient is shown no elements but those that its op says it keeps, so that nothing else
 * need be held. @returns values of their own, by slot; undefined where a slot has no influence
 * @throws GraffitistError `op-not-differentiable`
 */
export function nodeGradient(node: GraphNode, given: NodeGradientInputs, kernels: Kernels): readonly (Value | undefined)[] {
  const attrs = new NodeAttrs(node);
  const op = opFor(node.op);
  if (op === undefined) throw attrs.notDifferentiable();
  const kept = new Set(op.keptSlots(given.values.length, attrs));
  const values = given.values.map((value, slot) => value && (kept.has(slot) ? value : outline(value)));
  const ys = given.outputs.map((output, port) => (op.keepsOutput(port) ? output : outline(output)));
  // An op of one output is only asked where the loss depends on that.
  const [dy, y] = [given.dys[0], ys[0]] as [Value, Value];
  const upstream = { dy, dys: given.dys, y, ys };
  const found = op.gradient({ values, numbers: given.numbers, upstream, wanted: given.wanted }, kernels, attrs);
  const seen = new Set<Value | undefined>([...given.values, ...given.outputs, ...given.dys]);
  return found.map((value) => {
    if (value === undefined) return undefined;
    const own = seen.has(value) ? kernels.identity(value) : value;
    seen.add(own);
    return own;
  });
}

/** Shape and type without elements. */
export function outline({ dtype, shape }: Value): Value {
  return { dtype, shape };
}
