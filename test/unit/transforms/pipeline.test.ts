import { describe, expect, it } from 'vitest';
import { GraffitistError } from '../../../worker/errors.ts';
import { Graph, GraphNode } from '../../../worker/graph/graph.ts';
import { refuseControlFlow } from '../../../worker/graph/validate.ts';
import { admitGraph } from '../../../worker/transforms/admission.ts';
import { checkPipeline, type Step } from '../../../worker/transforms/pipeline.ts';
import { lines, Net, RECIPE_1, run } from './build.ts';

const steps = (...names: readonly string[]): Step[] =>
  names.map((name, i) => ({ id: `s${i}`, transform: name.replace('-', ''), options: {}, bypassed: name.startsWith('-') }));

describe('order of a pipeline', () => {
  it('finds nothing wrong with the recipes', () => {
    expect(checkPipeline(steps(...RECIPE_1, 'quantize'))).toEqual([]);
    expect(checkPipeline(steps('fix_input_shape', 'fold_batch_norms', 'preprocess_layers', 'quantize'))).toEqual([]);
    expect(checkPipeline([])).toEqual([]);
  });

  it('says what to add', () => {
    expect(checkPipeline(steps('quantize'))).toEqual([
      {
        step: 's0',
        message:
          "Transform 'quantize' requires 'fix_input_shape' to be applied first! To mend this, add 'fix_input_shape' and 'fold_batch_norms' and 'preprocess_layers' before it.",
        insert: ['fix_input_shape', 'fold_batch_norms', 'preprocess_layers'],
      },
    ]);
  });

  it('says what to move, and does not offer to add what stands further down', () => {
    const [fault] = checkPipeline(steps('preprocess_layers', 'fix_input_shape'));
    expect(fault?.message).toMatch(/move 'fix_input_shape' up/);
    expect(fault?.insert).toEqual([]);
    expect(checkPipeline(steps('fix_input_shape', 'remove_training_nodes', 'fold_batch_norms'))).toEqual([
      {
        step: 's2',
        message:
          "Transform 'fold_batch_norms' cannot be applied after 'remove_training_nodes'! To mend this, move it up, before 'remove_training_nodes'.",
        insert: [],
      },
    ]);
  });

  it('does not count bypassed steps, neither as there nor as wrong', () => {
    expect(checkPipeline(steps('-fix_input_shape', 'preprocess_layers'))[0]?.insert).toEqual(['fix_input_shape']);
    expect(checkPipeline(steps('-quantize'))).toEqual([]);
  });

  it('inserting what a fault offers mends that fault', () => {
    for (const name of ['quantize', 'preprocess_layers', 'fold_batch_norms']) {
      const insert = checkPipeline(steps(name))[0]?.insert ?? [];
      expect(checkPipeline(steps(...insert, name))).toEqual([]);
    }
  });
});

describe('running a pipeline', () => {
  it('refuses control flow, naming the node', () => {
    const net = new Net();
    net.add('net/switch', 'Switch', [net.input(), net.scalar('on', 1)]);
    expect(() => run(net, ['net/switch'])).toThrow(/net\/switch/);
  });

  it('leaves the graph it was given as it was, and is repeatable to the byte', () => {
    const net = new Net();
    net.math('net/c/Relu', 'Relu', net.batchNorm('net/c', net.conv('net/c', net.input(), 3, 4), 4));
    const graph = net.graph();
    const before = lines(graph);
    const [one, two] = [run(graph, ['net/c/Relu']), run(graph, ['net/c/Relu'])];
    expect(lines(graph)).toEqual(before);
    expect(lines(two.model.graph)).toEqual(lines(one.model.graph));
  });

  it('running recipe 1 on its own result changes nothing more', () => {
    const net = new Net();
    const x = net.batchNorm('u/c', net.conv('u/c', net.input(), 3, 3), 3);
    const leaky = net.add('u/leaky', 'LeakyRelu', [x], { T: { kind: 'type', value: 'float32' } });
    const end = net.math('u/Relu', 'Relu', net.math('u/add', 'Add', net.pool('u/pool', 'AvgPool', leaky, 1, 1, 'VALID'), x));
    const once = run(net, [end]).model.graph;
    expect(lines(run(once, [end]).model.graph).toSorted()).toEqual(lines(once).toSorted());
  });

  it('costs what the graph costs: a chain of 1000 layers', () => {
    const net = new Net();
    let x = net.input();
    for (let i = 0; i < 1000; i++) x = net.math(`net/l${i}/Relu`, 'Relu', net.batchNorm(`net/l${i}`, net.conv(`net/l${i}`, x, 3, 3), 3));
    const { model } = run(net, [x]);
    expect(model.graph.nodes.length).toBe(1 + 1000 * 15);
  });
});

describe('admission', () => {
  const graph = (...ops: readonly string[]) => new Graph(ops.map((op, i) => GraphNode.make({ name: `n${i}`, op })));
  const code = (tried: Graph) => {
    try {
      admitGraph(
        tried,
        tried.nodes.map((node) => node.name),
      );
      return 'admitted';
    } catch (error) {
      return error instanceof GraffitistError ? `${error.code} ${error.message} ${error.about}` : 'other';
    }
  };

  it('names training ops and ops that are not known', () => {
    for (const op of ['ApplyAdam', 'ResourceApplyMomentum', 'SparseApplyFtrl', 'ResourceSparseApplyAdagrad']) {
      expect(code(graph('Const', op))).toBe(`op-training Training op(s) found in input graph: ${op} (node 'n1'). n1`);
    }
    expect(code(graph('Qr', 'Const', 'Bessel', 'Bessel'))).toBe(
      "op-unsupported Unsupported op(s) found in input graph: Bessel (node 'n2', one of 2), Qr (node 'n0'). n0",
    );
  });

  it('ADM2, ADM3: queues, iterators, loops and summaries beside the way from the inputs to the outputs do not matter', () => {
    const specs = [
      ['queue', 'FIFOQueueV2'],
      ['batch', 'QueueDequeueManyV2', 'queue'],
      ['iterator', 'IteratorV2'],
      ['next', 'IteratorGetNext', 'iterator'],
      ['loop', 'While', 'next'],
      ['input', 'PlaceholderWithDefault', 'batch'],
      ['output', 'Relu', 'input'],
      ['summary', 'HistogramSummaryV7', 'output'],
    ] as const;
    const beside = new Graph(specs.map(([name, op, ...inputs]) => GraphNode.make({ name, op, inputs })));
    expect(() => admitGraph(beside, ['output'], ['input'])).not.toThrow();
    expect(() => refuseControlFlow(beside, ['output'], ['input'])).not.toThrow();
    expect(() => admitGraph(beside, ['output'])).toThrow("FIFOQueueV2 (node 'queue'), QueueDequeueManyV2 (node 'batch').");
    expect(() => refuseControlFlow(beside, ['loop'], ['input'])).toThrow("While (node 'loop').");
  });

  it('ADM1, ADM2: training ops count anywhere, unknown ones where an output depends on them', () => {
    const input = GraphNode.make({ name: 'input', op: 'Placeholder' });
    const weights = GraphNode.make({ name: 'weights', op: 'VariableV2' });
    const random = GraphNode.make({ name: 'random', op: 'StatelessRandomUniformV2' });
    const assign = GraphNode.make({ name: 'assign', op: 'Assign', inputs: ['weights', 'random'] });
    const update = GraphNode.make({ name: 'update', op: 'ApplyAdam', inputs: ['weights'] });
    const output = GraphNode.make({ name: 'output', op: 'MatMul', inputs: ['input', 'weights'] });
    const net = new Graph([input, weights, random, assign, output]);
    expect(() => admitGraph(net, ['output'])).not.toThrow();
    expect(() => admitGraph(net, ['assign'])).toThrow(/StatelessRandomUniformV2/);
    const waiting = new Graph([input, weights, random, output.with({ controls: ['random'] })]);
    expect(() => admitGraph(waiting, ['output'])).toThrow(/StatelessRandomUniformV2/);
    expect(() => admitGraph(new Graph([...net.nodes, update]), ['output'])).toThrow(/ApplyAdam/);
  });

  it('lets pass what the original lets pass, and what no inference reads', () => {
    const known =
      'Mul PlaceholderWithDefault Const Assign Identity Mean VariableV2 BiasAdd Conv2D Sub MaxPool Relu LeakyRelu MatMul Softmax Reshape Add Placeholder RandomUniform AvgPool ConcatV2 L2Loss Squeeze Fill Shape Maximum FusedBatchNorm TruncatedNormal DepthwiseConv2dNative Pack StridedSlice Pad Relu6 AssignSub NoOp RestoreV2 SaveV2 AssignVariableOp ReadVariableOp VarHandleOp VarIsInitializedOp Transpose';
    const more =
      'AddV2 BatchMatMul BatchMatMulV2 Cast Ceil FusedBatchNormV2 FusedBatchNormV3 LinearQuant Neg Pow RealDiv Rsqrt Sqrt StopGradient ShardedFilename MergeV2Checkpoints StringJoin ScalarSummary CheckNumerics';
    expect(code(graph(...known.split(' '), ...more.split(' ')))).toBe('admitted');
  });
});
