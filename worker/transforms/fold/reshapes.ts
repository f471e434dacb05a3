import type { GraphNode } from '../../graph/graph.ts';
import { type FoldScene, outputOf } from './foldScene.ts';

/** Whether a node is a Reshape back to the shape that the layer itself delivers. */
export function leadsBack(reshape: GraphNode, layer: GraphNode, { shapeOf }: FoldScene): boolean {
  if (reshape.op !== 'Reshape') return false;
  const [to, own] = [shapeOf(outputOf(reshape)), shapeOf(outputOf(layer))];
  return to === null || own === null || (to.length === own.length && to.every((size, axis) => size === own[axis]));
}
