import { parseEdge } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';

/** The collection that slim's and Keras' regularizers put their losses in. */
const COLLECTION = 'regularization_losses';

/**
 * The scalars whose sum is a graph's regularization loss: the nodes of its collection that are still there, each once. Quantizing moved
 * some of them: a regularizer of weights that are quantized themselves, without a fold between, reads what the quantizer makes of them
 * (QNT23), as in the original.
 */
export function regularizationLosses({ graph, meta }: Pick<Model, 'graph' | 'meta'>): readonly string[] {
  const collection = meta?.collections.get(COLLECTION);
  if (collection?.kind !== 'nodes') return [];
  return [...new Set(collection.values.map((tensor) => parseEdge(tensor).node))].filter((name) => graph.has(name));
}
