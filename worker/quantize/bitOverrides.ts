import { GraffitistError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';

export function withQuantizerBits(graph: Graph, bits: ReadonlyMap<string, number>): Graph {
  if (bits.size === 0) return graph;
  throw new GraffitistError('internal', 'Bits cannot be changed yet.');
}
