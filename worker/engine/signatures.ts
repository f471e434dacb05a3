import { GraffitistError } from '../errors.ts';
import type { MetaInfo, Signature } from '../formats/metaGraph.ts';
import { type Graph, parseEdge } from '../graph/graph.ts';
import type { GraphInterface, SavedModelSummary, SignatureSummary } from '../protocol.ts';
import { placeholderShape } from '../transforms/interface.ts';

/** The signature that TensorFlow serves by. */
const SERVING = 'serving_default';

/**
 * What a MetaGraph offers and what is chosen of it: the signature asked for, else the one that serves, else the first.
 * @param tags tags of every MetaGraph of the file
 * @throws GraffitistError `saved-model-signature`, listing the signatures that there are
 */
export function savedModelSummary(
  meta: MetaInfo,
  tags: readonly (readonly string[])[],
  wanted: string | undefined,
): SavedModelSummary | null {
  const signatures = [...meta.signatures]
    .filter(([name, { outputs }]) => outputs.size > 0 && !name.startsWith('__saved_model'))
    .map(([name, signature]) => summaryOf(name, signature));
  if (wanted !== undefined && !signatures.some(({ name }) => name === wanted)) {
    const there = signatures.length === 0 ? 'it has none' : `there are ${signatures.map(({ name }) => `'${name}'`).join(', ')}`;
    throw new GraffitistError('saved-model-signature', `The SavedModel has no signature '${wanted}': ${there}.`, {
      about: wanted,
      remedy: 'Choose one of these, or none.',
    });
  }
  if (tags.length === 0 && signatures.length === 0) return null;
  const chosen = wanted ?? (signatures.find(({ name }) => name === SERVING) ?? signatures[0])?.name;
  return { tags: tags.map((set) => set.join(',')), tag: meta.tags.join(','), signatures, signature: chosen ?? null };
}

function summaryOf(name: string, { inputs, outputs }: Signature): SignatureSummary {
  const nodes = (tensors: ReadonlyMap<string, string>) => [...new Set([...tensors.values()].map((tensor) => parseEdge(tensor).node))];
  return { name, inputs: nodes(inputs), outputs: nodes(outputs) };
}

/** The interface that the chosen signature names; null without one, or where the graph lacks its nodes. */
export function signatureInterface(graph: Graph, savedModel: SavedModelSummary | null): GraphInterface | null {
  const signature = savedModel?.signatures.find(({ name }) => name === savedModel.signature);
  if (signature === undefined || ![...signature.inputs, ...signature.outputs].every((name) => graph.has(name))) return null;
  const [first] = signature.inputs;
  if (first === undefined) return null;
  const shape = knownShape(graph, first);
  const others = signature.inputs.flatMap((name): [string, readonly number[]][] => {
    const own = knownShape(graph, name);
    return own === null || String(own) === String(shape) ? [] : [[name, own]];
  });
  const shapes = others.length === 0 ? {} : { shapes: Object.fromEntries(others) };
  return { inputs: signature.inputs, outputs: signature.outputs, shape, ...shapes };
}

/** The shape of a placeholder without the batch; null where a dimension is open. */
function knownShape(graph: Graph, name: string): readonly number[] | null {
  const shape = placeholderShape(graph.node(name))?.slice(1);
  return shape?.every((size) => size > 0) === true ? shape : null;
}
