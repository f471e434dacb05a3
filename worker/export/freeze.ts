import { writeGraphDefWith } from '../formats/graphDef.ts';
import type { Tensor } from '../formats/tensor.ts';
import { encodeTensor } from '../formats/tensorCodec.ts';
import { frozenRead, frozenVariable } from '../graph/frozenVariable.ts';
import { type Graph, GraphEditor, type GraphNode } from '../graph/graph.ts';
import { graphBytes, graphRest } from '../graph/graphFile.ts';
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
export function freeze(source: Exportable): Promise<Graph> {
  return frozen(source, frozenVariable);
}

/**
 * `freeze` as the chunks of a GraphDef file. A large value goes from the checkpoint into a Blob of its own and is forgotten: at no time are
 * the weights held twice. Errors as `freeze`.
 */
export async function frozenChunks(source: Exportable): Promise<(Uint8Array | Blob)[]> {
  const contents = new Map<string, Blob>();
  const graph = await frozen(source, (node, value) => {
    if (value.bytes.length < LARGE || encodeTensor(value).tensorContent == null) return frozenVariable(node, value);
    contents.set(node.name, new Blob([value.bytes as BlobPart]));
    return frozenVariable(node, { ...value, bytes: new Uint8Array(0) });
  });
  return contents.size === 0 ? graphBytes(graph) : writeGraphDefWith(contents, { nodes: graph.nodes, rest: graphRest(graph) });
}

/** From this size on a value is worth a Blob of its own. */
const LARGE = 2 ** 20;

async function frozen({ model, thresholds }: Exportable, constant: (node: GraphNode, value: Tensor) => GraphNode): Promise<Graph> {
  const graph = freezeThresholds(model.graph, thresholds);
  if (!graph.nodes.some(isVariable)) return graph;
  const needed = neededNodes(graph, [...model.outputs, ...graph.nodes.filter(({ op }) => op === 'LinearQuant').map(({ name }) => name)]);
  const editor = new GraphEditor(graph);
  for (const node of graph.nodes) {
    if (!needed.has(node.name)) editor.remove(node.name);
    else if (isVariable(node)) editor.replace(constant(node, await readVariable(node, model.variables)));
    else if (node.op === 'ReadVariableOp' || node.controls.some((name) => !needed.has(name))) editor.replace(kept(node, needed));
  }
  return editor.graph();
}

function readVariable(node: GraphNode, variables: VariableSource): Promise<Tensor> {
  return variables.read(variableName(node));
}

/** A node that stays: what it waited for may be gone, and a resource that it read is a constant now. */
function kept(node: GraphNode, needed: ReadonlySet<string>): GraphNode {
  const waiting = node.with({ controls: node.controls.filter((name) => needed.has(name)) });
  return node.op === 'ReadVariableOp' ? frozenRead(waiting) : waiting;
}

/** Nodes that `roots` read. A control input counts where it orders the nodes that are kept for their data. */
function neededNodes(graph: Graph, roots: readonly string[]): ReadonlySet<string> {
  const found = new Set(roots);
  for (const name of found) for (const { node } of graph.find(name)?.edges ?? []) found.add(node);
  return found;
}
