import { GraffitistError } from '../errors.ts';
import { makeTensor } from '../formats/tensorValues.ts';
import { type Graph, GraphEditor, type GraphNode } from '../graph/graph.ts';
import { VARIABLE_OPS } from './placement/ops.ts';
import { thresholdVariables } from './readQuantizers.ts';

/**
 * QNT26: the self-contained form of a quantized graph: each threshold variable becomes a constant of the same name that holds log2 t, its
 * assignment and initializer go. Everything else of the scope stays, so that the file opens with the same table and TensorFlow sees the
 * same names. Thresholds that are constants already stay as they are; shared variables that nobody reads any more are dropped.
 *
 * @param log2 log2 t by threshold variable; stored in the variable's element type
 * @throws GraffitistError `threshold-missing` naming the first variable without a value
 */
export function freezeThresholds(graph: Graph, log2: ReadonlyMap<string, number>): Graph {
  const editor = new GraphEditor(graph);
  const used = thresholdVariables(graph);
  for (const { name, constantLog2 } of used) {
    if (constantLog2 !== undefined) continue;
    const value = log2.get(name);
    if (value === undefined || Number.isNaN(value)) throw missing(name);
    removeAssignments(graph, editor, name);
    editor.replace(constant(graph.node(name), value));
  }
  const read = new Set(used.map(({ name }) => name));
  for (const { name, op } of graph.nodes) {
    if (op !== 'VariableV2' || !name.endsWith('/m_threshold') || read.has(name)) continue;
    removeAssignments(graph, editor, name);
    editor.remove(`${name}/read`);
    editor.remove(name);
  }
  return editor.graph();
}

function constant(variable: GraphNode, value: number): GraphNode {
  const dtype = variable.attr('dtype');
  const type = dtype?.kind === 'type' && dtype.value === 'float64' ? 'float64' : 'float32';
  if (!VARIABLE_OPS.has(variable.op)) {
    throw new GraffitistError('node-malformed', `A threshold in a ${variable.op} cannot be made a constant.`, {
      about: variable.name,
      remedy: 'Thresholds are VariableV2 nodes.',
    });
  }
  return variable.with({
    op: 'Const',
    attrs: {
      container: undefined,
      shape: undefined,
      shared_name: undefined,
      _class: undefined,
      dtype: { kind: 'type', value: type },
      value: { kind: 'tensor', value: makeTensor(type, [], [value]) },
    },
  });
}

/** Removes what assigns to a variable, and the initializers that only those read. */
function removeAssignments(graph: Graph, editor: GraphEditor, variable: string): void {
  for (const { consumer, slot } of graph.uses(variable)) {
    if (consumer.op !== 'Assign' || slot !== 0) continue;
    for (const { name } of graph.controlUses(consumer.name)) {
      const waiting = editor.node(name);
      editor.replace(waiting.with({ controls: waiting.controls.filter((control) => control !== consumer.name) }));
    }
    editor.remove(consumer.name);
    const initializer = consumer.edges[1]?.node;
    if (initializer !== undefined && graph.uses(initializer).length === 1) editor.remove(initializer);
  }
}

function missing(name: string): GraffitistError {
  return new GraffitistError('threshold-missing', 'No value is known for this threshold.', {
    about: name,
    remedy: 'Calibrate first, or load the checkpoint that holds the thresholds.',
  });
}
