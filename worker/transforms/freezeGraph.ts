import { GraffitistError } from '../errors.ts';
import type { Tensor } from '../formats/tensor.ts';
import { frozenRead, frozenVariable } from '../graph/frozenVariable.ts';
import { Graph, type GraphNode } from '../graph/graph.ts';
import { ancestors } from '../graph/reach.ts';
import { isVariable, variableName } from '../graph/variables.ts';
import type { Change, Transform } from './transform.ts';

/**
 * Makes the variables that outputs depend on constants of the same names, with the values of the checkpoint (behind `quantize` also the
 * thresholds), and keeps what outputs depend on, as `convert_variables_to_constants` of TensorFlow does.
 */
export const freezeGraph: Transform = {
  name: 'freeze_graph',
  summary: 'Turn variables into constants, with the values of the checkpoint.',
  options: {},
  after: [],
  notAfter: [],
  needsVariables: true,
  apply(model, _options, { variables }) {
    const { graph, outputs } = model;
    for (const name of outputs) graph.node(name);
    const needed = ancestors(graph, outputs);
    const changes: Change[] = [];
    const kept = graph.nodes.filter(({ name }) => needed.has(name)).map((node) => frozen(node, variables, changes));
    const dropped = graph.nodes.filter(({ name }) => !needed.has(name)).map(({ name }) => name);
    if (dropped.length > 0) {
      changes.push({ rule: 'FRZ3', summary: `${dropped.length} nodes that no output depends on removed`, before: dropped, after: [] });
    }
    if (changes.length === 0) return { model, changes, skipped: [], warnings: [] };
    return { model: { ...model, graph: new Graph(kept, graph.envelope) }, changes, skipped: [], warnings: [] };
  },
};

function frozen(node: GraphNode, variables: ReadonlyMap<string, Tensor>, changes: Change[]): GraphNode {
  const { name } = node;
  if (isVariable(node)) {
    const value = variables.get(variableName(node));
    if (value === undefined) throw withoutValue(variableName(node));
    changes.push({ rule: 'FRZ1', summary: `Variable ${name} is a constant`, before: [name], after: [name] });
    return frozenVariable(node, value);
  }
  if (node.op !== 'ReadVariableOp') return node;
  changes.push({ rule: 'FRZ2', summary: `${name} reads a constant`, before: [name], after: [name] });
  return frozenRead(node);
}

function withoutValue(name: string): GraffitistError {
  return new GraffitistError('variable-missing', `Variable '${name}' has no value.`, {
    about: name,
    remedy: 'Add the checkpoint that holds it.',
  });
}
