import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { retrainedStage } from '../../../worker/engine/retrained.ts';
import type { StageState } from '../../../worker/engine/stage.ts';
import { withThresholds } from '../../../worker/evaluate/compareOutputs.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { withMovingStatistics } from '../../../worker/quantize/movingStatistics.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { describeShared, shared } from '../../shared.ts';
import { fileOf, recordedThresholds } from '../calibrate/calibrated.ts';
import { floatOutputs } from '../floatRun.ts';
import { expectSameGraph } from '../quantizedGraphs.ts';
import { caseFile, microCases, readArguments, readGraph } from '../runCase.ts';
import { CIFAR, cifarRun, tqtCheckpoint } from './cifarRun.ts';
import { type RunToTrain, runToTrain, valuesOf } from './retrainedRuns.ts';

const recordedOf = (net: string, recipe: string) => ['cases/nets', net, `recipe3c_${recipe}.pb.gz`] as const;

/** Networks with a training graph, and the recipes 3c that were recorded of each. */
const NETS = ['mobilenet_v1', 'resnet_v1_50', 'inception_v3', 'darknet19', 'small_mobilenet_v2', 'small_resnet_v1'].flatMap((net) =>
  ['int8', 'int4', 'int8_mean', 'int4_mean']
    .filter((recipe) => existsSync(shared(...recordedOf(net, recipe))))
    .map((recipe) => [net, recipe] as const),
);

type Recipes = Readonly<Record<string, { readonly args: readonly string[] }>>;

/** Recipe 3a of a network; one that was recorded in INT8 alone has the bits of INT4 in its place. */
async function trainingRun(net: string, recipe: string): Promise<RunToTrain> {
  const folder = `cases/nets/${net}`;
  const { recipes } = JSON.parse(readFileSync(shared(folder, 'cases.json'), 'utf8')) as { readonly recipes: Recipes };
  const own = recipes[`recipe3a_${recipe}`] ?? recipes[`recipe3a_${recipe.replace('int4', 'int8')}`];
  const { inGraph, inputs, outputs, inputShape, transforms } = readArguments(own?.args ?? []);
  const bits = recipe.startsWith('int4') ? 'weight_bits=-4' : 'weight_bits=-8';
  const steps = transforms.map((text) => text.replace(/weight_bits=-\d/, bits));
  return runToTrain([fileOf(folder, inGraph)], { inputs, outputs, shape: inputShape }, steps);
}

/** Every threshold of the trained stage, as if trained. */
function anyThresholds({ stages }: RunToTrain) {
  const quantizers = readQuantizers((stages.at(-1) as StageState).model.graph);
  return new Map(quantizers.map(({ threshold }) => [threshold, { shape: [], values: Float32Array.of(0.5) }]));
}

describeShared('the inference graph of a trained one', () => {
  it('RET4, RET6: the CIFAR network with what the original trained is its recipe 3c on the evaluation graph, node for node', async () => {
    const run = await cifarRun();
    const variables = await valuesOf(await tqtCheckpoint());
    const stage = await retrainedStage({ ...run, variables, bits: new Map() });
    expectSameGraph(readGraph(CIFAR, 'expected', 'recipe3c_int8.pb'), stage.model.graph);
    expect(stage.thresholds.size).toBe(51);
    for (const [name, log2] of stage.thresholds) expect(log2).toBe(variables.get(name)?.values[0]);
    const weights = await stage.model.variables.read('MobilenetV1/Conv2d_0/weights');
    expect([...tensorNumbers(weights)]).toEqual([...(variables.get('MobilenetV1/Conv2d_0/weights')?.values ?? [])]);
  });

  it.each(NETS)('RET4: %s, %s, is recipe 3c, node for node', async (net, recipe) => {
    const run = await trainingRun(net, recipe);
    const stage = await retrainedStage({ ...run, variables: anyThresholds(run), bits: new Map() });
    expectSameGraph(readGraph(...recordedOf(net, recipe)), stage.model.graph);
  });

  async function microRun(name: string): Promise<RunToTrain> {
    const folder = `cases/micro/${name}`;
    const { inGraph, inputs, outputs, inputShape, transforms } = readArguments(caseFile(folder).args);
    const files = [inGraph, 'checkpoint', 'model.ckpt.index', 'model.ckpt.data-00000-of-00001'].map((file) => fileOf(folder, file));
    const thresholds = new Map(Object.entries(recordedThresholds(folder, 'expected_thresholds.json')));
    return runToTrain(files, { inputs, outputs, shape: inputShape }, transforms, () => thresholds);
  }
  const isTrained = (name: string) => /__train[48]$/.test(name) && existsSync(shared('cases/micro', name, 'expected_thresholds.json'));
  const unfused = 'bn_unfused_correction__train8';
  const micro = microCases().filter((name) => isTrained(name) && name !== unfused);

  it.each(micro)('RET5, RET7: %s has the trained thresholds and computes what the trained graph computes', async (name) => {
    const run = await microRun(name);
    const trained = run.stages.at(-1) as StageState;
    const stage = await retrainedStage({ ...run, variables: new Map(), bits: new Map() });
    const quantizers = readQuantizers(trained.model.graph);
    expect(new Set(stage.thresholds.keys())).toEqual(new Set(quantizers.map(({ threshold }) => threshold)));
    const values = ({ model, thresholds }: StageState) =>
      floatOutputs(withMovingStatistics(model.graph), {
        variables: withThresholds(model, thresholds).variables,
        ...{ inputs: model.inputs, shape: model.inputShape, outputs: quantizers.map(({ node }) => node) },
      });
    expect(await values(stage)).toEqual(await values(trained));
  });

  it('RET8: a batch norm in small ops that was trained as a factor has no place in recipe 3c, which says so', async () => {
    const run = await microRun(unfused);
    await expect(retrainedStage({ ...run, variables: new Map(), bits: new Map() })).rejects.toMatchObject({
      code: 'threshold-missing',
      about: 'net/c1/weights_weight_quant/threshold',
    });
  });
});
