import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FILES, sampleFiles } from '../../scripts/sample/files.ts';
import { drawImages, networkInput } from '../../scripts/sample/images.ts';
import { graphOutputs } from '../../scripts/sample/infer.ts';
import { applyLifts } from '../../scripts/sample/lift.ts';
import { INPUT, OUTPUT } from '../../scripts/sample/network.ts';
import { accuracyOf } from '../../scripts/sample/score.ts';
import { type RecipeName, recipeSteps } from '../../worker/engine/recipes.ts';
import { createEngine, type LocalEngine } from '../../worker/engine.ts';
import { openGraph } from '../../worker/graph/graphFile.ts';
import { spawnThread } from '../unit/compute/spawn.ts';
import { committedFile, committedLifts, committedWeights } from '../unit/sample/committed.ts';

const UNFROZEN = [FILES.inference, FILES.index, FILES.data, FILES.state, FILES.calibration];
const FROZEN = [FILES.frozen, FILES.calibration];
const committedFiles = (names: readonly string[]): ReadonlyMap<string, Uint8Array> =>
  new Map(names.map((name) => [name, committedFile(name)]));

describe('the sample, from float to static INT8', () => {
  const { pixels, labels } = drawImages(2019, 'test', 0, 500);
  const inputs = networkInput(pixels);
  let engine: LocalEngine;
  let float: Float32Array;

  beforeAll(async () => {
    engine = createEngine({ spawn: spawnThread, cores: 2, backend: 'wasm' });
    float = await graphOutputs(openGraph(committedFile(FILES.frozen), FILES.frozen), inputs);
  });
  afterAll(() => engine.dispose());

  /** Softmax for the test pictures after a recipe, from the self-contained graph that a person would download. */
  async function outputsAfter(recipe: RecipeName, files: ReadonlyMap<string, Uint8Array>): Promise<Float32Array> {
    await engine.open([...files].map(([name, bytes]) => ({ name, blob: new Blob([bytes as BlobPart]) })));
    const report = await engine.run({ interface: { inputs: [INPUT], outputs: [OUTPUT], shape: [32, 32, 3] }, steps: recipeSteps(recipe) });
    expect(report.steps.map(({ state, error }) => [state, error])).toEqual(report.steps.map(() => ['done', undefined]));
    const [file] = (await engine.download('frozen')).filter(({ name }) => name.endsWith('.pb'));
    if (file === undefined) throw new Error('Nothing to download.');
    return graphOutputs(openGraph(new Uint8Array(await file.blob.arrayBuffer()), file.name), inputs);
  }

  it('recipe 1 keeps its function', async () => {
    expect(accuracyOf(float, labels)).toBeGreaterThan(0.9);
    for (const names of [UNFROZEN, FROZEN]) {
      const outputs = await outputsAfter('optimized', committedFiles(names));
      expect(largestDifference(outputs, float)).toBeLessThan(1e-5);
    }
  });

  it('recipe 2 collapses, from the frozen graph just as from the checkpoint', async () => {
    const outputs = await outputsAfter('static-int8', committedFiles(UNFROZEN));
    expect((await engine.quantizers((await engine.stages()).length - 1)).length).toBe(51);
    expect(accuracyOf(outputs, labels)).toBeLessThan(accuracyOf(float, labels) - 0.3);
    expect(await outputsAfter('static-int8', committedFiles(FROZEN))).toEqual(outputs);
  });

  it('recipe 2 loses little where no channel is lifted: the lifts are what breaks it', async () => {
    const unlifted = sampleFiles(applyLifts(await committedWeights(), committedLifts(), -1), []);
    const files = new Map([...unlifted].filter(([name]) => UNFROZEN.includes(name)));
    const outputs = await outputsAfter('static-int8', files);
    expect(accuracyOf(outputs, labels)).toBeGreaterThan(accuracyOf(float, labels) - 0.03);
  });
});

function largestDifference(left: Float32Array, right: Float32Array): number {
  return left.reduce((most, value, index) => Math.max(most, Math.abs(value - (right[index] ?? Number.NaN))), 0);
}
