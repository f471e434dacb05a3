import { joinBytes } from '../../worker/formats/bytes.ts';
import { tensorflow } from '../../worker/formats/proto/generated/messages.js';
import type { Graph } from '../../worker/graph/graph.ts';
import { graphBytes } from '../../worker/graph/graphFile.ts';
import type { GraphWriter, VariableEntry } from './graphNodes.ts';
import { SAVER } from './saver.ts';

/** A MetaGraphDef: the graph, how its saver is driven, and the collections that a training script looks into. */
export function metaGraphBytes(graph: Graph, lists: Pick<GraphWriter, 'variables' | 'updates' | 'penalties'>): Uint8Array {
  const trainable = lists.variables.filter((variable) => variable.trainable);
  return tensorflow.MetaGraphDef.encode({
    metaInfoDef: { tensorflowVersion: '1.14.0' },
    graphDef: joinBytes(graphBytes(graph)),
    saverDef: {
      filenameTensorName: SAVER.filename,
      saveTensorName: SAVER.save,
      restoreOpName: SAVER.restore,
      maxToKeep: 5,
      keepCheckpointEveryNHours: 10000,
      version: tensorflow.SaverDef.CheckpointFormatVersion.V2,
    },
    collectionDef: {
      model_variables: variableList(lists.variables),
      regularization_losses: { nodeList: { value: lists.penalties.map((name) => `${name}:0`) } },
      trainable_variables: variableList(trainable),
      update_ops: { nodeList: { value: lists.updates } },
      variables: variableList(lists.variables),
    },
  }).finish();
}

function variableList(variables: readonly VariableEntry[]): tensorflow.CollectionDef.$Properties {
  return { bytesList: { value: variables.map(variableDef) } };
}

function variableDef({ name, initializer, trainable }: VariableEntry): Uint8Array {
  return tensorflow.VariableDef.encode({
    variableName: `${name}:0`,
    initializerName: `${name}/Assign`,
    snapshotName: `${name}/read:0`,
    initialValueName: `${initializer}:0`,
    ...(trainable ? { trainable } : {}),
  }).finish();
}
