import { type Edge, type Graph, GraphEditor, type GraphNode } from '../graph/graph.ts';
import { ADD_OPS } from './placement/ops.ts';
import { scalarValue } from './quantizerScalars.ts';

/**
 * CAL12: a graph folded for training as it runs while nothing feeds its switches: `freeze_bn` is true by default, so that the terms of
 * the batch's statistics have the factor 1 − 1 = 0. A sum with such a term is the other term: 0·x + y is y to the last bit for every finite x.
 * What is left computes on moving statistics alone, its weights and biases are constants, and the statistics branch is not run.
 *
 * @param stays which switches nobody will feed; all of them unless told otherwise
 */
export function withMovingStatistics(graph: Graph, stays: (name: string) => boolean = () => true): Graph {
  const products = zeroProducts(graph, stays);
  if (products.size === 0) return graph;
  const editor = new GraphEditor(graph);
  for (const product of products) {
    for (const { consumer: sum } of graph.uses(product)) {
      const other = ADD_OPS.has(sum.op) ? sum.edges.find(({ node }) => node !== product) : undefined;
      if (other !== undefined) readInstead(graph, editor, sum.name, other);
    }
  }
  return editor.graph();
}

/** Products with a factor that follows from switches at their defaults and is 0. */
function zeroProducts(graph: Graph, stays: (name: string) => boolean): ReadonlySet<string> {
  const found = new Set<string>();
  const stands = ({ op, edges }: GraphNode): boolean => op === 'Cast' && isSwitch(graph, edges[0]) && stays(edges[0]?.node ?? '');
  const numbers = new Set(graph.nodes.filter(stands).map(({ name }) => name));
  for (const name of numbers) {
    const value = scalarValue(graph, name);
    for (const { consumer } of graph.uses(name)) {
      if (consumer.op === 'Mul' && value === 0) found.add(consumer.name);
      else if (consumer.op === 'Sub' && scalarValue(graph, consumer.name) !== undefined) numbers.add(consumer.name);
    }
  }
  return found;
}

/** A bool that stands at its default unless it is fed. */
function isSwitch(graph: Graph, edge: Edge | undefined): boolean {
  const node = graph.find(edge?.node ?? '');
  const type = node?.attr('dtype');
  return node?.op === 'PlaceholderWithDefault' && type?.kind === 'type' && type.value === 'bool';
}

function readInstead(graph: Graph, editor: GraphEditor, sum: string, other: Edge): void {
  for (const { consumer } of graph.uses(sum)) {
    const node = editor.node(consumer.name);
    editor.replace(node.with({ inputs: node.edges.map((edge) => (edge.node === sum ? other : edge)) }));
  }
}
