import { GraffitistError } from '../errors.ts';
import type { AttrValue } from '../formats/attrValue.ts';
import { dtypeFromNumber } from '../formats/dtype.ts';
import type { DType, Shape } from '../formats/tensor.ts';
import { Graph, GraphNode } from '../graph/graph.ts';
import { ancestors } from '../graph/reach.ts';
import { list } from './options.ts';
import type { Change, OptionValue, Transform, Warning } from './transform.ts';

/** Cuts the graph out between its inputs and its outputs. */
export const stripUnusedNodes: Transform = {
  name: 'strip_unused_nodes',
  summary: 'Keep only what leads from the inputs to the outputs.',
  options: {
    placeholder_type_enum: list('Number of the element type of each input (1 is float32); without it each input keeps its own.'),
  },
  after: [],
  notAfter: [],
  apply(model, options) {
    const { graph, inputs, outputs } = model;
    const types = placeholderTypes(options.placeholder_type_enum ?? [], inputs.length);
    const placeholders = new Map(
      inputs.map((name, index) => {
        const input = listed(graph, name, 'input');
        return [name, placeholder(input, types[index] ?? outputType(input), model.shapes.get(name)?.[0] ?? declaredShape(input))];
      }),
    );
    for (const name of outputs) listed(graph, name, 'output');

    const cut = new Graph(
      graph.nodes.map((node) => placeholders.get(node.name) ?? node),
      graph.envelope,
    );
    const needed = ancestors(cut, outputs);
    const dropped = graph.nodes.filter((node) => !needed.has(node.name));
    const reached = inputs.filter((name) => needed.has(name));
    if (reached.length === 0) {
      throw new GraffitistError(
        'interface-invalid',
        `The outputs ${outputs.join(', ')} do not depend on the inputs ${inputs.join(', ')}.`,
        {
          about: outputs[0] ?? '',
          remedy: 'Choose inputs that lead to the outputs.',
        },
      );
    }
    const changes: Change[] = reached
      .filter((name) => graph.node(name).op !== 'Placeholder')
      .map((name) => ({ rule: 'STR1', summary: `${name} became an input of the graph`, before: [name], after: [name] }));
    if (dropped.length > 0) {
      const before = dropped.map((node) => node.name);
      changes.push({ rule: 'STR2', summary: `${before.length} nodes that no output depends on removed`, before, after: [] });
    }
    const warnings: Warning[] = inputs
      .filter((name) => !needed.has(name))
      .map((node) => ({ rule: 'STR3', node, text: 'No output depends on this input: it is gone.' }));
    const kept = new Graph(
      cut.nodes.filter((node) => needed.has(node.name)),
      graph.envelope,
    );
    return { model: { ...model, graph: kept, inputs: reached }, changes, skipped: [], warnings };
  },
};

/** A fresh Placeholder; its static shape stands in `_output_shapes`, where the original keeps it. */
function placeholder(node: GraphNode, dtype: DType, shape: Shape | undefined): GraphNode {
  const cached: AttrValue | undefined =
    shape == null
      ? node.attr('_output_shapes')
      : { kind: 'list', value: { strings: [], ints: [], floats: [], bools: [], types: [], shapes: [shape] } };
  return GraphNode.make({
    name: node.name,
    op: 'Placeholder',
    attrs: { dtype: { kind: 'type', value: dtype }, ...(cached === undefined ? {} : { _output_shapes: cached }) },
  });
}

function declaredShape(node: GraphNode): Shape | undefined {
  const value = node.attr('shape');
  return value?.kind === 'shape' && value.value?.length !== 0 ? value.value : undefined;
}

function outputType(node: GraphNode): DType {
  for (const name of ['dtype', 'DstT', 'T']) {
    const value = node.attr(name);
    if (value?.kind === 'type') return value.value;
  }
  return 'float32';
}

function placeholderTypes(option: OptionValue, inputs: number): DType[] {
  const numbers = Array.isArray(option) ? option : [];
  if (numbers.length !== 0 && numbers.length < inputs) {
    throw new GraffitistError('option-invalid', `${numbers.length} types for ${inputs} inputs.`, {
      about: 'placeholder_type_enum',
      remedy: 'Give one type per input, or leave the option out.',
    });
  }
  return numbers.map((number) => {
    const dtype = typeof number === 'number' ? dtypeFromNumber(number) : undefined;
    if (dtype !== undefined) return dtype;
    throw new GraffitistError('option-invalid', `'${number}' is not the number of an element type.`, { about: 'placeholder_type_enum' });
  });
}

function listed(graph: Graph, name: string, role: 'input' | 'output'): GraphNode {
  const found = graph.find(name);
  if (found !== undefined) return found;
  throw new GraffitistError('interface-invalid', `The ${role} node '${name}' was not found.`, {
    about: name,
    remedy: `Choose an ${role} that the graph has at this point of the pipeline.`,
  });
}
