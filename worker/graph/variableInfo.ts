import type { VariableInfo } from '../formats/metaGraph.ts';
import type { Graph, GraphNode } from './graph.ts';

/** What the graph itself tells of a variable: as trainable counts one that nothing updates. One without initializer starts from what a saver restores. */
export function variableInfo(graph: Graph, variable: GraphNode): VariableInfo {
  const { name } = variable;
  const assigns = graph.uses(name).filter(({ consumer, slot }) => slot === 0 && /^Assign(VariableOp)?$/.test(consumer.op));
  const assign = (assigns.find(({ consumer }) => consumer.name === `${name}/Assign`) ?? assigns[0])?.consumer;
  const initial = assign?.edges[1] ?? { node: `${name}/Initializer/Const`, port: 0 };
  const read = readOf(graph, variable);
  return {
    variable: `${name}:0`,
    initialValue: `${initial.node}:${initial.port}`,
    initializer: assign?.name ?? `${name}/Assign`,
    snapshot: `${graph.has(read) ? read : name}:0`,
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
