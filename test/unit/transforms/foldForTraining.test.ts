import { describe, expect, it } from 'vitest';
import type { AttrValue } from '../../../worker/formats/attrValue.ts';
import { line, Net, run } from './build.ts';

const FOLD = ['fix_input_shape', 'fold_batch_norms(is_training=True)'];
const T: AttrValue = { kind: 'type', value: 'float32' };

/** A batch norm in training mode with the updates of its moving averages. */
function trainedBatchNorm(net: Net, scope: string, x: string, channels: number): string {
  const bn = net.batchNorm(scope, x, channels, 'FusedBatchNorm', true);
  const at = (name: string) => `${scope}/BatchNorm/${name}`;
  net.math(at('AssignMovingAvg/sub'), 'Sub', at('moving_mean'), `${bn}:1`);
  net.math(at('AssignMovingAvg_1/sub'), 'Sub', at('moving_variance'), `${bn}:2`);
  return bn;
}

function trained(): Net {
  const net = new Net();
  net.math('net/c/Relu', 'Relu', trainedBatchNorm(net, 'net/c', net.conv('net/c', net.input(), 3, 4), 4));
  return net;
}

describe('fold_batch_norms(is_training=True)', () => {
  it('FBN12: layer and batch norm go on taking statistics; what read them reads the corrected clone', () => {
    const { graph } = run(trained(), ['net/c/Relu'], FOLD).model;
    expect(line(graph, 'net/c/Relu')).toBe('Relu net/c/Add_fold');
    expect(line(graph, 'net/c/Add_fold')).toBe('BiasAdd net/c/correction net/c/BatchNorm_Fold/biases');
    expect(line(graph, 'net/c/correction')).toBe('Mul net/c/Conv2D_Fold net/c/BatchNorm_Fold/corr_recip');
    expect(line(graph, 'net/c/Conv2D_Fold')).toBe('Conv2D input net/c/Mul_fold');
    expect(line(graph, 'net/c/Conv2D')).toBe('Conv2D input net/c/weights');
    expect(graph.node('net/c/BatchNorm/FusedBatchNorm').attr('_gradient_op_type')).toEqual({
      kind: 'string',
      value: 'FoldFusedBatchNormGradient',
    });
    expect(line(graph, 'net/c/BatchNorm/AssignMovingAvg/sub')).toBe('Sub net/c/BatchNorm/moving_mean net/c/BatchNorm/FusedBatchNorm:1');
    expect(line(graph, 'freeze_bn')).toBe('PlaceholderWithDefault freeze_bn_default');
  });

  it('FBN12: names that are taken, in whatever case, are made unique as TensorFlow does', () => {
    const net = trained();
    net.scalar('net/c/BatchNorm/cast', 1);
    net.scalar('freeze_bn', 0);
    net.scalar('net/c/correction', 0);
    const { graph } = run(net, ['net/c/Relu'], FOLD).model;
    expect(line(graph, 'net/c/BatchNorm/sub')).toBe('Sub net/c/BatchNorm/Cast_1 net/c/BatchNorm/sub/y');
    expect(line(graph, 'net/c/Add_fold')).toBe('BiasAdd net/c/correction_1 net/c/BatchNorm_Fold/biases');
    expect(line(graph, 'freeze_bn_1_cast')).toBe('Cast freeze_bn_1');
  });

  it('FBN12: two batch norms in one scope count their sizes on', () => {
    const net = new Net();
    const first = trainedBatchNorm(net, 'a', net.conv('net/x', net.input(), 3, 4), 4);
    const second = trainedBatchNorm(net, 'b', net.conv('net/y', first, 4, 4), 4);
    const specs = net.specs.map((spec) => ({
      ...spec,
      name: spec.name.replace(/^[ab]\/BatchNorm\/FusedBatchNorm/, 'bn/$&').replace(/^bn\/([ab]).*/, 'bn/$1'),
    }));
    const renamed = new Net();
    for (const { name, op, inputs = [], attrs = {} } of specs) {
      renamed.add(
        name,
        op,
        inputs.map((input) => String(input).replace(/^([ab])\/BatchNorm\/FusedBatchNorm/, 'bn/$1')),
        attrs,
      );
    }
    const relu = renamed.math('net/Relu', 'Relu', second.replace(/^b.*/, 'bn/b'));
    const { graph } = run(renamed, [relu], FOLD).model;
    expect(graph.nodes.filter(({ op }) => op === 'Size').map(({ name }) => name)).toEqual([
      'bn/Size',
      'bn/Size_1',
      'bn/Size_2',
      'bn/Size_3',
    ]);
  });

  it('FBN12: the Reshape before the batch norm stays for it, and one like it follows the sum where none leads back', () => {
    const net = new Net();
    const flat = net.add('flat', 'Reshape', [net.input(), net.ints('flat/shape', [-1, 192])], { T });
    const product = net.math('net/fc/MatMul', 'MatMul', flat, net.weights('net/fc/weights', [192, 4]));
    const image = net.add('net/fc/Reshape', 'Reshape', [product, net.ints('net/fc/shape', [-1, 1, 1, 4])], { T });
    net.math('net/fc/Relu', 'Relu', trainedBatchNorm(net, 'net/fc', image, 4));
    const { graph } = run(net, ['net/fc/Relu'], FOLD).model;
    expect(line(graph, 'net/fc/Relu')).toBe('Relu net/fc/Reshape_Fold');
    expect(line(graph, 'net/fc/Reshape_Fold')).toBe('Reshape net/fc/Add_fold net/fc/shape');
    expect(line(graph, 'net/fc/BatchNorm/FusedBatchNorm')).toMatch(/^FusedBatchNorm net\/fc\/Reshape /);
  });

  it('FBN13: a batch norm that is not in training mode is left alone', () => {
    const net = trained();
    const evaluated = net.batchNorm('net/d', net.conv('net/d', 'net/c/Relu', 4, 4), 4);
    expect(run(net, [evaluated], FOLD).skipped).toEqual([`FBN13 ${evaluated}`]);
  });

  it('FBN13: none in training mode is an error, no batch norm at all is not', () => {
    const net = new Net();
    const evaluated = net.batchNorm('net/d', net.conv('net/d', net.input(), 3, 4), 4);
    expect(() => run(net, [evaluated], FOLD)).toThrow(expect.objectContaining({ code: 'option-invalid', about: 'is_training' }));
    const plain = new Net();
    const output = plain.bias('net/c', plain.conv('net/c', plain.input(), 3, 4), 4);
    expect(run(plain, [output], FOLD).model.graph.has('freeze_bn_cast')).toBe(true);
  });

  it('FBN8, FBN14: without moving averages, or written out in small ops, it is left alone', () => {
    const net = trained();
    const bare = net.batchNorm('net/d', net.conv('net/d', 'net/c/Relu', 4, 4), 4, 'FusedBatchNorm', true);
    const x = net.conv('net/e', bare, 4, 4);
    const small = net.smallBatchNorm('net/e', x, 4);
    const batch = net.mean('net/e/mean', x, [0, 1, 2], false);
    const specs = net.specs.map((spec) => (spec.name.endsWith('/mul_2') ? { ...spec, inputs: [batch, spec.inputs?.[1] ?? ''] } : spec));
    const whole = new Net();
    whole.specs.push(...specs);
    expect(run(whole, [small], FOLD).skipped).toEqual([`FBN8 ${bare}`, `FBN14 ${small}`]);
  });

  it('FBN15: a graph that was folded for training already stays as it is', () => {
    const first = run(trained(), ['net/c/Relu'], FOLD).model.graph;
    const again = run(first, ['net/c/Relu'], ['fix_input_shape', 'fold_batch_norms(is_training=True)']);
    expect(again.skipped).toEqual(['FBN15 net/c/BatchNorm/FusedBatchNorm']);
    expect(run(first, ['net/c/Relu'], ['fix_input_shape', 'fold_batch_norms']).skipped).toEqual(['FBN15 net/c/BatchNorm/FusedBatchNorm']);
  });

  it('FBN16: an output that is a batch norm delivers the plain one, and that is said', () => {
    const net = trained();
    const { warned, model } = run(net, ['net/c/BatchNorm/FusedBatchNorm', 'net/c/Relu'], FOLD);
    expect(warned).toEqual(['FBN16 net/c/BatchNorm/FusedBatchNorm']);
    expect(model.outputs).toContain('net/c/BatchNorm/FusedBatchNorm');
  });
});
