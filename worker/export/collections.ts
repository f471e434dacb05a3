import { type Collection, type MetaInfo, readVariableInfo, type VariableInfo, variableMessage } from '../formats/metaGraph.ts';
import { type Graph, parseEdge } from '../graph/graph.ts';

/** Collections whose entries are variables. */
const VARIABLES: ReadonlySet<string> = new Set([
  'variables',
  'trainable_variables',
  'local_variables',
  'model_variables',
  'moving_average_variables',
  'metric_variables',
  'global_step',
]);
/** Collections that TensorFlow builds objects from when it imports a graph: it fails where their nodes are gone. */
const OBJECTS: ReadonlySet<string> = new Set(['cond_context', 'while_context', 'queue_runners', 'savers', 'resources']);

/** What of a MetaGraph still holds for a graph, and what was left out. */
export interface Kept<T> {
  readonly kept: T;
  readonly notes: readonly string[];
}

/**
 * The collections of a MetaGraph for a graph that may have lost nodes: entries whose nodes are gone are left out.
 * @param mend entries of variables whose initializers are gone, made whole, by variable
 */
export function keptCollections(
  meta: MetaInfo | null,
  graph: Graph,
  mend: ReadonlyMap<string, VariableInfo>,
): Kept<Readonly<Record<string, Collection>>> {
  const kept: Record<string, Collection> = {};
  const notes: string[] = [];
  for (const [name, collection] of meta?.collections ?? []) {
    const rest = remaining(name, collection, graph, mend);
    const lost = count(collection) - count(rest);
    if (lost > 0) notes.push(`Collection '${name}': ${lost} of ${count(collection)} entries name nodes that are gone and are left out.`);
    if (rest !== undefined && (count(rest) > 0 || count(collection) === 0)) kept[name] = rest;
  }
  return { kept, notes };
}

/** The saver of a MetaGraph where its nodes are still there. */
export function keptSaver(meta: MetaInfo | null, graph: Graph): Kept<MetaInfo['saver']> {
  const saver = meta?.saver;
  if (saver === undefined) return { kept: undefined, notes: [] };
  if ([saver.filename, saver.save, saver.restore].every((tensor) => hasTensor(graph, tensor))) return { kept: saver, notes: [] };
  return { kept: undefined, notes: ['The saver is left out: its nodes are gone. TensorFlow makes a new one on import.'] };
}

function remaining(name: string, collection: Collection, graph: Graph, mend: ReadonlyMap<string, VariableInfo>): Collection | undefined {
  if (collection.kind === 'nodes') return { kind: 'nodes', values: collection.values.filter((tensor) => hasTensor(graph, tensor)) };
  if (OBJECTS.has(name)) return undefined;
  if (collection.kind !== 'bytes' || !VARIABLES.has(name)) return collection;
  const values = collection.values.map((bytes) => mendedEntry(bytes, graph, mend));
  return { kind: 'bytes', values: values.filter((value) => value !== undefined) };
}

/** The entry of a variable as it was where it still holds, else as it was made whole; undefined where the variable is gone. */
function mendedEntry(bytes: Uint8Array, graph: Graph, mend: ReadonlyMap<string, VariableInfo>): Uint8Array | undefined {
  const info = readEntry(bytes);
  if (info === undefined) return undefined;
  if (isComplete(info, graph)) return bytes;
  const mended = mend.get(info.variable);
  return mended === undefined ? undefined : variableMessage({ ...mended, trainable: info.trainable });
}

function readEntry(bytes: Uint8Array): VariableInfo | undefined {
  try {
    return readVariableInfo(bytes);
  } catch {
    return undefined;
  }
}

/** Whether every node that a variable's entry names is in the graph: TensorFlow looks all of them up. */
function isComplete({ variable, initializer, initialValue, snapshot }: VariableInfo, graph: Graph): boolean {
  return hasTensor(graph, variable) && [initializer, initialValue, snapshot].every((tensor) => tensor === '' || hasTensor(graph, tensor));
}

function hasTensor(graph: Graph, tensor: string): boolean {
  return graph.has(parseEdge(tensor.replace(/^\^/, '')).node);
}

function count(collection: Collection | undefined): number {
  if (collection === undefined) return 0;
  return collection.kind === 'encoded' ? 1 : collection.values.length;
}
