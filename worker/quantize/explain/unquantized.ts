import { Graph, type GraphNode } from '../../graph/graph.ts';

/** A quantized graph as it was before: whoever reads a quantizer reads what it quantizes. The quantizers' own nodes stay, unread. */
export function unquantized(graph: Graph): Graph {
  const quantizes = (name: string): GraphNode | undefined => {
    const node = graph.find(name);
    return node?.op === 'LinearQuant' ? node : undefined;
  };
  const nodes = graph.nodes.map((node) => {
    if (node.op === 'LinearQuant' || node.edges.every((edge) => quantizes(edge.node) === undefined)) return node;
    return node.with({ inputs: node.edges.map((edge) => quantizes(edge.node)?.edges[0] ?? edge) });
  });
  return new Graph(
    nodes.filter(({ op }) => op !== 'LinearQuant'),
    graph.envelope,
  );
}
