import { type Collection, listedVariables, type MetaInfo, type VariableInfo, variableCollection } from '../formats/metaGraph.ts';
import { type Graph, parseEdge } from '../graph/graph.ts';
import { variableInfo } from '../graph/variableInfo.ts';
import { isVariable } from '../graph/variables.ts';

const VARIABLES = 'variables';
const TRAINABLE = 'trainable_variables';
const NO_META: MetaInfo = { tags: [], tensorflowVersion: '', collections: new Map(), saver: undefined, signatures: new Map() };

/**
 * TRN21: what a graph says of its variables once some were constants: they stand behind those that its collections list, or, where there
 * were none, behind those that it has. Of the thawed ones `trained` are trained; the others are statistics, and
 * so are `statistics` of those that it has.
 */
export function thawedCollections(
  graph: Graph,
  meta: MetaInfo | null,
  thawed: readonly string[],
  trained: ReadonlySet<string>,
  statistics: ReadonlySet<string>,
): MetaInfo {
  const before = meta ?? NO_META;
  const names = new Set(thawed);
  const added = thawed.map((name) => ({ ...variableInfo(graph, graph.node(name)), trainable: trained.has(name) }));
  const own = graph.nodes
    .filter((node) => isVariable(node) && !names.has(node.name))
    .map((node) => variableInfo(graph, node))
    .map((info) => (statistics.has(parseEdge(info.variable).node) ? { ...info, trainable: false } : info));
  const listed = before.collections.has(VARIABLES);
  const list = (collection: string, wanted: (info: VariableInfo) => boolean): readonly [string, Collection] => {
    const old = listed ? listedVariables(before.collections.get(collection)) : own.filter(wanted);
    const kept = old.filter(({ variable }) => !names.has(parseEdge(variable).node));
    return [collection, variableCollection([...kept, ...added.filter(wanted)])];
  };
  const lists = [list(VARIABLES, () => true), list(TRAINABLE, ({ trainable }) => trainable)];
  return { ...before, collections: new Map([...before.collections, ...lists]) };
}
