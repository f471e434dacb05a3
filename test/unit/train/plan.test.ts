import { describe, expect, it } from 'vitest';
import { trainingOptions } from '../../../worker/train/options.ts';
import { trainingPlan } from '../../../worker/train/plan.ts';
import { Net, run } from '../transforms/build.ts';

function network(): Net {
  const net = new Net();
  net.math('relu', 'Relu', net.batchNorm('a', net.conv('a', net.input(), 3, 4), 4));
  return net;
}

const QUANTIZED = ['fix_input_shape', 'fold_batch_norms', 'preprocess_layers', 'quantize(is_training=True)'];

describe('what a run trains', () => {
  it.each([
    ['tqt', 3, 4],
    ['weights', 3, 0],
    ['thresholds', 0, 4],
  ] as const)('TRN14 %s: %i weights, %i thresholds of a thawed network', (mode, weights, thresholds) => {
    const { model } = run(network(), ['relu'], ['thaw_graph', ...QUANTIZED]);
    const plan = trainingPlan(model, trainingOptions({ mode }), 100);
    expect([plan.weights.length, plan.thresholds.length]).toEqual([weights, thresholds]);
  });

  it('TRN14 a frozen graph has thresholds to train, and weights once it is thawed', () => {
    const { model } = run(network(), ['relu'], QUANTIZED);
    expect(trainingPlan(model, trainingOptions(), 100).weights).toEqual([]);
    const weights = () => trainingPlan(model, trainingOptions({ mode: 'weights' }), 100);
    expect(weights).toThrow(expect.objectContaining({ code: 'option-invalid', remedy: expect.stringContaining('thaw_graph') }));
  });

  it('TRN14 without quantizers there are no thresholds to train', () => {
    const { model } = run(network(), ['relu'], ['thaw_graph', ...QUANTIZED.slice(0, 3)]);
    const thresholds = () => trainingPlan(model, trainingOptions({ mode: 'thresholds' }), 100);
    expect(thresholds).toThrow(expect.objectContaining({ code: 'option-invalid', remedy: expect.stringContaining('is_training=True') }));
    expect(trainingPlan(model, trainingOptions({ mode: 'float' }), 100).weights.length).toBe(3);
  });
});
