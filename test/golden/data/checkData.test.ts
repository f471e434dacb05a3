import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFile } from '../../../cli/fileBlobs.ts';
import { FILES } from '../../../scripts/sample/files.ts';
import { drawImages } from '../../../scripts/sample/images.ts';
import { INPUT, OUTPUT } from '../../../scripts/sample/network.ts';
import { printImageRule } from '../../../worker/data/imageRuleText.ts';
import { recipeSteps } from '../../../worker/engine/recipes.ts';
import { createEngine, type LocalEngine } from '../../../worker/engine.ts';
import { readNpy } from '../../../worker/formats/npy.ts';
import { npzArrays } from '../../../worker/formats/npz.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { ImageRule, SourceFile } from '../../../worker/protocol.ts';
import { describeShared, shared } from '../../shared.ts';
import { spawnThread } from '../../unit/compute/spawn.ts';
import { fileOf, npy, npz } from '../../unit/data/files.ts';
import { spawnDataHere } from '../../unit/data/spawn.ts';
import { committedFile } from '../../unit/sample/committed.ts';

async function file(given: string): Promise<SourceFile> {
  return { name: path.basename(given), path: path.basename(given), blob: await openFile(given) };
}

const bgr = (crop: object): ImageRule => ({ name: 'custom', crop, channels: 'bgr', divisor: 127.5, mean: [1], scale: [1] }) as ImageRule;
const PHOTO_BGR = bgr({ kind: 'central', share: 0.875 });
const ROW_BGR = bgr({ kind: 'none' });

let engine: LocalEngine;
beforeAll(() => {
  engine = createEngine({ spawn: spawnThread, spawnData: spawnDataHere, cores: 2, backend: 'wasm' });
});
afterAll(() => engine.dispose());

/** What is told of each rule: the rule of the warning, and the rule for images that it names. */
async function told(rules: readonly ImageRule[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const rule of rules) {
    const warnings = await engine.checkData(rule);
    found[printImageRule(rule)] = warnings
      .map(({ rule: id, images }) => (images === undefined ? id : `${id} ${printImageRule(images)}`))
      .join('; ');
  }
  return found;
}

describeShared('the real MobileNet and its photographs', () => {
  const folder = shared('cases', 'imagenet_mobilenet');
  let photographs: readonly SourceFile[];
  beforeAll(async () => {
    const names = Object.keys(JSON.parse(await readFile(path.join(folder, 'images', 'labels.json'), 'utf8')));
    photographs = await Promise.all(names.map((name) => file(path.join(folder, 'images', name))));
  });
  const WRONG: readonly ImageRule[] = [PHOTO_BGR, { name: 'vgg' }, { name: 'darknet' }];

  it('CHK6 labelled: nothing is told of the right rule; of swapped channels and wrong ranges the right one is named', async () => {
    await engine.open([await file(shared('models', 'mobilenet_v1_0.25_128', 'frozen_graph.pb'))]);
    await engine.openData({ files: photographs });
    const found = await told([{ name: 'inception' }, ...WRONG]);
    expect(found).toMatchObject({ inception: '', [printImageRule(PHOTO_BGR)]: 'CHK6 inception', vgg: 'CHK6 inception' });
    expect(found.darknet).toMatch(/^CHK[56] inception$/);
  });

  it('CHK7 labels that are off by one are told from labels that are right', async () => {
    await engine.openData({ files: photographs, labelOffset: 0 });
    const warnings = await engine.checkData({ name: 'inception' });
    expect(warnings.map(({ rule, remedy }) => [rule, remedy])).toEqual([['CHK7', 'Labels are off by one: add 1 to the label offset.']]);
  });

  it.each([
    ['written out in small ops', () => shared('models', 'mobilenet_v1_0.25_128', 'frozen_graph.pb')],
    ['fused', () => path.join(folder, 'fused_bn.pb')],
  ])('CHK5 unlabelled, by batch norms that are %s: the same, and no false alarm of sixteen images', async (_, graph) => {
    await engine.open([await file(graph())]);
    await engine.openData({ files: photographs, labels: { kind: 'none' } });
    expect(await told([{ name: 'inception' }, ...WRONG, { name: 'vgg-caffe' }])).toEqual({
      inception: '',
      [printImageRule(PHOTO_BGR)]: 'CHK5 inception',
      vgg: 'CHK5 inception',
      darknet: 'CHK5 inception',
      'vgg-caffe': 'CHK5 inception',
    });
    for (const first of [0, 16, 32]) {
      await engine.openData({ files: photographs.slice(first, first + 16), labels: { kind: 'none' } });
      expect(await told([{ name: 'inception' }, { name: 'vgg' }])).toEqual({ inception: '', vgg: 'CHK5 inception' });
    }
  });

  it('CHK9 unlabelled, folded and without statistics: a hint where answers tell nothing apart, none otherwise', async () => {
    await engine.open([await file(path.join(folder, 'fused_bn.pb'))]);
    const steps = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes'];
    await engine.run({
      interface: { inputs: ['input'], outputs: ['MobilenetV1/Predictions/Reshape_1'], shape: [128, 128, 3] },
      steps: steps.map((transform, id) => ({ id: String(id), transform, options: {}, bypassed: false })),
    });
    const folded = await engine.download('frozen');
    await engine.open(folded);
    await engine.openData({ files: photographs, labels: { kind: 'none' } });
    expect(await told([{ name: 'inception' }, { name: 'vgg' }, { name: 'bytes' }])).toEqual({
      inception: '',
      vgg: 'CHK9 inception',
      bytes: 'CHK9 signed',
    });
  });
});

describeShared('the CIFAR network and its test images', () => {
  const folder = shared('cases', 'cifar_mobilenet');
  let images: Uint8Array;
  let labels: ArrayLike<number>;
  beforeAll(async () => {
    await engine.open([await file(path.join(folder, 'frozen.pb'))]);
    const arrays = await npzArrays(await file(path.join(folder, 'test_10000.npz')));
    const numbers = async (name: string) => {
      const found = arrays.find((array) => array.name.startsWith(name));
      return tensorNumbers(readNpy(new Uint8Array((await found?.blob.arrayBuffer()) ?? []), name));
    };
    images = Uint8Array.from((await numbers('images')).subarray(0, 200 * 3072));
    labels = (await numbers('labels')).subarray(0, 200);
  });
  const data = (count: number, labelled: boolean): SourceFile[] => {
    const rows = npy('uint8', [count, 32, 32, 3], images.subarray(0, count * 3072));
    return [
      fileOf(
        'set.npz',
        npz(labelled ? { images: rows, labels: npy('uint8', [count], Array.from(labels).slice(0, count)) } : { images: rows }),
      ),
    ];
  };

  it('CHK6, CHK5 labelled and not: the right rule is silent, wrong ranges name it; channels where labels are there', async () => {
    await engine.openData({ files: data(200, true) });
    const found = await told([{ name: 'signed' }, ROW_BGR, { name: 'unit' }, { name: 'bytes' }]);
    expect(found.signed).toBe('');
    for (const rule of [printImageRule(ROW_BGR), 'unit', 'bytes']) expect(found[rule]).toMatch(/^CHK[56] signed$/);
    await engine.openData({ files: data(16, false) });
    expect(await told([{ name: 'signed' }, { name: 'unit' }, { name: 'bytes' }])).toEqual({
      signed: '',
      unit: 'CHK5 signed',
      bytes: 'CHK5 signed',
    });
  });

  it('CHK2, CHK5 arrays of numbers: by their range what was done to them is told', async () => {
    const floats = Float32Array.from(images.subarray(0, 64 * 3072), (byte) => byte / 255);
    await engine.openData({ files: [fileOf('set.npz', npz({ images: npy('float32', [64, 32, 32, 3], floats) }))] });
    const half = 'crop=none,divisor=0.5,mean=1,scale=1,channels=rgb';
    expect(await told([{ name: 'none' }, { name: 'signed' }])).toEqual({ none: `CHK5 ${half}`, signed: `CHK2 ${half}; CHK5 ${half}` });
    await engine.openData({
      files: [
        fileOf(
          'a.npy',
          npy(
            'float32',
            [64, 32, 32, 3],
            floats.map((value) => 2 * value - 1),
          ),
        ),
      ],
    });
    expect(await told([{ name: 'none' }])).toEqual({ none: '' });
  });
});

describe('the sample network and its pictures', () => {
  it('CHK5, CHK6 the right rule is silent, wrong ranges name it; its pictures are of any colour, so that channels have no order to tell', async () => {
    await engine.open([fileOf(FILES.frozen, committedFile(FILES.frozen))]);
    const { pixels, labels } = drawImages(2019, 'test', 0, 100);
    const rows = npy('uint8', [100, 32, 32, 3], pixels);
    await engine.openData({ files: [fileOf('set.npz', npz({ images: rows, labels: npy('uint8', [100], labels) }))] });
    const found = await told([{ name: 'signed' }, ROW_BGR, { name: 'unit' }, { name: 'bytes' }]);
    expect(found).toMatchObject({ signed: '', [printImageRule(ROW_BGR)]: '' });
    for (const rule of ['unit', 'bytes']) expect(found[rule]).toMatch(/^CHK[56] signed$/);
    await engine.openData({ files: [fileOf('set.npz', npz({ images: rows }))] });
    expect(await told([{ name: 'signed' }, { name: 'unit' }, { name: 'bytes' }])).toEqual({
      signed: '',
      unit: 'CHK5 signed',
      bytes: 'CHK5 signed',
    });
  });

  it('CHK8 quantized and without statistics: images far beyond the range of the input are told', async () => {
    await engine.open([FILES.frozen, FILES.calibration].map((name) => fileOf(name, committedFile(name))));
    await engine.run({ interface: { inputs: [INPUT], outputs: [OUTPUT], shape: [32, 32, 3] }, steps: recipeSteps('static-int8') });
    await engine.open(await engine.download('frozen'));
    const { pixels } = drawImages(2019, 'test', 0, 20);
    await engine.openData({ files: [fileOf('set.npy', npy('uint8', [20, 32, 32, 3], pixels))] });
    expect(await told([{ name: 'signed' }, { name: 'unit' }, { name: 'bytes' }])).toEqual({ signed: '', unit: '', bytes: 'CHK8' });
  });
});
