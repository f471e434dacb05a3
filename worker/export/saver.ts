import type { SaverInfo } from '../formats/metaGraph.ts';
import { type Graph, GraphEditor, type GraphNode } from '../graph/graph.ts';
import { elementType, type Restored, saverNodes } from '../graph/saver.ts';
import { uniqueName } from '../graph/scopes.ts';
import { isVariable } from '../graph/variables.ts';

/** What restores a variable, and the tensor through which a resource variable is read. */
export interface RestoredRead extends Restored {
  readonly read: string;
}

/**
 * The graph with the nodes of TensorFlow's saver: they save all its variables to one file and restore them from it, under the names that a
 * checkpoint has them by.
 */
export function addSaver(graph: Graph): { readonly graph: Graph; readonly saver: SaverInfo; readonly restored: readonly RestoredRead[] } {
  const scope = freeScope(graph);
  const editor = new GraphEditor(graph);
  const taken = (name: string) => editor.find(name) !== undefined;
  const variables = graph.nodes.filter(isVariable);
  const reads = new Map(variables.map((variable) => [variable.name, readOf(graph, variable) ?? addRead(variable)]));
  function addRead(variable: GraphNode): string {
    const attrs = { dtype: { kind: 'type', value: elementType(variable) } } as const;
    return editor.add({ name: uniqueName(`${scope}/Read`, taken), op: 'ReadVariableOp', inputs: [variable.name], attrs }).name;
  }
  const read = ({ name }: GraphNode) => reads.get(name) ?? name;
  const { nodes, info, restored } = saverNodes(variables, scope, read, taken);
  for (const node of nodes) editor.add(node);
  return { graph: editor.graph(), saver: info, restored: restored.map((entry) => ({ ...entry, read: read(entry.variable) })) };
}

/** The value of a variable: by reference it is itself, behind a handle some read of it. */
function readOf(graph: Graph, variable: GraphNode): string | undefined {
  if (variable.op !== 'VarHandleOp') return variable.name;
  return graph.uses(variable.name).find(({ consumer }) => consumer.op === 'ReadVariableOp')?.consumer.name;
}

/** `save`, or `save_1` … where a saver stands already. */
function freeScope(graph: Graph): string {
  const scopes = new Set(graph.nodes.map(({ name }) => name.slice(0, Math.max(0, name.indexOf('/')))));
  return uniqueName('save', (name) => scopes.has(name) || graph.has(name));
}
