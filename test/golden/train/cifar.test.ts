import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ComputePool } from '../../../worker/compute/pool.ts';
import { loadThresholds } from '../../../worker/engine/thresholds.ts';
import { trainingMetaGraph } from '../../../worker/export/trainingMetaGraph.ts';
import { type Collection, listedVariables } from '../../../worker/formats/metaGraph.ts';
import { openGraphBytes } from '../../../worker/graph/graphFile.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { describeShared, shared } from '../../shared.ts';
import { spawnThread } from '../../unit/compute/spawn.ts';
import { calibrateOn, checkpointOf, differingThresholds, quantizedModel, recordedThresholds } from '../calibrate/calibrated.ts';
import { expectSameGraph } from '../quantizedGraphs.ts';
import { readGraph } from '../runCase.ts';

const CIFAR = 'cases/cifar_mobilenet';
const INTERFACE = ['--inputs', 'input', '--outputs', 'MobilenetV1/Predictions/Softmax', '--input_shape', '32,32,3', '--transforms'];
const RECIPE_3A = [
  ...['--in_graph', 'cifar_mnv1.ckpt.meta', ...INTERFACE],
  ...['fix_input_shape', 'fold_batch_norms(is_training=True)', 'preprocess_layers', 'quantize(is_training=True)'],
];
const RECIPE_3C = [
  ...['--in_graph', 'cifar_mnv1_eval.pb', ...INTERFACE],
  ...['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'],
  'quantize(calibrate_quant_layers=False)',
];

const recorded = () => recordedThresholds(CIFAR, 'expected/thresholds.json') as unknown as Record<string, Record<string, number>>;

describeShared('the MobileNet on CIFAR-10, prepared for training and back', () => {
  let pool: ComputePool;
  beforeAll(async () => {
    pool = await ComputePool.start({ spawn: spawnThread, backend: 'wasm', workers: 2 });
  });
  afterAll(() => pool.dispose());

  it('FBN12, QNT31, CAL13 the training graph and its thresholds', async () => {
    const model = await quantizedModel(CIFAR, RECIPE_3A);
    expectSameGraph(readGraph(CIFAR, 'expected/recipe3a_int8.pb'), model.graph);
    const { thresholds } = await calibrateOn(model, [CIFAR, 'calibration_set.npy'], { pool: async () => pool });
    expect(differingThresholds(thresholds, recorded().train_int8_3sd ?? {})).toEqual([]);
  });

  it('EXP8 its MetaGraph', async () => {
    const { meta } = openGraphBytes(new Uint8Array(readFileSync(shared(CIFAR, 'cifar_mnv1.ckpt.meta'))), 'cifar_mnv1.ckpt.meta');
    const { graph } = await quantizedModel(CIFAR, RECIPE_3A);
    const found = openGraphBytes(trainingMetaGraph({ graph, meta }), 'found.meta');
    const file = 'expected/cifar_mnv1_graffitist.ckpt.meta';
    const expected = openGraphBytes(new Uint8Array(readFileSync(shared(CIFAR, file))), file);
    expectSameGraph(expected.graph, found.graph);
    expect(found.meta?.saver).toEqual(expected.meta?.saver);
    const lists = (collections: ReadonlyMap<string, Collection> = new Map()) =>
      Object.fromEntries([...collections].map(([name, list]) => [name, list.kind === 'bytes' ? listedVariables(list) : list]));
    expect(lists(found.meta?.collections)).toEqual(lists(expected.meta?.collections));
  });

  it.each([
    ['train_int8_3sd', `${CIFAR}/expected`],
    ['tqt_int8', `${CIFAR}/expected/tqt_int8`],
  ])('EXP2 recipe 3c finds thresholds of the training graph by name: %s', async (run, folder) => {
    const { graph, variables } = await quantizedModel(CIFAR, RECIPE_3C, await checkpointOf(folder));
    expectSameGraph(readGraph(CIFAR, 'expected/recipe3c_int8.pb'), graph);
    const thresholds = await loadThresholds(readQuantizers(graph), variables);
    expect(differingThresholds(thresholds, recorded()[run] ?? {})).toEqual([]);
  });

  it('QNT25 an opened training graph has the thresholds of its checkpoint', async () => {
    const quantizers = readQuantizers(readGraph(CIFAR, 'expected/recipe3a_int8.pb'));
    const thresholds = await loadThresholds(quantizers, await checkpointOf(`${CIFAR}/expected`));
    expect(differingThresholds(thresholds, recorded().train_int8_3sd ?? {})).toEqual([]);
  });
});
