import type { VariableInfo } from '../formats/metaGraph.ts';
import type { Graph, GraphNode } from './graph.ts';

/** What the graph itself tells of a variable: as trainable counts one that nothing updates. */
export function variableInfo(graph: Graph, variable: GraphNode): VariableInfo {
  const { name } = variable;
  const uses = graph.uses(name);
  const assign = uses.find(
    ({ consumer, slot }) => slot === 0 && /^Assign(VariableOp)?$/.test(consumer.op) && consumer.name === `${name}/Assign`,
  );
  const initial = assign?.consumer.edges[1]?.node ?? `${name}/Initializer/Const`;
  return {
    variable: `${name}:0`,
    initialValue: `${initial}:0`,
    initializer: assign?.consumer.name ?? `${name}/Assign`,
    snapshot: `${readOf(graph, variable)}:0`,
    trainable: !isUpdated(graph, name),
    isResource: variable.op === 'VarHandleOp',
  };
}

/** The node through which a variable is read. */
export function readOf(graph: Graph, { name }: GraphNode): string {
  const read = graph.uses(name).find(({ consumer }) => consumer.op === 'Identity' || consumer.op === 'ReadVariableOp');
  return read?.consumer.name ?? `${name}/read`;
}

/** Whether the graph itself moves a variable, as batch norms move their statistics. */
export function isUpdated(graph: Graph, variable: string): boolean {
  return graph.uses(variable).some(({ consumer, slot }) => slot === 0 && /^Assign(Sub|Add)/.test(consumer.op));
}
