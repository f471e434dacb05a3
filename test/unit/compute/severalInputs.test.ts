import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { type CalibrationData, feedsOf } from '../../../worker/calibrate/feeds.ts';
import { writeNpy } from '../../../worker/formats/npy.ts';
import { npzArrays } from '../../../worker/formats/npz.ts';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import type { Model } from '../../../worker/graph/model.ts';
import { quantizedOutputs } from '../../../worker/quantize/quantizedOutputs.ts';
import { Net } from '../quantize/nets.ts';

const data = (name: string, ...shape: number[]): CalibrationData => ({ source: { name, blob: new Blob([]) }, npy: { shape } });

/** Two inputs of different shapes. */
function model(): Model {
  const net = new Net();
  net.node('sum', 'Add', [net.input('net/left'), net.input('right')]);
  return { ...net.model('sum'), inputShapes: new Map([['right', [4]]]) };
}

const both = new Set(['net/left', 'right']);

describe('CAL10 networks with several inputs', () => {
  it.each(['net_left.npy', 'left.npy', 'net/left.npy'])('CAL10 each input takes the array named after it: %s', (name) => {
    const feeds = feedsOf(model(), [data('right.npy', 5, 4), data(name, 5, 16, 16, 3)], both);
    expect(feeds.map(({ input, data: { source } }) => [input, source.name])).toEqual([
      ['net/left', name],
      ['right', 'right.npy'],
    ]);
  });

  it('CAL10 an input without data is an error that names all such inputs', () => {
    const refused = (given: CalibrationData[]) => () => feedsOf(model(), given, both);
    expect(refused([data('calibration_set.npy', 5, 16, 16, 3)])).toThrow(/named after 'net\/left', 'right'/);
    expect(refused([data('right.npy', 5, 4)])).toThrow(expect.objectContaining({ code: 'input-unfed', about: 'net/left' }));
  });

  it('CAL10 every input has its own shape, and all as many images', () => {
    expect(() => feedsOf(model(), [data('left.npy', 5, 16, 16, 3), data('right.npy', 5, 16, 16, 3)], both)).toThrow(/16×16×3.*takes 4/);
    expect(() => feedsOf(model(), [data('left.npy', 5, 16, 16, 3), data('right.npy', 6, 4)], both)).toThrow(/'net\/left' 5, 'right' 6/);
  });

  it('CAL10 where only one input is needed, the file need not be named after it', () => {
    const feeds = feedsOf(model(), [data('calibration_set.npy', 5, 4)], new Set(['right']));
    expect(feeds.map(({ input }) => input)).toEqual(['right']);
  });

  it('CAL10 the arrays of a .npz are files of their own', async () => {
    const bytes = writeNpy(makeTensor('float32', [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]));
    const blob = new Blob([zipSync({ 'left.npy': bytes, 'right.npy': bytes }) as BlobPart]);
    const arrays = await npzArrays({ name: 'calibration_set.npz', blob });
    expect(arrays.map(({ name }) => name)).toEqual(['left.npy', 'right.npy']);
    expect(new Uint8Array((await arrays[0]?.blob.arrayBuffer()) ?? new ArrayBuffer(0))).toEqual(bytes);
    await expect(npzArrays({ name: 'x.npz', blob: new Blob(['no zip']) })).rejects.toMatchObject({ code: 'npy-malformed' });
  });
});

describe('QNT58 the quantized tensor behind a named output', () => {
  it('QNT58 is listed where the output itself delivers what came before it', () => {
    const net = new Net();
    const logits = net.conv('c', net.input());
    const { model } = net.quantized({}, logits, net.node('softmax', 'Softmax', [logits]));
    expect([...quantizedOutputs(model.graph, model.outputs)]).toEqual([['c/BiasAdd', 'c/BiasAdd_biasadd_quant/LinearQuant']]);
  });
});
