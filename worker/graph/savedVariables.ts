import { OBJECT_GRAPH, readObjectGraph } from '../formats/objectGraph.ts';
import type { Tensor } from '../formats/tensor.ts';
import { type Binding, parseSlice, type TensorSlice } from '../formats/tensorSlice.ts';
import type { Graph, GraphNode } from './graph.ts';
import type { VariableSource } from './model.ts';
import { isVariable, variableName } from './variables.ts';

const decoder = new TextDecoder();

/**
 * Where a checkpoint holds the variables that it does not list under their own names: as the graph's saver says, as the objects that
 * TensorFlow 2 saved are named, or by the numbers of their parts.
 *
 * @throws GraffitistError `checkpoint-corrupt`
 */
export async function storedVariables(
  graph: Graph,
  source: Pick<VariableSource, 'entries' | 'read'>,
): Promise<ReadonlyMap<string, Binding>> {
  const wanted = graph.nodes.filter(isVariable).map(variableName);
  const missing = new Set(wanted.filter((name) => !source.entries.has(name)));
  if (missing.size === 0) return new Map();
  const named = source.entries.has(OBJECT_GRAPH) ? readObjectGraph(await source.read(OBJECT_GRAPH)) : new Map<string, string>();
  const byName = [...named].map(([name, key]): [string, Binding] => [name, { key, slice: undefined }]);
  const found = [...partsOf(graph, source.entries), ...byName, ...restoredFrom(graph)];
  return new Map(found.filter(([name, { key }]) => missing.has(name) && source.entries.has(key)));
}

/**
 * Where a graph's own saver finds the values of its variables: the name of the stored tensor, and which part of it a partitioned
 * variable takes. Variables that it stores under their own names, whole, are not listed.
 */
function restoredFrom(graph: Graph): ReadonlyMap<string, Binding> {
  const bindings = new Map<string, Binding>();
  for (const node of graph.nodes) {
    if (node.op !== 'RestoreV2') continue;
    const [keys, slices] = [constantTexts(graph, node, 1), constantTexts(graph, node, 2)];
    for (const { consumer, port } of graph.uses(node.name)) {
      const variable = assignedVariable(graph, consumer);
      const key = keys[port];
      if (variable === undefined || key === undefined) continue;
      const slice = parseSlice(slices[port] ?? '');
      if (key !== variable || slice !== undefined) bindings.set(variable, { key, slice });
    }
  }
  return bindings;
}

/** The variable that a restored value ends up in. */
function assignedVariable(graph: Graph, reader: GraphNode): string | undefined {
  let node: GraphNode | undefined = reader;
  for (let steps = 0; node !== undefined && steps < 8; steps++) {
    if (node.op === 'Assign' || node.op === 'AssignVariableOp') {
      const variable = holder(graph, node.edges[0]?.node);
      return variable === undefined ? undefined : variableName(variable);
    }
    if (node.op !== 'Identity' && node.op !== 'Reshape') return undefined;
    node = graph.uses(node.name)[0]?.consumer;
  }
  return undefined;
}

function holder(graph: Graph, name: string | undefined): GraphNode | undefined {
  let node = graph.find(name ?? '');
  for (let steps = 0; node?.op === 'Identity' && steps < 8; steps++) node = graph.find(node.edges[0]?.node ?? '');
  return node !== undefined && isVariable(node) ? node : undefined;
}

function constantTexts(graph: Graph, node: GraphNode, slot: number): readonly string[] {
  const value = graph.find(node.edges[slot]?.node ?? '')?.attr('value');
  return value?.kind === 'tensor' ? (value.value.strings ?? []).map((text) => decoder.decode(text)) : [];
}

/**
 * Parts of partitioned variables, `x/part_0`, `x/part_1` …, of a graph without saver: in order they fill the stored tensor `x` along
 * the one dimension in which they differ from it. Parts that do not are left out.
 */
function partsOf(graph: Graph, stored: ReadonlyMap<string, Pick<Tensor, 'shape'>>): ReadonlyMap<string, Binding> {
  const groups = new Map<string, { readonly name: string; readonly part: number; readonly shape: readonly number[] }[]>();
  for (const node of graph.nodes) {
    if (!isVariable(node)) continue;
    const name = variableName(node);
    const [, key = '', part] = /^(.+)\/part_(\d+)$/.exec(name) ?? [];
    const shape = node.attr('shape');
    if (part === undefined || stored.has(name) || !stored.has(key) || shape?.kind !== 'shape' || shape.value === null) continue;
    const group = groups.get(key) ?? [];
    group.push({ name, part: Number(part), shape: shape.value });
    groups.set(key, group);
  }
  const bindings = new Map<string, Binding>();
  for (const [key, parts] of groups) {
    const whole = stored.get(key)?.shape ?? [];
    const axis = whole.findIndex((size, i) => size !== parts[0]?.shape[i]);
    let start = 0;
    for (const { name, shape } of parts.sort((a, b) => a.part - b.part)) {
      const slice: TensorSlice = whole.map((_, i) => ({ start: i === axis ? start : 0, length: shape[i] ?? -1 }));
      bindings.set(name, { key, slice });
      start += shape[axis] ?? 0;
    }
    if (start !== (whole[axis] ?? 0)) for (const { name } of parts) bindings.delete(name);
  }
  return bindings;
}
