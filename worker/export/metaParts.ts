import { type MetaGraphSpec, type VariableInfo, variableCollection } from '../formats/metaGraph.ts';
import type { Graph, GraphNode } from '../graph/graph.ts';
import { graphBytes } from '../graph/graphFile.ts';
import type { Model } from '../graph/model.ts';
import { isVariable } from '../graph/variables.ts';
import { keptCollections, keptSaver } from './collections.ts';
import { addSaver, type RestoredRead } from './saver.ts';

/** What a MetaGraph of a model holds, its signatures aside. */
export interface MetaParts {
  readonly spec: Pick<MetaGraphSpec, 'graph' | 'collections' | 'saver'>;
  /** What could not be kept. */
  readonly notes: readonly string[];
}

/**
 * Graph, collections and saver of a model, as far as the opened file's still hold. A graph whose variables no saver restores gets one, and
 * a variable whose initializer is gone is initialized by what restores it, so that TensorFlow loads and restores the graph.
 *
 * @param fresh with a saver of its own in any case: for values that the opened file's saver does not know
 */
export function metaParts({ graph, meta = null }: Model, fresh: boolean): MetaParts {
  const kept = fresh ? { kept: undefined, notes: [] } : keptSaver(meta, graph);
  if (kept.kept !== undefined || !graph.nodes.some(isVariable)) {
    const collections = keptCollections(meta, graph, new Map());
    return {
      spec: { graph: graphBytes(graph), collections: collections.kept, saver: kept.kept },
      notes: [...collections.notes, ...kept.notes],
    };
  }
  const saved = addSaver(graph);
  const mend = new Map(saved.restored.map((entry) => [`${entry.variable.name}:0`, restoredInfo(saved.graph, entry)]));
  const collections = keptCollections(meta, saved.graph, mend);
  const all = collections.kept.variables ?? variableCollection([...mend.values()]);
  const notes = meta?.saver === undefined || fresh ? collections.notes : [...collections.notes, 'The saver was gone; a new one was added.'];
  return { spec: { graph: graphBytes(saved.graph), collections: { ...collections.kept, variables: all }, saver: saved.saver }, notes };
}

function restoredInfo(graph: Graph, { variable, assign, value, read }: RestoredRead): VariableInfo {
  const resource = variable.op === 'VarHandleOp';
  return {
    variable: `${variable.name}:0`,
    initializer: assign,
    initialValue: value,
    snapshot: `${resource ? read : snapshotOf(graph, variable)}:0`,
    trainable: false,
    ...(resource ? { isResource: true } : {}),
  };
}

/** The read of a variable by reference, else the variable itself. */
function snapshotOf(graph: Graph, variable: GraphNode): string {
  return graph.uses(variable.name).find(({ consumer }) => consumer.op === 'Identity')?.consumer.name ?? variable.name;
}
