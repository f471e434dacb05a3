import type { Graph, GraphNode } from '../graph/graph.ts';
import { lastSegment } from '../graph/scopes.ts';
import { Rewrite } from './rewrite.ts';
import type { Change } from './transform.ts';

/**
 * Takes out Identity nodes (and IdentityN, input by input) that do nothing: all but the reads of variables (`…/read`) and those that wait for another node.
 * An Identity that is an output of the graph keeps its name and its place; its readers read past it all the same.
 */
export function removeIdentities(
  graph: Graph,
  outputs: readonly string[],
  rule: string,
): { readonly graph: Graph; readonly changes: readonly Change[] } {
  const kept = new Set(outputs);
  const rewrite = new Rewrite(graph);
  const changes: Change[] = [];
  for (const node of graph.nodes) {
    const [source] = node.edges;
    if (source === undefined || !doesNothing(node)) continue;
    node.edges.forEach((edge, port) => {
      rewrite.redirect({ node: node.name, port }, edge);
    });
    if (kept.has(node.name)) {
      if (graph.uses(node.name).length === 0) continue;
      changes.push({
        rule,
        summary: `Readers of ${node.name} read ${source.node}; the output keeps its name`,
        before: [node.name],
        after: [node.name],
      });
    } else {
      rewrite.remove(node.name);
      changes.push({ rule, summary: `${node.op} ${node.name} removed`, before: [node.name], after: [] });
    }
  }
  return { graph: rewrite.finish(), changes };
}

function doesNothing(node: GraphNode): boolean {
  return (node.op === 'Identity' || node.op === 'IdentityN') && node.controls.length === 0 && lastSegment(node.name) !== 'read';
}
