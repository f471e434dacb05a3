/** The MetaGraph of a training graph: what a training script imports (`tf.train.import_meta_graph`). */
import { joinBytes } from '../formats/bytes.ts';
import {
  type Collection,
  readVariableInfo,
  restoredVariables,
  variableCollection,
  variableMessage,
  writeMetaGraph,
} from '../formats/metaGraph.ts';
import { Graph, GraphNode, parseEdge } from '../graph/graph.ts';
import { graphBytes } from '../graph/graphFile.ts';
import type { Model } from '../graph/model.ts';
import { saverNodes } from '../graph/saver.ts';
import { uniqueName } from '../graph/scopes.ts';
import { readOf, variableInfo } from '../graph/variableInfo.ts';
import { isVariable } from '../graph/variables.ts';
import { calibrationOrder } from '../quantize/calibrationOrder.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import { withoutSavers } from './withoutSavers.ts';

/** Collections that list variables, thresholds among them in the first two. */
const VARIABLES = 'variables';
const TRAINABLE = 'trainable_variables';

/** The original restores with one saver and saves with the next. */
const SAVER = 'save_1';

/**
 * EXP8: the graph with one saver, for all variables, in the place of those it had; the collections of the file it came from, as far as
 * their nodes are still there; thresholds added as trainable variables in the order in which the original makes them.
 * EXP9: a graph from a file without collections lists all its variables, as trainable those that nothing updates.
 */
export function trainingMetaGraph({ graph, meta }: Pick<Model, 'graph' | 'meta'>): Uint8Array {
  const bare = withoutSavers(graph);
  const scope = uniqueName(SAVER, (name) => bare.has(`${name}/Const`));
  const saver = saverNodes(
    bare.nodes.filter(isVariable),
    scope,
    (variable) => readOf(bare, variable),
    (name) => bare.has(name),
  );
  const whole = new Graph([...bare.nodes, ...saver.nodes.map((spec) => GraphNode.make(spec))], bare.envelope);
  const restored = restoredCollections(whole, meta?.collections ?? new Map());
  return writeMetaGraph({
    graph: joinBytes(graphBytes(whole)),
    collections: Object.fromEntries(withThresholds(whole, restored)),
    saver: saver.info,
  });
}

function restoredCollections(graph: Graph, collections: ReadonlyMap<string, Collection>): ReadonlyMap<string, Collection> {
  const there = (tensor: string): boolean => graph.has(parseEdge(tensor).node);
  const kept = [...collections].map(([name, collection]): readonly [string, Collection] => {
    if (collection.kind === 'nodes') return [name, { kind: 'nodes', values: collection.values.filter(there) }];
    return [name, /(^|_)variables$/.test(name) ? { kind: 'bytes', values: restoredVariables(collection, there) } : collection];
  });
  return new Map(kept);
}

function withThresholds(graph: Graph, restored: ReadonlyMap<string, Collection>): ReadonlyMap<string, Collection> {
  const thresholds = thresholdsInOrder(graph);
  const names = new Set(thresholds);
  const added = thresholds.map((name) => ({ ...variableInfo(graph, graph.node(name)), trainable: true }));
  const rest = graph.nodes.filter((node) => isVariable(node) && !names.has(node.name)).map((node) => variableInfo(graph, node));
  const ofGraph = (name: string) => variableCollection(rest.filter(({ trainable }) => trainable || name === VARIABLES));
  const lists = [VARIABLES, TRAINABLE].map((name): readonly [string, Collection] => {
    const before = restored.has(VARIABLES) ? restored.get(name) : ofGraph(name);
    const kept = before === undefined ? [] : restoredVariables(before, (variable) => !names.has(parseEdge(variable).node));
    return [name, { kind: 'bytes', values: [...kept.map((entry) => initialized(graph, entry)), ...added.map(variableMessage)] }];
  });
  return new Map([...restored, ...lists]);
}

/** The entry of a variable whose initializer is not in the graph (a thawed one, TRN20) as the graph tells it. */
function initialized(graph: Graph, entry: Uint8Array): Uint8Array {
  const info = readVariableInfo(entry);
  if (graph.has(parseEdge(info.initializer).node)) return entry;
  const told = variableInfo(graph, graph.node(parseEdge(info.variable).node));
  return variableMessage({ ...told, trainable: info.trainable });
}

/** Threshold variables as the calibration comes to them first; behind them those that no quantizer reads any more. */
function thresholdsInOrder(graph: Graph): readonly string[] {
  const thresholds = new Map(readQuantizers(graph).map(({ node, threshold }) => [node, threshold]));
  const read = calibrationOrder(graph).flatMap((node) => thresholds.get(node) ?? []);
  const unread = graph.nodes.filter((node) => isVariable(node) && node.name.endsWith('/m_threshold')).map(({ name }) => name);
  return [...new Set([...read, ...unread])].filter((name) => isVariable(graph.node(name)));
}
