/** The files a person downloads. The same model gives the same bytes wherever it is saved. */
import { checkpointFiles } from '../formats/checkpoint.ts';
import { writeCheckpointState } from '../formats/checkpointState.ts';
import type { Tensor } from '../formats/tensor.ts';
import { makeTensor } from '../formats/tensorValues.ts';
import type { Graph, GraphNode } from '../graph/graph.ts';
import { graphBytes } from '../graph/graphFile.ts';
import { isVariable, variableName } from '../graph/variables.ts';
import type { SourceFile } from '../protocol.ts';
import { isTrainingGraph, readQuantizers } from '../quantize/readQuantizers.ts';
import type { Exportable } from './exportable.ts';
import { freeze } from './freeze.ts';
import { trainingMetaGraph } from './trainingMetaGraph.ts';

/** A graph as a .pb file. */
export function graphFile(graph: Graph, name: string): SourceFile {
  return { name, blob: new Blob(graphBytes(graph) as BlobPart[]) };
}

/** EXP1: weights and thresholds as constants in one .pb. Errors as `freeze`. */
export async function frozenFile(source: Exportable, name: string): Promise<SourceFile> {
  return graphFile(await freeze(source), name);
}

/**
 * EXP2: what the original writes: the graph with its variables, and beside it the checkpoint `<name>_graffitist.ckpt` with weights
 * and thresholds and the text file `checkpoint` that names it.
 * EXP4: a training graph also gets the MetaGraph `<name>_graffitist.ckpt.meta`. A graph without quantizers, or whose thresholds are all constants, is
 * the .pb alone.
 * @param checkpoint name of the checkpoint that the weights came from (`x.ckpt`), null for a frozen graph
 * @throws GraffitistError `variable-missing`
 */
export async function graffitistFiles(source: Exportable, name: string, checkpoint: string | null): Promise<SourceFile[]> {
  const pb = graphFile(source.model.graph, name);
  const tensors = source.thresholds.size === 0 ? new Map<string, Tensor>() : await variablesOf(source);
  if (tensors.size === 0) return [pb];
  const prefix = graffitistName(checkpoint);
  const state = writeCheckpointState({ current: prefix, all: [prefix] });
  const meta = isTrainingGraph(source.model.graph)
    ? [{ name: `${prefix}.meta`, blob: new Blob([trainingMetaGraph(source.model)] as BlobPart[]) }]
    : [];
  return [pb, ...checkpointFiles(prefix, tensors), ...meta, { name: 'checkpoint', blob: new Blob([state]) }];
}

/** Facts 6.1: `x.ckpt` → `x_graffitist.ckpt`, a frozen model → `frozen_model_graffitist.ckpt`; a step number or an earlier `_graffitist` goes. */
export function graffitistName(checkpoint: string | null): string {
  if (checkpoint === null) return 'frozen_model_graffitist.ckpt';
  const base = checkpoint.replace(/-\d+$/, '').replace(/\.ckpt$/, '');
  return `${base.replace(/_graffitist$/, '')}_graffitist.ckpt`;
}

/** Every variable of the graph with its value: thresholds as found, all others from where the model has them. */
async function variablesOf({ model, thresholds }: Exportable): Promise<ReadonlyMap<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  const read = new Set(readQuantizers(model.graph).map(({ threshold }) => threshold));
  for (const node of model.graph.nodes) {
    if (!isVariable(node)) continue;
    const name = variableName(node);
    const log2 = thresholds.get(name);
    const unread =
      log2 === undefined && !read.has(name) && !model.variables.entries.has(name) ? initialValue(model.graph, node) : undefined;
    tensors.set(name, log2 === undefined ? (unread ?? (await model.variables.read(name))) : makeTensor(elementType(node), [], [log2]));
  }
  return tensors;
}

function elementType(node: GraphNode): 'float32' | 'float64' {
  const dtype = node.attr('dtype');
  return dtype?.kind === 'type' && dtype.value === 'float64' ? 'float64' : 'float32';
}

/** A threshold that no quantizer reads any more (another merge took its members) keeps what it was initialized with. */
function initialValue(graph: Graph, variable: GraphNode): Tensor | undefined {
  const assign = graph.uses(variable.name).find(({ consumer, slot }) => consumer.op === 'Assign' && slot === 0)?.consumer;
  const value = graph.find(assign?.edges[1]?.node ?? '')?.attr('value');
  return value?.kind === 'tensor' ? value.value : undefined;
}
