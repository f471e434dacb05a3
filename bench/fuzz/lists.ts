import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openGraph } from '../../worker/graph/graphFile.ts';
import type { Model } from '../../worker/graph/model.ts';
import { noVariables } from '../../worker/graph/variables.ts';
import { applyStep } from '../../worker/transforms/pipeline.ts';
import { STEPS } from './work.ts';

const SCOPE = 'MobilenetV1/MobilenetV1';

/** Lines of the list files of quantize, for the first layers of the sample, by option. */
export const lists: Readonly<Record<string, readonly string[]>> = {
  bits_list: [`${SCOPE}/Conv2d_1_pointwise/Conv2D, -4\n*depthwise*, -8\n`, `${SCOPE}/Conv2d_0/, -6\n*_act_quant, 7\n`],
  layer_merge_list: [
    `${SCOPE}/Conv2d_1_pointwise/Mul_fold, ${SCOPE}/Conv2d_2_pointwise/Mul_fold`,
    `${SCOPE}/Conv2d_0/Relu, ${SCOPE}/Conv2d_1_pointwise/Relu\r\n\n`,
  ],
  left_shift_list: [`${SCOPE}/Conv2d_1_pointwise/Mul_fold, 1\n${SCOPE}/Conv2d_2_pointwise/Mul_fold, 2\n`],
  conv_split_list: [`${SCOPE}/Conv2d_1_pointwise/Conv2D, 16, 4\n${SCOPE}/Conv2d_2_pointwise/Conv2D, 32, 32\n`],
};

let prepared: Model | undefined;

/** The first layers of the sample behind recipe 1. */
function sample(): Model {
  if (prepared !== undefined) return prepared;
  const file = fileURLToPath(new URL('../../public/sample/shapes_mnv1_eval.pb', import.meta.url));
  const graph = openGraph(new Uint8Array(readFileSync(file)), 'sample.pb');
  const outputs = [`${SCOPE}/Conv2d_2_pointwise/Relu`];
  let model: Model = { graph, variables: noVariables, inputs: ['input'], outputs, inputShape: [32, 32, 3], shapes: new Map() };
  for (const transform of STEPS.slice(0, -1)) model = applyStep(model, { transform, options: {} }).model;
  prepared = model;
  return model;
}

/** Quantizes with the text as the list file of that option. */
export function quantizeWithList(option: string, text: string): void {
  const context = { files: new Map([['list.txt', text]]), variables: new Map() };
  applyStep(sample(), { transform: 'quantize', options: { calibrate_quant_layers: false, [option]: 'list.txt' } }, context);
}
