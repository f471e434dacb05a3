import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { drawImages, networkInput } from '../../../scripts/sample/images.ts';
import { applyLifts, chooseLifts, foldedWeights, LIFTED_SHARE } from '../../../scripts/sample/lift.ts';
import { LAYERS, type Weights } from '../../../scripts/sample/network.ts';
import { channelSpread, softmaxOf } from '../../../scripts/sample/train.ts';
import { anyWeights } from './anyWeights.ts';

describe('lifting channels', () => {
  const weights = anyWeights(11);
  const images = networkInput(drawImages(1, 'test', 0, 10).pixels);
  let lifts: ReturnType<typeof chooseLifts>;

  beforeAll(async () => {
    await tf.setBackend('cpu');
    lifts = chooseLifts(weights, channelSpread(weights, images));
  });

  it('takes 8 % of the channels of every depthwise layer, rounded up', () => {
    for (const layer of LAYERS) {
      const channels = lifts.filter((lift) => lift.layer === layer.name).map(({ channel }) => channel);
      expect(channels.length).toBe(layer.kind === 'depthwise' ? Math.ceil(LIFTED_SHARE * layer.outputs) : 0);
      expect(new Set(channels).size).toBe(channels.length);
    }
  });

  it('brings the mean magnitude of their folded weights to 2⁵ to 2⁶ times the median of the layer', () => {
    const lifted = applyLifts(weights, lifts);
    for (const { layer: name, channel } of lifts) {
      const layer = LAYERS.find((candidate) => candidate.name === name);
      if (layer === undefined) throw new Error(name);
      const median = medianMagnitude(foldedWeights(weights, layer));
      const magnitudes = foldedWeights(lifted, layer)
        .filter((_, index) => index % layer.outputs === channel)
        .map(Math.abs);
      const mean = magnitudes.reduce((sum, value) => sum + value, 0) / magnitudes.length;
      // Float32 rounding of the folded weight may cross the lower edge by one part in 2²³.
      expect(mean / median).toBeGreaterThanOrEqual(32 * (1 - 2 ** -22));
      expect(mean / median).toBeLessThan(64);
    }
  });

  it('leaves the network the same function, bit for bit', async () => {
    const lifted = applyLifts(weights, lifts);
    expect(changedNames(weights, lifted).length).toBeGreaterThan(0);
    expect(await softmaxOf(lifted, images)).toEqual(await softmaxOf(weights, images));
  });

  it('can be undone exactly', () => {
    expect(changedNames(weights, applyLifts(applyLifts(weights, lifts), lifts, -1))).toEqual([]);
  });

  it('refuses a layer that has no Relu before it', () => {
    expect(() => applyLifts(weights, [{ layer: 'Conv2d_1_pointwise', channel: 0, exponent: 3 }])).toThrow('Relu');
  });
});

function changedNames(left: Weights, right: Weights): string[] {
  return [...left.keys()].filter((name) => left.get(name)?.some((value, index) => value !== right.get(name)?.[index]));
}

function medianMagnitude(values: Float32Array): number {
  return values.map(Math.abs).sort()[Math.floor(values.length / 2)] ?? 0;
}
