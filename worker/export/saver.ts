import type { AttrValue } from '../formats/attrValue.ts';
import type { SaverInfo } from '../formats/metaGraph.ts';
import type { DType, Tensor } from '../formats/tensor.ts';
import { makeStringTensor } from '../formats/tensorValues.ts';
import { type Graph, GraphEditor, type GraphNode } from '../graph/graph.ts';
import { isVariable, variableName } from '../graph/variables.ts';

/** What restores a variable: the node that assigns and the tensor that it assigns. */
export interface Restored {
  readonly variable: GraphNode;
  readonly assign: string;
  readonly value: string;
  /** The tensor through which a resource variable is read. */
  readonly read: string;
}

const text = (value: string) => new TextEncoder().encode(value);
const type = (value: DType): AttrValue => ({ kind: 'type', value });
const types = (value: readonly DType[]): AttrValue => ({
  kind: 'list',
  value: { strings: [], ints: [], floats: [], bools: [], types: value, shapes: [] },
});
const classOf = (node: string): AttrValue => ({
  kind: 'list',
  value: { strings: [`loc:@${node}`], ints: [], floats: [], bools: [], types: [], shapes: [] },
});
const flag = (value: boolean): AttrValue => ({ kind: 'bool', value });

/**
 * The graph with the nodes of TensorFlow's saver: they save all its variables to one file and restore them from it, under the names that a
 * checkpoint has them by.
 */
export function addSaver(graph: Graph): { readonly graph: Graph; readonly saver: SaverInfo; readonly restored: readonly Restored[] } {
  const scope = freeScope(graph);
  const editor = new GraphEditor(graph);
  const at = (name: string) => `${scope}/${name}`;
  const constant = (name: string, value: Tensor): string => {
    const attrs = { dtype: type('string'), value: { kind: 'tensor', value } as const };
    return editor.add({ name: at(name), op: 'Const', attrs }).name;
  };
  const list = (name: string, values: readonly string[]) => constant(name, makeStringTensor([values.length], values.map(text)));
  const bare = (name: string, op: string, inputs: readonly string[], attrs: Record<string, AttrValue>) =>
    editor.add({ name: at(name), op, inputs, attrs }).name;

  const variables = graph.nodes.filter(isVariable).sort((a, b) => (variableName(a) < variableName(b) ? -1 : 1));
  const names = variables.map(variableName);
  const whole = names.map(() => '');
  const dtypes = { dtypes: types(variables.map(elementType)) };
  const scalar = { dtype: type('string'), shape: { kind: 'shape', value: [] } as const };
  const fallback = constant('filename/input', makeStringTensor([], [text('model')]));
  const prefix = bare('Const', 'PlaceholderWithDefault', [bare('filename', 'PlaceholderWithDefault', [fallback], scalar)], scalar);
  const reads = variables.map(
    (variable, i) =>
      readOf(graph, variable) ?? bare(numbered('Read', i), 'ReadVariableOp', [variable.name], { dtype: type(elementType(variable)) }),
  );
  bare('SaveV2', 'SaveV2', [prefix, list('SaveV2/tensor_names', names), list('SaveV2/shape_and_slices', whole), ...reads], dtypes);
  const saved = editor.add({
    name: at('control_dependency'),
    op: 'Identity',
    inputs: [prefix],
    controls: [at('SaveV2')],
    attrs: { T: type('string'), _class: classOf(prefix) },
  });
  bare('RestoreV2', 'RestoreV2', [prefix, list('RestoreV2/tensor_names', names), list('RestoreV2/shape_and_slices', whole)], dtypes);
  const restored = variables.map((variable, i): Restored => {
    const value = i === 0 ? at('RestoreV2') : `${at('RestoreV2')}:${i}`;
    const resource = variable.op === 'VarHandleOp';
    const attrs: Record<string, AttrValue> = resource
      ? { dtype: type(elementType(variable)) }
      : { T: type(elementType(variable)), use_locking: flag(true), validate_shape: flag(true), _class: classOf(variable.name) };
    const assign = bare(numbered('Assign', i), resource ? 'AssignVariableOp' : 'Assign', [variable.name, value], attrs);
    return { variable, assign, value: `${at('RestoreV2')}:${i}`, read: reads[i] ?? variable.name };
  });
  const restore = editor.add({ name: at('restore_all'), op: 'NoOp', controls: restored.map(({ assign }) => assign) });
  return { graph: editor.graph(), saver: { filename: `${prefix}:0`, save: `${saved.name}:0`, restore: restore.name }, restored };
}

/** The value of a variable: by reference it is itself, behind a handle some read of it. */
function readOf(graph: Graph, variable: GraphNode): string | undefined {
  if (variable.op !== 'VarHandleOp') return variable.name;
  return graph.uses(variable.name).find(({ consumer }) => consumer.op === 'ReadVariableOp')?.consumer.name;
}

function elementType(variable: GraphNode): DType {
  const dtype = variable.attr('dtype');
  return dtype?.kind === 'type' ? dtype.value : 'float32';
}

function numbered(name: string, index: number): string {
  return index === 0 ? name : `${name}_${index}`;
}

/** `save`, or `save_1` … where a saver stands already. */
function freeScope(graph: Graph): string {
  const taken = new Set(graph.nodes.map(({ name }) => name.slice(0, Math.max(0, name.indexOf('/')))));
  let scope = 'save';
  for (let i = 1; taken.has(scope) || graph.has(scope); i++) scope = `save_${i}`;
  return scope;
}
