import type { VariableSource } from '../../../worker/graph/model.ts';
import type { GraphInterface, SourceFile } from '../../../worker/protocol.ts';
import { fileOf } from '../calibrate/calibrated.ts';
import { checkpointAmong, type RunToTrain, runToTrain } from './retrainedRuns.ts';

export const CIFAR = 'cases/cifar_mobilenet';
const SCOPE = 'MobilenetV1';
const OUTER = `first_layer=${SCOPE}/${SCOPE}/Conv2d_0/Conv2D, last_layer=${SCOPE}/Logits/Conv2d_1c_1x1/Conv2D`;

export const CIFAR_INTERFACE: GraphInterface = { inputs: ['input'], outputs: [`${SCOPE}/Predictions/Softmax`], shape: [32, 32, 3] };

/** Recipe 3c of the CIFAR network. */
export const CIFAR_3C = [
  ...['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'],
  `quantize(calibrate_quant_layers=False, ${OUTER})`,
];

const CHECKPOINT = ['cifar_mnv1.ckpt.index', 'cifar_mnv1.ckpt.data-00000-of-00001'];

/** The checkpoint of the recorded retraining, as files. */
export function tqtFiles(): readonly SourceFile[] {
  return CHECKPOINT.map((name) => fileOf(CIFAR, 'expected', 'tqt_int8', name));
}

/** Weights, statistics and thresholds that the original came to. */
export function tqtCheckpoint(): Promise<VariableSource> {
  return checkpointAmong(tqtFiles());
}

/** Recipe 3a on the training graph with the float checkpoint, or other transforms; its thresholds are not known yet. */
export function cifarRun(
  transforms = [
    ...['fix_input_shape', 'fold_batch_norms(is_training=True)', 'preprocess_layers'],
    `quantize(is_training=True, calibrate_quant_layers=False, ${OUTER})`,
  ],
): Promise<RunToTrain> {
  const files = ['cifar_mnv1.ckpt.meta', 'checkpoint', ...CHECKPOINT].map((name) => fileOf(CIFAR, name));
  return runToTrain(files, CIFAR_INTERFACE, transforms);
}
