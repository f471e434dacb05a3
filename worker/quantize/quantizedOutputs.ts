import type { Graph } from '../graph/graph.ts';

/**
 * QNT58: the quantized tensor behind each named output that itself delivers what came before its quantizer: output → LinearQuant node.
 * Outputs that are quantized already, or that only read quantized values, are not listed.
 */
export function quantizedOutputs(graph: Graph, outputs: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const output of outputs) {
    const quantizer = graph.uses(output).find(({ consumer, slot, port }) => consumer.op === 'LinearQuant' && slot === 0 && port === 0);
    if (quantizer !== undefined) found.set(output, quantizer.consumer.name);
  }
  return found;
}
