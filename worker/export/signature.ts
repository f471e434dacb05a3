import type { Signature, TensorInfo, TypedSignature } from '../formats/metaGraph.ts';
import type { DType } from '../formats/tensor.ts';
import { type GraphNode, parseEdge } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';

/** The signature that TensorFlow serves by, and the tag of the graph that it serves. */
export const SERVING = 'serving_default';
export const SERVE = 'serve';
const PREDICT = 'tensorflow/serving/predict';

/** The signatures of the opened file whose tensors are still there, with their types and shapes as they are now. */
export function keptSignatures(model: Model): ReadonlyMap<string, TypedSignature> {
  const whole = ({ inputs, outputs }: Signature) =>
    [...inputs.values(), ...outputs.values()].every((tensor) => model.graph.has(parseEdge(tensor).node));
  const kept = [...(model.meta?.signatures ?? [])].filter(([, signature]) => signature.outputs.size > 0 && whole(signature));
  return new Map(
    kept.map(([name, { method, inputs, outputs }]) => [name, { method, inputs: typed(inputs, model), outputs: typed(outputs, model) }]),
  );
}

/** The model's interface as a signature: by the names of the opened file's signature where it has the same nodes, else by the nodes' own. */
export function servingSignature(model: Model): TypedSignature {
  const known = [...(model.meta?.signatures.values() ?? [])].find(
    ({ inputs, outputs }) => sameNodes(inputs, model.inputs) && sameNodes(outputs, model.outputs),
  );
  const inputs = known?.inputs ?? named(model.inputs);
  const outputs = known?.outputs ?? named(model.outputs);
  return { method: PREDICT, inputs: typed(inputs, model), outputs: typed(outputs, model) };
}

function sameNodes(tensors: ReadonlyMap<string, string>, nodes: readonly string[]): boolean {
  const own = new Set([...tensors.values()].map((tensor) => parseEdge(tensor).node));
  return own.size === nodes.length && nodes.every((name) => own.has(name));
}

/** Names for callers: the last segment of each node's name, numbered where two are alike. */
function named(nodes: readonly string[]): ReadonlyMap<string, string> {
  const tensors = new Map<string, string>();
  for (const node of nodes) {
    const base = node.slice(node.lastIndexOf('/') + 1).replace(/\W/g, '_');
    let name = base;
    for (let i = 1; tensors.has(name); i++) name = `${base}_${i}`;
    tensors.set(name, `${node}:0`);
  }
  return tensors;
}

function typed(tensors: ReadonlyMap<string, string>, { graph, shapes }: Model): ReadonlyMap<string, TensorInfo> {
  return new Map(
    [...tensors].map(([key, name]) => {
      const { node, port } = parseEdge(name);
      return [key, { name, dtype: outputType(graph.node(node)), shape: shapes.get(node)?.[port] ?? null }];
    }),
  );
}

/** The element type of what a node gives; ops name it by one of these attributes. */
function outputType(node: GraphNode): DType {
  for (const name of ['DstT', 'dtype', 'out_type', 'output_type', 'T', 'Tparams', 'T1']) {
    const value = node.attr(name);
    if (value?.kind === 'type') return value.value;
  }
  return 'float32';
}
