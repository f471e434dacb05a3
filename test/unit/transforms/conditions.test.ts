import { describe, expect, it } from 'vitest';
import type { AttrValue } from '../../../worker/formats/attrValue.ts';
import type { DType } from '../../../worker/formats/tensor.ts';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import { Graph, GraphNode, type NodeSpec } from '../../../worker/graph/graph.ts';
import { refuseControlFlow } from '../../../worker/graph/validate.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { resolveConditions } from '../../../worker/transforms/conditions.ts';
import { applyStep } from '../../../worker/transforms/pipeline.ts';

const type = (value: DType): AttrValue => ({ kind: 'type', value });
const shape = (value: readonly number[]): AttrValue => ({ kind: 'shape', value });
const flagConstant = (name: string, value: boolean, controls: readonly string[] = []): NodeSpec => ({
  name,
  op: 'Const',
  controls,
  attrs: { dtype: type('bool'), value: { kind: 'tensor', value: makeTensor('bool', [], [Number(value)]) } },
});
const number = (name: string, value: number, controls: readonly string[] = []): NodeSpec => ({
  name,
  op: 'Const',
  controls,
  attrs: { dtype: type('float32'), value: { kind: 'tensor', value: makeTensor('float32', [], [value]) } },
});
const node = (name: string, op: string, inputs: readonly string[] = [], controls: readonly string[] = []): NodeSpec => ({
  name,
  op,
  inputs,
  controls,
});

/** What tf.cond(flag, x · 2, x + 1) leaves in a graph, after TensorFlow 1.14. */
const condition = (flag: readonly NodeSpec[]): readonly NodeSpec[] => [
  { name: 'input', op: 'Placeholder', attrs: { dtype: type('float32'), shape: shape([-1, 2, 2, 1]) } },
  ...flag,
  node('cond/Switch', 'Switch', ['flag', 'flag']),
  node('cond/switch_t', 'Identity', ['cond/Switch:1']),
  node('cond/switch_f', 'Identity', ['cond/Switch']),
  node('cond/pred_id', 'Identity', ['flag']),
  number('cond/two', 2, ['cond/switch_t']),
  node('cond/Mul/Switch', 'Switch', ['input', 'cond/pred_id']),
  node('cond/Mul', 'Mul', ['cond/Mul/Switch:1', 'cond/two']),
  number('cond/one', 1, ['cond/switch_f']),
  node('cond/Add/Switch', 'Switch', ['input', 'cond/pred_id']),
  node('cond/Add', 'Add', ['cond/Add/Switch', 'cond/one']),
  node('cond/Merge', 'Merge', ['cond/Add', 'cond/Mul']),
  node('output', 'Relu', ['cond/Merge']),
];
const withDefault = (name: string, from: string): NodeSpec => ({
  name,
  op: 'PlaceholderWithDefault',
  inputs: [from],
  attrs: { dtype: type('bool'), shape: shape([]) },
});
const graphOf = (specs: readonly NodeSpec[]): Graph => new Graph(specs.map((spec) => GraphNode.make(spec)));
const resolve = (specs: readonly NodeSpec[], inputs = ['input'], outputs = ['output']) =>
  resolveConditions({ graph: graphOf(specs), inputs, outputs });
const line = (graph: Graph, name: string): string => {
  const found = graph.node(name);
  return `${found.op}(${found.inputs.join(', ')})`;
};

describe('ADM4: conditions that are decided before the graph runs', () => {
  it.each([
    ['a constant', [flagConstant('flag', false)], 'cond/Add'],
    ['a constant that is true', [flagConstant('flag', true)], 'cond/Mul'],
    ['a default', [flagConstant('given', true), withDefault('flag', 'given')], 'cond/Mul'],
    ['what follows from constants', [flagConstant('given', true), node('flag', 'LogicalNot', ['given'])], 'cond/Add'],
    ['a half of an and', [flagConstant('given', false), node('open', 'Fed'), node('flag', 'LogicalAnd', ['open', 'given'])], 'cond/Add'],
  ])('%s', (_name, flag, taken) => {
    const { graph, changes } = resolve(condition(flag));
    expect(line(graph, 'cond/Merge')).toBe(`Identity(${taken})`);
    expect(line(graph, taken)).toMatch(/^(Add|Mul)\(input, cond\/(one|two)\)$/);
    expect(graph.nodes.filter(({ op }) => op === 'Switch' || op === 'Merge')).toEqual([]);
    expect(graph.has(taken === 'cond/Add' ? 'cond/Mul' : 'cond/Add')).toBe(false);
    expect(graph.node(taken === 'cond/Add' ? 'cond/one' : 'cond/two').controls).toEqual([]);
    expect(() => refuseControlFlow(graph)).not.toThrow();
    expect(changes[0]).toMatchObject({ rule: 'ADM4', before: ['cond/Merge'], after: ['cond/Merge'] });
  });

  it.each(['keras_learning_phase', 'net/is_training', 'train_mode', 'phase_train'])('a flag for training is off: %s', (name) => {
    const flag: NodeSpec = { name, op: 'Placeholder', attrs: { dtype: type('bool'), shape: shape([]) } };
    expect(line(resolve(condition([flag, node('flag', 'Identity', [name])])).graph, 'cond/Merge')).toBe('Identity(cond/Add)');
    const on = [flagConstant('on', true), withDefault(name, 'on'), node('flag', 'Identity', [name])];
    expect(line(resolve(condition(on)).graph, 'cond/Merge')).toBe('Identity(cond/Add)');
  });

  it('what is fed, or comes from elsewhere, decides nothing', () => {
    const fed = condition([flagConstant('given', true), withDefault('flag', 'given')]);
    expect(resolve(fed, ['input', 'flag']).changes).toEqual([]);
    const open: NodeSpec = { name: 'flag', op: 'Placeholder', attrs: { dtype: type('bool'), shape: shape([]) } };
    expect(resolve(condition([open])).graph.find('cond/Merge')?.op).toBe('Merge');
  });

  it('a graph whose output would never run stays', () => {
    expect(resolve(condition([flagConstant('flag', false)]), ['input'], ['cond/Mul']).changes).toEqual([]);
  });

  it('conditions inside conditions, and a Merge whose index is read', () => {
    const inner = [
      node('cond/in/Switch', 'Switch', ['cond/Mul', 'flag']),
      node('cond/in/Merge', 'Merge', ['cond/in/Switch', 'cond/in/Switch:1']),
      node('index', 'Cast', ['cond/Merge:1']),
    ];
    const specs = condition([flagConstant('flag', true)]).map((spec) =>
      spec.name === 'cond/Merge' ? node('cond/Merge', 'Merge', ['cond/Add', 'cond/in/Merge']) : spec,
    );
    const { graph } = resolve([...specs, ...inner]);
    expect(line(graph, 'cond/in/Merge')).toBe('Identity(cond/Mul)');
    expect(line(graph, 'cond/Merge')).toBe('Identity(cond/in/Merge)');
    expect(line(graph, 'index')).toBe('Cast(cond/Merge/value_index)');
  });

  it('loops stay loops', () => {
    const loop = [
      node('loop/Enter', 'Enter', ['input']),
      node('loop/Merge', 'Merge', ['loop/Enter', 'loop/NextIteration']),
      node('loop/Cond', 'LoopCond', ['flag']),
      node('loop/Switch', 'Switch', ['loop/Merge', 'loop/Cond']),
      node('loop/NextIteration', 'NextIteration', ['loop/Switch:1']),
      node('loop/Exit', 'Exit', ['loop/Switch']),
    ];
    const { graph } = resolve([...condition([flagConstant('flag', false)]), ...loop]);
    expect(graph.node('loop/Merge').op).toBe('Merge');
    expect(graph.node('loop/Switch').op).toBe('Switch');
    expect(() => refuseControlFlow(graph, ['output'])).not.toThrow();
    const named = "Control flow is not supported: Enter (node 'loop/Enter'), Exit (node 'loop/Exit'), LoopCond (node 'loop/Cond'), ";
    expect(() => refuseControlFlow(graph)).toThrow(named);
  });

  it('any step resolves them first and says so', () => {
    const graph = graphOf(condition([flagConstant('flag', false)]));
    const model = { graph, inputs: ['input'], outputs: ['output'], inputShape: [2, 2, 1], variables: noVariables, shapes: new Map() };
    const result = applyStep(model, { transform: 'fix_input_shape', options: {} });
    expect(result.changes.map(({ rule }) => rule)).toEqual(['ADM4', 'ADM4', 'FIX1']);
    expect(result.model.shapes.get('output')).toEqual([[-1, 2, 2, 1]]);
  });
});
