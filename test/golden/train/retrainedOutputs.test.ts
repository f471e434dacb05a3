import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openFile } from '../../../cli/fileBlobs.ts';
import { ComputePool } from '../../../worker/compute/pool.ts';
import { retrainedStage } from '../../../worker/engine/retrained.ts';
import type { StageState } from '../../../worker/engine/stage.ts';
import { createEngine, type LocalEngine } from '../../../worker/engine.ts';
import { outputsOf, withThresholds } from '../../../worker/evaluate/compareOutputs.ts';
import { frozenFiles } from '../../../worker/export/files.ts';
import { openNpy } from '../../../worker/formats/npy.ts';
import type { Evaluation, SourceFile } from '../../../worker/protocol.ts';
import { parseExpression } from '../../../worker/transforms/expression.ts';
import { describeShared, shared } from '../../shared.ts';
import { spawnThread } from '../../unit/compute/spawn.ts';
import { spawnDataHere } from '../../unit/data/spawn.ts';
import { fileOf } from '../calibrate/calibrated.ts';
import { CIFAR, CIFAR_3C, CIFAR_INTERFACE, cifarRun, tqtCheckpoint, tqtFiles } from './cifarRun.ts';
import { runToTrain, type ThresholdsOf, valuesOf } from './retrainedRuns.ts';

describeShared('the retrained CIFAR network beside its evaluation graph', () => {
  let engine: LocalEngine;
  beforeAll(async () => {
    engine = createEngine({ spawn: spawnThread, spawnData: spawnDataHere, cores: 2, backend: 'wasm' });
    const images = { name: 'test_10000.npz', blob: await openFile(shared(CIFAR, 'test_10000.npz')) };
    await engine.open([fileOf(CIFAR, 'cifar_mnv1_eval.pb'), ...tqtFiles()]);
    await engine.openData({ files: [images] });
  });
  afterAll(() => engine.dispose());

  const beside = (stage: number, files: readonly SourceFile[], limit: number): Promise<Evaluation> =>
    engine.validate({
      networks: [
        { kind: 'stage', stage },
        { kind: 'files', files },
      ],
      images: { name: 'signed' },
      limit,
    });

  it('RET6: answers every one of 2,000 test images as recipe 3c does, to the last bit', async () => {
    const steps = CIFAR_3C.map((text, index) => ({ id: `${index}`, ...parseExpression(text), bypassed: false }));
    const report = await engine.run({ interface: CIFAR_INTERFACE, steps });
    expect(report.steps.map(({ error }) => error)).toEqual(steps.map(() => undefined));
    const variables = await valuesOf(await tqtCheckpoint());
    const stage = await retrainedStage({ ...(await cifarRun()), variables, bits: new Map() });
    const result = await beside(CIFAR_3C.length, await frozenFiles(stage, 'retrained'), 2000);
    expect(result.comparison?.agreement).toMatchObject({ hits: 2000, of: 2000 });
    expect(result.comparison?.outputs.map(({ largestDifference }) => largestDifference)).toEqual([0]);
    const [theirs, ours] = result.networks.map(({ top1 }) => top1?.hits);
    expect(ours).toBe(theirs);
    // What the original's 609 steps reached on all 10,000 images is 76.8 %.
    expect(Math.abs((ours ?? 0) / 2000 - 0.768)).toBeLessThan(0.02);
  });

  it('RET1, RET6: fine-tuned in float it is the evaluation graph, whether its batch norms were folded or not', async () => {
    const variables = await valuesOf(await tqtCheckpoint());
    for (const transforms of [['fix_input_shape'], ['fix_input_shape', 'fold_batch_norms(is_training=True)', 'preprocess_layers']]) {
      const stage = await retrainedStage({ ...(await cifarRun(transforms)), variables, bits: new Map() });
      const result = await beside(0, await frozenFiles(stage, 'retrained'), 50);
      expect(result.comparison?.agreement).toMatchObject({ hits: 50, of: 50 });
      const [largest = 1] = result.comparison?.outputs.map(({ largestDifference }) => largestDifference) ?? [];
      if (transforms.length === 1) expect(largest).toBe(0);
      expect(largest).toBeLessThan(1e-5);
    }
  });
});

const MOBILENET = 'cases/imagenet_mobilenet';
const OUTPUT = 'MobilenetV1/Predictions/Softmax';

describeShared('a thawed MobileNet before its first step', () => {
  let pool: ComputePool;
  beforeAll(async () => {
    pool = await ComputePool.start({ spawn: spawnThread, backend: 'wasm', workers: 2 });
  });
  afterAll(() => pool.dispose());

  async function outputs({ model, thresholds }: StageState): Promise<Float32Array> {
    const source = fileOf(MOBILENET, 'calibration_set.npy');
    const data = { source, npy: await openNpy(source) };
    return (await outputsOf(withThresholds(model, thresholds), 4, { pool, data })).values;
  }

  const thresholds: ThresholdsOf = (names) => {
    const { thresholds_log2: recorded } = JSON.parse(readFileSync(shared(MOBILENET, 'expected_thresholds.json'), 'utf8')) as {
      readonly thresholds_log2: Readonly<Record<string, number>>;
    };
    return new Map(names.map((name) => [name, recorded[name] ?? Number.NaN]));
  };
  const run = (transforms: readonly string[]) =>
    runToTrain([fileOf(MOBILENET, 'fused_bn.pb')], { inputs: ['input'], outputs: [OUTPUT], shape: [128, 128, 3] }, transforms, thresholds);

  it.each([[[]], [['equalize_layers', 'correct_biases']]])(
    'RET4, RET6: behind %j it is the static network, to the last bit',
    async (before) => {
      const training = ['fix_input_shape', 'thaw_graph', 'fold_batch_norms', 'preprocess_layers', ...before, 'quantize(is_training=True)'];
      const cleaned = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'];
      const trained = await run(training);
      const retrained = await retrainedStage({ ...trained, variables: new Map(), bits: new Map() });
      const fixed = (await run([...cleaned, ...before, 'quantize(weight_threshold=3sd)'])).stages.at(-1) as StageState;
      const expected = await outputs(fixed);
      expect(new Set(expected).size).toBeGreaterThan(100);
      expect(await outputs(retrained)).toEqual(expected);
      expect(await outputs(trained.stages.at(-1) as StageState)).toEqual(expected);
    },
  );
});
