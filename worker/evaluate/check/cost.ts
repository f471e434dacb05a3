import type { Graph } from '../../graph/graph.ts';
import type { Model } from '../../graph/model.ts';
import { ancestors } from '../../graph/reach.ts';
import { inferShapes } from '../../ops/inferShapes.ts';
import { elementCount } from '../../ops/shapes.ts';
import { COMPUTE_OPS } from '../../quantize/placement/ops.ts';

/** Multiplications of the layers that `output` depends on, for one image; layers of unknown shape are not counted. */
export function multiplications({ graph }: Pick<Model, 'graph'>, input: string, shape: readonly number[], output: string): number {
  const shapes = inferShapes(graph, new Map([[input, [1, ...shape]]]));
  let sum = 0;
  for (const name of ancestors(graph, [output], [input])) sum += ofNode(graph, name, shapes);
  return sum;
}

function ofNode(graph: Graph, name: string, shapes: ReadonlyMap<string, readonly (readonly number[] | null)[]>): number {
  const node = graph.find(name);
  const weights = node?.edges[1];
  if (node === undefined || weights === undefined || !COMPUTE_OPS.has(node.op)) return 0;
  const out = shapes.get(name)?.[0] ?? null;
  const kernel = shapes.get(weights.node)?.[weights.port] ?? null;
  const [outputs, elements] = [elementCount(out), elementCount(kernel)];
  if (outputs === undefined || elements === undefined || out === null) return 0;
  // Every output sums over the weights of its own channel.
  return (outputs * elements) / Math.max(1, out.at(-1) ?? 1);
}
