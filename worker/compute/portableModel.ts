/** A model as it crosses to a compute worker: files by reference, what was made here by copy. */
import { bindVariables, type CheckpointPart, openCheckpoint } from '../formats/checkpoint.ts';
import type { Tensor } from '../formats/tensor.ts';
import type { Graph } from '../graph/graph.ts';
import { graphBytes, openGraph } from '../graph/graphFile.ts';
import type { Model, VariablePart, VariableSource } from '../graph/model.ts';
import { layeredVariables, memoryVariables } from '../graph/variables.ts';

export interface PortableModel {
  /** GraphDef bytes. */
  readonly graph: Blob;
  readonly variables: readonly VariablePart[];
  readonly inputs: readonly string[];
}

/** What a worker opens it as. */
export interface OpenedModel {
  readonly graph: Graph;
  readonly variables: VariableSource;
  readonly inputs: readonly string[];
}

/** Packs a model. The Blob is one copy of the graph, shared by all workers; each reads the variables it needs from the checkpoint. */
export function portableModel(model: Pick<Model, 'graph' | 'variables' | 'inputs'>): PortableModel {
  return {
    graph: new Blob(graphBytes(model.graph) as BlobPart[]),
    variables: model.variables.parts.map((part) =>
      part.kind === 'checkpoint'
        ? part
        : { kind: 'values', tensors: new Map([...part.tensors].map(([name, tensor]) => [name, compact(tensor)])) },
    ),
    inputs: model.inputs,
  };
}

/** @throws GraffitistError as the readers of graph and checkpoint do */
export async function openPortable({ graph, variables, inputs }: PortableModel): Promise<OpenedModel> {
  const sources = await Promise.all(
    variables.map(async (part) => (part.kind === 'values' ? memoryVariables(part.tensors) : openPart(part))),
  );
  return { graph: openGraph(new Uint8Array(await graph.arrayBuffer()), 'the graph'), variables: layeredVariables(...sources), inputs };
}

async function openPart({ files, bindings = new Map() }: CheckpointPart): Promise<VariableSource> {
  const checkpoint = await openCheckpoint(files);
  return checkpoint === undefined ? memoryVariables(new Map()) : bindVariables(checkpoint, bindings);
}

/** Structured clone copies the whole buffer behind a view. */
function compact(tensor: Tensor): Tensor {
  return tensor.bytes.byteLength === tensor.bytes.buffer.byteLength ? tensor : { ...tensor, bytes: tensor.bytes.slice() };
}
