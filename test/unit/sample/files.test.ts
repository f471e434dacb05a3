import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { FILES, type SampleIndex, sampleFiles } from '../../../scripts/sample/files.ts';
import { drawImages, networkInput } from '../../../scripts/sample/images.ts';
import { applyLifts } from '../../../scripts/sample/lift.ts';
import { variableShapes, type Weights } from '../../../scripts/sample/network.ts';
import { accuracyOf } from '../../../scripts/sample/score.ts';
import { CLASSES } from '../../../scripts/sample/shapes.ts';
import { softmaxOf } from '../../../scripts/sample/train.ts';
import { readNpy } from '../../../worker/formats/npy.ts';
import { tensorValues } from '../../../worker/formats/tensorValues.ts';
import { openGraph } from '../../../worker/graph/graphFile.ts';
import { committedCheckpoint, committedFile, committedJson, committedLifts, committedWeights, SAMPLE_FOLDER } from './committed.ts';

describe('public/sample', () => {
  const lifts = committedLifts();
  let weights: Weights;

  beforeAll(async () => {
    weights = await committedWeights();
    await tf.setBackend('cpu');
  });

  it('is what the script writes for the committed weights, byte for byte', () => {
    const written = sampleFiles(weights, lifts);
    expect(readdirSync(SAMPLE_FOLDER).sort()).toEqual([...written.keys(), 'README.md'].sort());
    for (const [name, bytes] of written) expect(Buffer.compare(bytes, committedFile(name)), name).toBe(0);
  });

  it('holds a network below 1 MB and 5 MB in all', () => {
    const size = (name: string): number => statSync(path.join(SAMPLE_FOLDER, name)).size;
    for (const name of [FILES.frozen, FILES.inference, FILES.training, FILES.data]) expect(size(name), name).toBeLessThan(1e6);
    expect(size(FILES.inference) + size(FILES.index) + size(FILES.data)).toBeLessThan(1e6);
    expect(readdirSync(SAMPLE_FOLDER).reduce((sum, name) => sum + size(name), 0)).toBeLessThan(5e6);
  });

  it('has an index whose files are there and whose interface is in the graphs', () => {
    const index = committedJson(FILES.sample) as SampleIndex;
    for (const name of [index.graph, ...index.checkpoint, index.frozenGraph, index.trainingGraph, index.calibration]) {
      expect(statSync(path.join(SAMPLE_FOLDER, name)).isFile(), name).toBe(true);
    }
    for (const name of [index.graph, index.frozenGraph]) {
      const graph = openGraph(committedFile(name), name);
      for (const node of [...index.interface.inputs, ...index.interface.outputs]) expect(graph.has(node), `${name}: ${node}`).toBe(true);
      const input = graph.node(index.interface.inputs[0] ?? '').attr('shape');
      expect(input).toEqual({ kind: 'shape', value: [-1, ...index.interface.shape] });
    }
    expect(index.classes).toEqual(CLASSES);
  });

  it('has every variable of the unfrozen graph in the checkpoint, with its shape', async () => {
    const graph = openGraph(committedFile(FILES.inference), FILES.inference);
    const declared = graph.nodes.filter(({ op }) => op === 'VariableV2').map((node) => [node.name, node.attr('shape')]);
    const { entries } = await committedCheckpoint();
    expect([...entries].map(([name, { shape }]) => [name, { kind: 'shape', value: shape }]).sort()).toEqual(declared.sort());
    expect(new Map([...entries].map(([name, { shape }]) => [name, shape]))).toEqual(new Map([...variableShapes()].sort()));
  });

  it('calibrates on fifty pictures in [-1, 1], five of each class', () => {
    const set = readNpy(committedFile(FILES.calibration), FILES.calibration);
    expect([set.dtype, set.shape]).toEqual(['float32', [50, 32, 32, 3]]);
    const values = tensorValues(set) as Float32Array;
    expect(values.every((value) => value >= -1 && value <= 1)).toBe(true);
  });

  it('has lifted channels that change nothing: the same outputs with every lift undone', async () => {
    const { pixels, labels } = drawImages(2019, 'test', 0, 200);
    const inputs = networkInput(pixels);
    const outputs = await softmaxOf(weights, inputs);
    expect(await softmaxOf(applyLifts(weights, lifts, -1), inputs)).toEqual(outputs);
    expect(accuracyOf(outputs, labels)).toBeGreaterThan(0.9);
  });
});
