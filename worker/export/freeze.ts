import type { Tensor } from '../formats/tensor.ts';
import { type Graph, GraphEditor, type GraphNode } from '../graph/graph.ts';
import type { VariableSource } from '../graph/model.ts';
import { isVariable, variableName } from '../graph/variables.ts';
import { freezeThresholds } from '../quantize/freezeThresholds.ts';
import type { Exportable } from './exportable.ts';

/**
 * EXP1: the self-contained graph. A variable becomes a constant of the same name, the read of a resource variable an Identity of it;
 * thresholds likewise. What is left is what outputs and quantizers need, so that initializers and savers go and the quantizer table
 * reads back the same. A graph without variables keeps every node.
 *
 * @throws GraffitistError `threshold-missing`, `variable-missing`, naming the variable
 */
export async function freeze({ model, thresholds }: Exportable): Promise<Graph> {
  const graph = freezeThresholds(model.graph, thresholds);
  if (!graph.nodes.some(isVariable)) return graph;
  const needed = neededNodes(graph, [...model.outputs, ...graph.nodes.filter(({ op }) => op === 'LinearQuant').map(({ name }) => name)]);
  const editor = new GraphEditor(graph);
  for (const node of graph.nodes) {
    if (!needed.has(node.name)) editor.remove(node.name);
    else if (isVariable(node)) editor.replace(constantOf(node, await readVariable(node, model.variables)));
    else if (node.op === 'ReadVariableOp' || node.controls.some((name) => !needed.has(name))) editor.replace(kept(node, needed));
  }
  return editor.graph();
}

function readVariable(node: GraphNode, variables: VariableSource): Promise<Tensor> {
  return variables.read(variableName(node));
}

function constantOf(variable: GraphNode, value: Tensor): GraphNode {
  const [dtype, constant] = [{ kind: 'type', value: value.dtype } as const, { kind: 'tensor', value } as const];
  // Of a handle these are the handle's, not those of the value.
  const shapes = variable.op === 'VarHandleOp' ? undefined : variable.attr('_output_shapes');
  const bare = Object.fromEntries([...variable.attrs.keys()].map((name) => [name, undefined]));
  return variable.with({
    op: 'Const',
    inputs: [],
    controls: [],
    attrs: { ...bare, ...(shapes === undefined ? {} : { _output_shapes: shapes }), dtype, value: constant },
  });
}

/** A node that stays: what it waited for may be gone, and a resource that it read is a constant now. */
function kept(node: GraphNode, needed: ReadonlySet<string>): GraphNode {
  const controls = node.controls.filter((name) => needed.has(name));
  if (node.op !== 'ReadVariableOp') return node.with({ controls });
  return node.with({ op: 'Identity', controls, attrs: { dtype: undefined, T: node.attr('dtype') } });
}

/** Nodes that `roots` read. A control input counts where it orders the nodes that are kept for their data. */
function neededNodes(graph: Graph, roots: readonly string[]): ReadonlySet<string> {
  const found = new Set(roots);
  for (const name of found) for (const { node } of graph.find(name)?.edges ?? []) found.add(node);
  return found;
}
