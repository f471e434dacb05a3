import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { createEngine } from '../../worker/engine.ts';
import { checkpointFiles } from '../../worker/formats/checkpoint.ts';
import { makeTensor } from '../../worker/formats/tensorValues.ts';
import type { SourceFile } from '../../worker/protocol.ts';
import { describeShared, hasShared, shared } from '../shared.ts';
import { spawnHere } from '../unit/compute/spawn.ts';
import { readArguments } from './runCase.ts';

/** Networks that the original calibrated, as it wrote them. */
const calibrated = hasShared
  ? ['small_mobilenet_v2', 'small_resnet_v1'].flatMap((network) =>
      readdirSync(shared('cases/nets', network))
        .filter((folder) => /^cal_recipe2_/.test(folder))
        .map((folder) => [network, folder] as const),
    )
  : [];

/** The recorded thresholds as a checkpoint. */
function thresholdFiles(...folder: string[]): readonly SourceFile[] {
  const log2 = JSON.parse(readFileSync(shared(...folder, 'expected_thresholds.json'), 'utf8')) as Record<string, number>;
  return checkpointFiles('model.ckpt', new Map(Object.entries(log2).map(([name, value]) => [name, makeTensor('float32', [], [value])])));
}

describeShared('files of the original, opened', () => {
  const engine = createEngine({ spawn: spawnHere, backend: 'wasm', cores: 1 });
  afterAll(() => engine.dispose());

  it('QNT25, QNT59 there are files', () => expect(calibrated.length).toBeGreaterThanOrEqual(2));

  it.each(calibrated)('QNT25, QNT59 %s, %s: the table of the opened file is that of the stage just made', async (network, folder) => {
    const place = ['cases/nets', network, folder];
    const { args } = JSON.parse(readFileSync(shared(...place, 'case.json'), 'utf8')) as { args: string[] };
    const given = readArguments(args);
    const checkpoint = thresholdFiles(...place);
    const pb = (name: string, ...at: string[]): SourceFile => ({ name, blob: new Blob([readFileSync(shared(...at))]) });

    await engine.open([pb('opened.pb', ...place, 'expected.pb'), ...checkpoint]);
    const opened = await engine.quantizers(0);
    expect(opened.every(({ log2t }) => log2t !== null)).toBe(true);
    const openedFloat = await engine.explain({ inputs: given.inputs, outputs: given.outputs, shape: given.inputShape });

    await engine.open([pb('source.pb', 'cases/nets', network, given.inGraph), ...checkpoint]);
    const steps = given.transforms.map((text, k) => {
      const transform = text.replace(/\(.*/, '');
      const options = transform === 'quantize' ? { calibrate_quant_layers: false, ...bitsOf(text) } : {};
      return { id: `${k}`, transform, options, bypassed: false };
    });
    const report = await engine.run({ interface: { inputs: given.inputs, outputs: given.outputs, shape: given.inputShape }, steps });
    const made = await engine.quantizers(steps.length);
    expect(opened).toEqual(made);
    expect(openedFloat).toEqual(report.steps.at(-1)?.skipped);
  });
});

/** The bit-widths and layers of a quantize expression. */
function bitsOf(text: string): Record<string, string | number> {
  const pairs = [...text.matchAll(/(\w+_bits|first_layer|last_layer)=([^,)]+)/g)];
  return Object.fromEntries(pairs.map(([, key = '', value = '']) => [key, key.endsWith('_bits') ? Number(value) : value.trim()]));
}
