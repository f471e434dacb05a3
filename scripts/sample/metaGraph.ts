import { joinBytes } from '../../worker/formats/bytes.ts';
import { type VariableInfo, variableCollection, writeMetaGraph } from '../../worker/formats/metaGraph.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import { graphBytes } from '../../worker/graph/graphFile.ts';
import type { GraphWriter, VariableEntry } from './graphNodes.ts';
import { SAVER } from './saver.ts';

/** A MetaGraphDef: the graph, how its saver is driven, and the collections that a training script looks into. */
export function metaGraphBytes(graph: Graph, lists: Pick<GraphWriter, 'variables' | 'updates' | 'penalties'>): Uint8Array {
  const variables = lists.variables.map(variableInfo);
  return writeMetaGraph({
    graph: joinBytes(graphBytes(graph)),
    saver: SAVER,
    collections: {
      model_variables: variableCollection(variables),
      regularization_losses: { kind: 'nodes', values: lists.penalties.map((name) => `${name}:0`) },
      trainable_variables: variableCollection(variables.filter(({ trainable }) => trainable)),
      update_ops: { kind: 'nodes', values: lists.updates },
      variables: variableCollection(variables),
    },
  });
}

function variableInfo({ name, initializer, trainable }: VariableEntry): VariableInfo {
  return {
    variable: `${name}:0`,
    initialValue: `${initializer}:0`,
    initializer: `${name}/Assign`,
    snapshot: `${name}/read:0`,
    trainable,
    // The statistics of batch normalization are the only variables that are not trained.
    meanOfReplicas: !trainable,
  };
}
