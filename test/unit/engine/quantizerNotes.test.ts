import { describe, expect, it } from 'vitest';
import type { QuantizerStatistics } from '../../../worker/calibrate/statistics.ts';
import { quantizerNotes } from '../../../worker/engine/quantizerNotes.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { Net } from '../quantize/nets.ts';

describe('QNT56 what a person should know of a quantizer', () => {
  const net = new Net();
  net.node('pool_from_avgpool', 'DepthwiseConv2dNative', [net.convRelu('c', net.input()), net.constant('reciprocal', 0.25)]);
  const quantizers = readQuantizers(net.quantized().model.graph);
  const notes = (name: string, log2t: number | null, statistics?: Partial<QuantizerStatistics>) => {
    const quantizer = quantizers.find((found) => found.name === name);
    return quantizer === undefined ? null : quantizerNotes(quantizer, log2t, statistics as QuantizerStatistics | undefined);
  };

  it('QNT56 an average pool rounds down', () => {
    expect(notes('pool_from_avgpool_avgpool_quant', null)).toEqual([expect.stringContaining('Rounds down')]);
  });

  it('QNT56 a reciprocal that is a power of two saturates', () => {
    expect(notes('reciprocal_weight_quant', -2)).toEqual([expect.stringContaining('256 saturates to 255, −0.391 %')]);
    expect(notes('reciprocal_weight_quant', Math.fround(Math.log2(1 / 9)))).toEqual([]);
  });

  it('QNT56 weights of which most round to 0', () => {
    const weights = readQuantizers(net.quantized({ weight_bits: -4 }).model.graph).find(({ name }) => name === 'c/weights_weight_quant');
    if (weights === undefined) throw new Error('There are no such weights.');
    // t = 7.9 is used as 8: a step is 1, and what is below a half rounds to 0.
    const told = (counts: readonly number[]) =>
      quantizerNotes(weights, Math.log2(7.9), {
        histogram: { quantizer: '', max: 8, counts, searchBins: 0 },
      } as unknown as QuantizerStatistics);
    const spread = (small: number) => [small, ...Array.from({ length: 14 }, () => 0), 100 - small];
    expect(told(spread(72))).toEqual([expect.stringContaining('At least 72 % of the weights round to 0')]);
    expect(told(spread(49))).toEqual([]);
    // The second of sixteen bins ends at 1, beyond the half.
    expect(told([49, 51, ...Array.from({ length: 14 }, () => 0)])).toEqual([]);
  });

  it('QNT56 KL-J at 16 bits is MAX', () => {
    expect(notes('c/Conv2D_layer_quant', 0.5, { asked: 'KL-J', method: 'MAX' })).toEqual([
      expect.stringContaining('KL-J is MAX here: int16'),
    ]);
    expect(notes('c/Relu_act_quant', 0.5, { asked: 'KL-J', method: 'KL-J' })).toEqual([]);
  });
});
