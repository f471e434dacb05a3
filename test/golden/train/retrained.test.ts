import { expect, it } from 'vitest';
import { retrainedStage } from '../../../worker/engine/retrained.ts';
import { describeShared } from '../../shared.ts';
import { fileOf } from '../calibrate/calibrated.ts';
import { expectSameGraph } from '../quantizedGraphs.ts';
import { readGraph } from '../runCase.ts';
import { checkpointAmong, runToTrain, valuesOf } from './retrainedRuns.ts';

const CIFAR = 'cases/cifar_mobilenet';
const SCOPE = 'MobilenetV1';

describeShared('the stage retrained', () => {
  it('RET4: the CIFAR network from its training graph is the graph of recipe 3c, node for node', async () => {
    const files = ['cifar_mnv1.ckpt.meta', 'cifar_mnv1.ckpt.index', 'cifar_mnv1.ckpt.data-00000-of-00001', 'checkpoint'].map((n) =>
      fileOf(CIFAR, n),
    );
    const run = await runToTrain(files, { inputs: ['input'], outputs: [`${SCOPE}/Predictions/Softmax`], shape: [32, 32, 3] }, [
      'fix_input_shape',
      'fold_batch_norms(is_training=True)',
      'preprocess_layers',
      `quantize(is_training=True, calibrate_quant_layers=False, first_layer=${SCOPE}/${SCOPE}/Conv2d_0/Conv2D, last_layer=${SCOPE}/Logits/Conv2d_1c_1x1/Conv2D)`,
    ]);
    const tqt = await checkpointAmong(
      ['cifar_mnv1.ckpt.index', 'cifar_mnv1.ckpt.data-00000-of-00001'].map((n) => fileOf(CIFAR, 'expected', 'tqt_int8', n)),
    );
    const stage = await retrainedStage({ ...run, variables: await valuesOf(tqt), bits: new Map() });
    expectSameGraph(readGraph(CIFAR, 'expected', 'recipe3c_int8.pb'), stage.model.graph);
    expect(stage.thresholds.size).toBe(51);
  });
});
