import type { GraphNode } from '../graph/graph.ts';
import { NodeAttrs } from '../ops/attrs.ts';
import { unsupportedOps } from '../ops/inferShapes.ts';
import type { Kernels, Value } from '../ops/kernels.ts';
import { opFor } from '../ops/registry.ts';

/** What stands in a node's data slots: values where the op wants tensors, numbers where it wants numbers. */
export interface NodeInputs {
  readonly values: readonly (Value | undefined)[];
  readonly numbers: readonly (readonly number[] | undefined)[];
}

/**
 * Computes one node from what stands in its slots; shapes are checked first, so a kernel never sees what it cannot work on.
 * @returns one fresh value per output port
 * @throws GraffitistError `shape-mismatch`, `op-unsupported`, `node-malformed`, naming the node
 */
export function computeNode(node: GraphNode, inputs: NodeInputs, kernels: Kernels): readonly Value[] {
  const op = opFor(node.op);
  if (op === undefined) throw unsupportedOps([node]);
  const attrs = new NodeAttrs(node);
  const shapes = inputs.values.map((value) => value?.shape ?? null);
  const numbers = inputs.numbers.map((values) => values && { shape: [values.length], values });
  op.shape(shapes, numbers, attrs, { producer: () => undefined });
  return op.forward(inputs.values, inputs.numbers, kernels, attrs);
}
