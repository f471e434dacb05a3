import type { AttrList } from '../formats/attrValue.ts';
import type { SaverInfo } from '../formats/metaGraph.ts';
import type { DType } from '../formats/tensor.ts';
import { makeStringTensor } from '../formats/tensorValues.ts';
import type { Edge, GraphNode, NodeSpec } from './graph.ts';
import { uniqueName } from './scopes.ts';
import { variableName } from './variables.ts';

const EMPTY: AttrList = { strings: [], ints: [], floats: [], bools: [], types: [], shapes: [] };
const TEXT = { kind: 'type', value: 'string' } as const;
const FLAG = { kind: 'bool', value: true } as const;
const encoder = new TextEncoder();

/** The nodes by which TensorFlow saves variables to one file and restores them from it, and how they are driven. */
export interface Saver {
  readonly nodes: readonly NodeSpec[];
  readonly info: SaverInfo;
  readonly restored: readonly Restored[];
}

/** How a saver restores one variable. */
export interface Restored {
  readonly variable: GraphNode;
  /** The node that assigns. */
  readonly assign: string;
  /** The tensor that is assigned. */
  readonly value: string;
}

/**
 * The nodes of `tf.train.Saver` for `variables`, in the order in which TensorFlow 1.14 makes them.
 * @param scope where they stand, `save` for the first saver of a program
 * @param readOf the node that reads a resource variable
 * @param taken says which names are in use; those get `_1`, `_2` … appended
 */
export function saverNodes(
  variables: readonly GraphNode[],
  scope: string,
  readOf: (variable: GraphNode) => string,
  taken: (name: string) => boolean,
): Saver {
  const sorted = [...variables].sort((a, b) => (variableName(a) < variableName(b) ? -1 : 1));
  const names = sorted.map(variableName);
  const types = sorted.map(elementType);
  const made = new Set<string>();
  const fresh = (name: string): string => {
    const found = uniqueName(`${scope}/${name}`, (candidate) => made.has(candidate) || taken(candidate));
    made.add(found);
    return found;
  };
  const nodes: NodeSpec[] = [];
  const add = (spec: NodeSpec): string => {
    nodes.push(spec);
    return spec.name;
  };
  const text = (name: string, values: readonly string[], shape: readonly number[]): string => {
    const value = makeStringTensor(
      shape,
      values.map((word) => encoder.encode(word)),
    );
    return add({ name, op: 'Const', attrs: { dtype: TEXT, value: { kind: 'tensor', value } } });
  };
  const lists = (name: string): string[] => [
    text(`${name}/tensor_names`, names, [names.length]),
    text(`${name}/shape_and_slices`, new Array<string>(names.length).fill(''), [names.length]),
  ];
  const dtypes = { dtypes: { kind: 'list', value: { ...EMPTY, types } } } as const;
  const replaceable = { dtype: TEXT, shape: { kind: 'shape', value: [] } } as const;

  const name = fresh('filename');
  add({ name, op: 'PlaceholderWithDefault', inputs: [text(`${name}/input`, ['model'], [])], attrs: replaceable });
  const file = add({ name: fresh('Const'), op: 'PlaceholderWithDefault', inputs: [name], attrs: replaceable });
  const values = sorted.map((variable) => (variable.op === 'VarHandleOp' ? readOf(variable) : variable.name));
  const save = fresh('SaveV2');
  add({ name: save, op: 'SaveV2', inputs: [file, ...lists(save), ...values], attrs: dtypes });
  const saved = add({ name: fresh('control_dependency'), op: 'Identity', inputs: [file], controls: [save], attrs: { T: TEXT } });
  const restore = fresh('RestoreV2');
  add({ name: restore, op: 'RestoreV2', inputs: [file, ...lists(restore)], attrs: dtypes });
  const restored = sorted.map((variable, port): Restored => {
    const value = { node: restore, port };
    const assign = add(
      variable.op === 'VarHandleOp' ? resourceAssignment(variable, value, fresh, add) : assignment(variable, value, fresh),
    );
    return { variable, assign, value: `${restore}:${port}` };
  });
  const all = add({ name: fresh('restore_all'), op: 'NoOp', controls: restored.map(({ assign }) => assign) });
  return { nodes, info: { filename: `${file}:0`, save: `${saved}:0`, restore: all }, restored };
}

type Fresh = (name: string) => string;

function assignment(variable: GraphNode, value: Edge, fresh: Fresh): NodeSpec {
  const colocated = { kind: 'list', value: { ...EMPTY, strings: [`loc:@${variable.name}`] } } as const;
  const attrs = { T: { kind: 'type', value: elementType(variable) }, use_locking: FLAG, validate_shape: FLAG, _class: colocated } as const;
  return { name: fresh('Assign'), op: 'Assign', inputs: [variable.name, value], attrs };
}

function resourceAssignment(variable: GraphNode, value: Edge, fresh: Fresh, add: (spec: NodeSpec) => string): NodeSpec {
  const type = { kind: 'type', value: elementType(variable) } as const;
  const copy = add({ name: fresh('Identity'), op: 'Identity', inputs: [value], attrs: { T: type } });
  return { name: fresh('AssignVariableOp'), op: 'AssignVariableOp', inputs: [variable.name, copy], attrs: { dtype: type } };
}

/** Element type of a variable's values. */
export function elementType(variable: GraphNode): DType {
  const dtype = variable.attr('dtype');
  return dtype?.kind === 'type' ? dtype.value : 'float32';
}
