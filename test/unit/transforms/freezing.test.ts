import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { Graph, type GraphNode } from '../../../worker/graph/graph.ts';
import type { Model } from '../../../worker/graph/model.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { applyStep } from '../../../worker/transforms/pipeline.ts';
import type { TransformResult } from '../../../worker/transforms/transform.ts';
import { lines, Net } from './build.ts';

const float = { kind: 'type', value: 'float32' } as const;
const yes = { kind: 'bool', value: true } as const;

function modelOf(net: Net | Graph, outputs: readonly string[]): Model {
  const graph = net instanceof Net ? net.graph() : net;
  return { graph, variables: noVariables, inputs: ['input'], outputs, inputShape: [8, 8, 3], shapes: new Map() };
}

function apply(transform: string, model: Model, variables: ReadonlyMap<string, Tensor> = new Map()): TransformResult {
  return applyStep(model, { transform, options: {} }, { files: new Map(), variables });
}

function numbers(graph: Graph, name: string): number[] {
  const value = graph.node(name).attr('value');
  return value?.kind === 'tensor' ? [...tensorNumbers(value.value)] : [];
}

/** x · w through a variable and through a resource variable, and a counter that nobody reads. */
function variableNet(): Net {
  const net = new Net();
  net.input();
  net.add('w', 'VariableV2', [], { dtype: float, shape: { kind: 'shape', value: [3] } });
  net.math('w/read', 'Identity', 'w');
  const handle = { dtype: float, shape: { kind: 'shape', value: [3] }, shared_name: { kind: 'string', value: 'saved/v' } } as const;
  net.add('v', 'VarHandleOp', [], handle);
  net.add('v/Read/ReadVariableOp', 'ReadVariableOp', ['v'], { dtype: float });
  net.add('step', 'VariableV2', [], { dtype: float, shape: { kind: 'shape', value: [] } });
  net.math('scaled', 'Mul', 'input', 'w/read');
  net.math('end', 'Mul', 'scaled', 'v/Read/ReadVariableOp');
  return net;
}

describe('freeze_graph', () => {
  const values = new Map([
    ['w', makeTensor('float32', [3], [1, 2, 3])],
    ['saved/v', makeTensor('float32', [3], [4, 5, 6])],
  ]);

  it('FRZ1, FRZ2, FRZ3: variables are constants of their names, resource reads Identities, and the rest goes', () => {
    const { model, changes } = apply('freeze_graph', modelOf(variableNet(), ['end']), values);
    expect(lines(model.graph)).toEqual([
      'input Placeholder',
      'w Const',
      'w/read Identity w',
      'v Const',
      'v/Read/ReadVariableOp Identity v',
      'scaled Mul input w/read',
      'end Mul scaled v/Read/ReadVariableOp',
    ]);
    expect([numbers(model.graph, 'w'), numbers(model.graph, 'v')]).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(model.graph.node('v/Read/ReadVariableOp').attr('T')).toEqual(float);
    expect(changes.map(({ rule, before }) => [rule, ...before])).toEqual([
      ['FRZ1', 'w'],
      ['FRZ1', 'v'],
      ['FRZ2', 'v/Read/ReadVariableOp'],
      ['FRZ3', 'step'],
    ]);
  });

  it('FRZ4: a variable without value is an error that names it', () => {
    const some = new Map([...values].slice(0, 1));
    expect(() => apply('freeze_graph', modelOf(variableNet(), ['end']), some)).toThrow(/'saved\/v' has no value/);
  });
});

/** conv → batch norm → relu with given numbers; `global` is the op of TensorFlow before 1.0. */
function normalized(form: 'FusedBatchNorm' | 'BatchNormWithGlobalNormalization', numbersOf: Statistics, scales = true): Graph {
  const net = new Net();
  net.input('input', [-1, 8, 8, 2]);
  for (const [name, values] of Object.entries(numbersOf)) {
    const value = makeTensor('float32', name === 'w' ? [1, 1, 2, 3] : [3], values);
    net.add(name, 'Const', [], { dtype: float, value: { kind: 'tensor', value } });
  }
  const ones = { kind: 'list', value: { strings: [], ints: [1, 1, 1, 1], floats: [], bools: [], types: [], shapes: [] } } as const;
  const conv = {
    T: float,
    strides: ones,
    padding: { kind: 'string', value: 'SAME' },
    data_format: { kind: 'string', value: 'NHWC' },
  } as const;
  net.add('conv', 'Conv2D', ['input', 'w'], conv);
  const epsilon = { kind: 'float', value: 0.001 } as const;
  if (form === 'FusedBatchNorm') {
    net.add('bn', form, ['conv', 'gamma', 'beta', 'mean', 'variance'], { T: float, epsilon, is_training: { kind: 'bool', value: false } });
  } else {
    const attrs = { T: float, variance_epsilon: epsilon, scale_after_normalization: { kind: 'bool', value: scales } } as const;
    net.add('bn', form, ['conv', 'mean', 'variance', 'beta', 'gamma'], attrs);
  }
  net.math('end', 'Relu', 'bn');
  return net.graph();
}

type Statistics = Readonly<Record<'w' | 'mean' | 'variance' | 'beta' | 'gamma', readonly number[]>>;

/** Numbers, and what TensorFlow 1.14's own numeric fold makes of them: weights, offset. */
const RECORDED: readonly (readonly [Parameters<typeof normalized>[0], boolean, Statistics, readonly number[], readonly number[]])[] = [
  [
    'FusedBatchNorm',
    true,
    {
      w: [1.7886284589767456, 0.4365098476409912, 0.09649746865034103, -1.863492727279663, -0.27738821506500244, -0.35475897789001465],
      mean: [-0.08274148404598236, -0.6270006895065308, -0.043818168342113495],
      variance: [0.7491440773010254, 0.3784872889518738, 0.7762548923492432],
      beta: [-0.47721803188323975, -0.3473301827907562, 0.06629873067140579],
      gamma: [1.058854103088379, 0.7592524290084839, 0.915101170539856],
    },
    [2.186673402786255, 0.5379992127418518, 0.100162073969841, -2.278198003768921, -0.34188148379325867, -0.3682313561439514],
    [-0.3760630786418915, 0.42544934153556824, 0.11178094148635864],
  ],
  [
    'BatchNormWithGlobalNormalization',
    true,
    {
      w: [0.9823674559593201, -1.1010676622390747, -1.1850465536117554, -0.20564989745616913, 1.4861483573913574, 0.23671627044677734],
      mean: [-1.02378511428833, -0.7129932045936584, 0.6252449750900269],
      variance: [1.0759954452514648, 0.7723836898803711, 1.0028340816497803],
      beta: [-0.16051335632801056, -0.370675265789032, 1.0504511594772339],
      gamma: [0.5922170281410217, 1.1534109115600586, 1.0578407049179077],
    },
    [0.56059330701828, -1.4441109895706177, -1.2511941194534302, -0.11735522747039795, 1.9491654634475708, 0.24992942810058594],
    [0.42371517419815063, 0.5644546151161194, 0.39030590653419495],
  ],
  [
    'BatchNormWithGlobalNormalization',
    false,
    {
      w: [-1.2441233396530151, -0.6264169216156006, -0.8037660717964172, -2.4190831184387207, -0.9237920045852661, -1.0238757133483887],
      mean: [1.1239778995513916, -0.13191422820091248, -1.6232854127883911],
      variance: [0.37797752022743225, 0.5546220541000366, 0.30541035532951355],
      beta: [0.6466754674911499, 0.06733869761228561, -1.4327526092529297],
      gamma: [0.5872293710708618, 0.98358553647995, 0.862176239490509],
    },
    [-2.0209553241729736, -0.8403761982917786, -1.4520379304885864, -3.9295613765716553, -1.2393229007720947, -1.8496754169464111],
    [-1.1791155338287354, 0.24430961906909943, 1.4997822046279907],
  ],
];
const [[, , SOME]] = RECORDED as readonly [(typeof RECORDED)[number]];

describe('fold_batch_norms_inplace', () => {
  it.each(RECORDED)('FBI1: %s, scaled %s: the numbers of TensorFlow, bit for bit', (form, scales, given, weights, offset) => {
    const { model, changes, skipped } = apply('fold_batch_norms_inplace', modelOf(normalized(form, given, scales), ['end']));
    expect(lines(model.graph)).toEqual([
      'input Placeholder',
      'w Const',
      'conv Conv2D input w',
      'conv_bn_offset Const',
      'bn BiasAdd conv conv_bn_offset',
      'end Relu bn',
    ]);
    expect(numbers(model.graph, 'w')).toEqual(weights);
    expect(numbers(model.graph, 'conv_bn_offset')).toEqual(offset);
    expect([...model.graph.node('bn').attrs.keys()].sort()).toEqual(['T', 'data_format']);
    expect([changes.map(({ rule }) => rule), skipped]).toEqual([['FBI1'], []]);
  });

  it.each([
    [
      'FBI2',
      'it follows a Relu',
      'BatchNormWithGlobalNormalization',
      replaced('conv', (node) => node.with({ op: 'Relu', inputs: ['input'] })),
    ],
    ['FBI3', 'statistics are those of each batch', 'FusedBatchNorm', replaced('bn', (node) => node.with({ attrs: { is_training: yes } }))],
    ['FBI4', "'mean' is a Identity", 'FusedBatchNorm', replaced('mean', (node) => node.with({ op: 'Identity', inputs: ['beta'] }))],
    ['FBI5', 'its gamma has the shape [1]', 'BatchNormWithGlobalNormalization', replaced('gamma', constantOf([1]))],
  ] as const)('%s: left alone where %s', (rule, reason, form, edit) => {
    const { model, skipped } = apply('fold_batch_norms_inplace', modelOf(edit(normalized(form, SOME)), ['bn']));
    expect(skipped.map((skip) => [skip.rule, skip.node])).toEqual([[rule, 'bn']]);
    expect(skipped[0]?.reason).toContain(reason);
    expect(model.graph.node('bn').op).toBe(form);
  });

  it('FBI6: left alone where something else would see the change', () => {
    const graph = normalized('FusedBatchNorm', SOME);
    expect(apply('fold_batch_norms_inplace', modelOf(graph, ['end', 'conv'])).skipped.map(({ rule }) => rule)).toEqual(['FBI6']);
    const reader = graph.node('end').with({ name: 'other', inputs: ['conv'] });
    const read = new Graph([...graph.nodes, reader]);
    expect(apply('fold_batch_norms_inplace', modelOf(read, ['end'])).skipped[0]?.reason).toBe(
      "'other' reads the convolution or its weights too",
    );
  });
});

function replaced(name: string, edit: (node: GraphNode) => GraphNode): (graph: Graph) => Graph {
  return (graph) => new Graph(graph.nodes.map((node) => (node.name === name ? edit(node) : node)));
}

function constantOf(values: readonly number[]): (node: GraphNode) => GraphNode {
  return (node) => node.with({ attrs: { value: { kind: 'tensor', value: makeTensor('float32', [values.length], values) } } });
}
