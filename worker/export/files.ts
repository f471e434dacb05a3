/** The files a person downloads. The same model gives the same bytes wherever it is saved. */
import { checkpointFiles } from '../formats/checkpoint.ts';
import type { NamedBlob } from '../formats/checkpointFiles.ts';
import { writeCheckpointState } from '../formats/checkpointState.ts';
import { metaGraphChunks } from '../formats/metaGraph.ts';
import type { Graph } from '../graph/graph.ts';
import { graphBytes, graphText } from '../graph/graphFile.ts';
import type { Model } from '../graph/model.ts';
import { isVariable, variableName } from '../graph/variables.ts';
import type { SourceFile } from '../protocol.ts';
import { isTrainingGraph, readQuantizers } from '../quantize/readQuantizers.ts';
import { fastModeName, graffitistName } from './checkpointName.ts';
import type { Exportable } from './exportable.ts';
import { freeze, frozenChunks } from './freeze.ts';
import { metaParts } from './metaParts.ts';
import { savedModelFiles } from './savedModel.ts';
import { keptSignatures } from './signature.ts';
import { trainingMetaGraph } from './trainingMetaGraph.ts';
import { variablesOf } from './variables.ts';

/** A graph as a .pb file. */
export function graphFile(graph: Graph, name: string): SourceFile {
  return { name, blob: new Blob(graphBytes(graph) as BlobPart[]) };
}

/** What a graph is put into: a GraphDef in binary or text form, a MetaGraph, a SavedModel. */
export type Container = 'pb' | 'pbtxt' | 'meta' | 'saved-model';

/**
 * EXP1: weights and thresholds as constants in the graph, which goes into the container. Errors as `freeze`.
 * @param name file name without ending
 */
export async function frozenFiles(source: Exportable, name: string, container: Container = 'pb'): Promise<SourceFile[]> {
  if (container === 'pb') return [{ name: `${name}.pb`, blob: new Blob((await frozenChunks(source)) as BlobPart[]) }];
  const graph = await freeze(source);
  // What named variables, savers and their nodes is no more.
  const model = { ...source.model, graph, meta: null };
  return modelFiles({ model, thresholds: new Map() }, name, container);
}

/**
 * EXP2: what the original writes: the graph with its variables, and beside it the checkpoint `<name>_graffitist.ckpt` with weights
 * and thresholds and the text file `checkpoint` that names it. A graph without quantizers, or whose thresholds are all constants, is
 * the graph alone. A SavedModel has its checkpoint in itself. Left shifts (EXP12) go into `…_fastmode.ckpt`, which `checkpoint` names then;
 * what was calibrated stays beside it.
 * EXP8: a training graph also gets the MetaGraph `<name>_graffitist.ckpt.meta`.
 * RET12: so does one that was retrained: its inference graph, restored by a saver for all its variables.
 * EXP13: variables whose values a transform made or changed go into the checkpoint without thresholds too.
 * @param name file name of the graph without ending
 * @param checkpoint name of the checkpoint that the weights came from (`x.ckpt`), null for a frozen graph
 * @throws GraffitistError `variable-missing`
 */
export async function graffitistFiles(
  source: Exportable,
  name: string,
  checkpoint: string | null,
  container: Container = 'pb',
): Promise<SourceFile[]> {
  const files = await modelFiles(source, name, container);
  if (container === 'saved-model' || (source.thresholds.size === 0 && !holdsOwnValues(source.model))) return files;
  const { unshifted, calibrated = true } = source;
  if (unshifted === undefined) return [...files, ...(await variableFiles(source, graffitistName(checkpoint)))];
  const prefix = calibrated ? graffitistName(checkpoint) : (checkpoint ?? graffitistName(null));
  const before = calibrated ? checkpointFiles(prefix, await variablesOf({ ...source, thresholds: unshifted })) : [];
  return [...files, ...before, ...(await variableFiles(source, fastModeName(prefix)))];
}

/** Whether variables of the graph have values that stand in no file, and every threshold has one. */
function holdsOwnValues({ graph, changedVariables = new Set() }: Model): boolean {
  const own = graph.nodes.some((node) => isVariable(node) && changedVariables.has(variableName(node)));
  return own && readQuantizers(graph).every(({ constantLog2 }) => constantLog2 !== undefined);
}

/** EXP7: all variables of the graph as a checkpoint, and the text file `checkpoint` that names it; nothing for a frozen graph. */
export async function variableFiles(source: Exportable, prefix: string): Promise<NamedBlob[]> {
  const own = await variablesOf(source);
  if (own.size === 0) return [];
  const tensors = new Map([...(source.trainedVariables ?? []), ...own]);
  const state = writeCheckpointState({ current: prefix, all: [prefix] });
  return [
    ...checkpointFiles(prefix, tensors),
    ...checkpointMeta(source, `${prefix}.meta`),
    { name: 'checkpoint', blob: new Blob([state]) },
  ];
}

/** The MetaGraph beside a checkpoint: of a training graph, and of one that was retrained. */
function checkpointMeta({ model, trainedVariables }: Exportable, name: string): NamedBlob[] {
  if (isTrainingGraph(model.graph)) return [{ name, blob: new Blob([trainingMetaGraph(model)] as BlobPart[]) }];
  return trainedVariables === undefined ? [] : [metaFile(model, name, true)];
}

async function modelFiles(source: Exportable, name: string, container: Container): Promise<SourceFile[]> {
  switch (container) {
    case 'pb':
      return [graphFile(source.model.graph, `${name}.pb`)];
    case 'pbtxt':
      return [{ name: `${name}.pbtxt`, blob: new Blob(graphText(source.model.graph) as BlobPart[]) }];
    case 'meta':
      return [metaFile(source.model, `${name}.meta`)];
    case 'saved-model':
      return savedModelFiles(source);
  }
}

/** EXP5: a MetaGraph with what the opened one said and still holds: collections, saver (another one where `fresh`), signatures. */
function metaFile(model: Model, name: string, fresh = false): SourceFile {
  const { spec, notes } = metaParts(model, fresh);
  const chunks = metaGraphChunks({ ...spec, tags: model.meta?.tags ?? [], signatures: keptSignatures(model) });
  return { name, blob: new Blob(chunks as BlobPart[]), notes };
}
