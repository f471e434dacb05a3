import type { Tensor } from '../formats/tensor.ts';
import { makeTensor } from '../formats/tensorValues.ts';
import type { Graph, GraphNode } from '../graph/graph.ts';
import { isVariable, variableName } from '../graph/variables.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import type { Exportable } from './exportable.ts';

/** Every variable of the graph with its value: thresholds as found, all others from where the model has them. @throws GraffitistError `variable-missing` */
export async function variablesOf({ model, thresholds }: Exportable): Promise<ReadonlyMap<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  const read = new Set(readQuantizers(model.graph).map(({ threshold }) => threshold));
  for (const node of model.graph.nodes) {
    if (!isVariable(node)) continue;
    const name = variableName(node);
    const log2 = thresholds.get(name);
    const unread =
      log2 === undefined && !read.has(name) && !model.variables.entries.has(name) ? initialValue(model.graph, node) : undefined;
    tensors.set(name, log2 === undefined ? (unread ?? (await model.variables.read(name))) : makeTensor(elementType(node), [], [log2]));
  }
  return tensors;
}

function elementType(node: GraphNode): 'float32' | 'float64' {
  const dtype = node.attr('dtype');
  return dtype?.kind === 'type' && dtype.value === 'float64' ? 'float64' : 'float32';
}

/** A threshold that no quantizer reads any more (another merge took its members) keeps what it was initialized with. */
function initialValue(graph: Graph, variable: GraphNode): Tensor | undefined {
  const assign = graph.uses(variable.name).find(({ consumer, slot }) => consumer.op === 'Assign' && slot === 0)?.consumer;
  const value = graph.find(assign?.edges[1]?.node ?? '')?.attr('value');
  return value?.kind === 'tensor' ? value.value : undefined;
}
