import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { createEngine, type LocalEngine } from '../../worker/engine.ts';
import { checkpointFiles, openCheckpoint } from '../../worker/formats/checkpoint.ts';
import { makeTensor } from '../../worker/formats/tensorValues.ts';
import type { VariableSource } from '../../worker/graph/model.ts';
import type { DownloadForm, RunRequest, SourceFile } from '../../worker/protocol.ts';
import { parseExpression } from '../../worker/transforms/expression.ts';
import { describeShared, shared } from '../shared.ts';
import { spawnHere } from '../unit/compute/spawn.ts';
import { RECIPE_1 } from '../unit/transforms/build.ts';
import { readArguments } from './runCase.ts';

const NET = 'cases/nets/small_mobilenet_v2';
const FORMS: readonly DownloadForm[] = [
  'graffitist',
  'graffitist-pbtxt',
  'graffitist-meta',
  'graffitist-saved-model',
  'frozen',
  'frozen-pbtxt',
  'frozen-saved-model',
];

const source = (name: string, ...at: string[]): SourceFile => ({ name, blob: new Blob([readFileSync(shared(...at))]) });

/** log2 t by variable as a checkpoint, beside trained variables where there are some. */
async function thresholds(log2: Record<string, number>, trained?: VariableSource): Promise<readonly SourceFile[]> {
  const values = new Map(Object.entries(log2).map(([name, value]) => [name, makeTensor('float32', [], [value])]));
  for (const name of trained?.entries.keys() ?? []) if (trained !== undefined) values.set(name, await trained.read(name));
  return checkpointFiles('model.ckpt', values);
}

/** What a person sees of a stage. */
async function seen(engine: LocalEngine, stage: number) {
  const { nodes, edges } = await engine.scene({ stage, reading: 'layers' });
  return {
    // Whether a threshold is a constant is of the form, not of the table.
    table: (await engine.quantizers(stage)).map(({ constantLog2: _, ...row }) => row),
    boxes: nodes.map(({ changed: _, ...box }) => box),
    wires: edges,
  };
}

describeShared('quantized graphs, opened', () => {
  const engine = createEngine({ spawn: spawnHere, backend: 'wasm', cores: 1 });
  const again = createEngine({ spawn: spawnHere, backend: 'wasm', cores: 1 });
  afterAll(async () => {
    await engine.dispose();
    await again.dispose();
  });

  it.each(['cal_recipe2_int8', 'cal_recipe3a_int4'])(
    'EXP1, EXP4, QNT25, QNT59 %s in every form: table, float list and picture of the stage just made',
    async (folder) => {
      const given = readArguments((JSON.parse(readFileSync(shared(NET, folder, 'case.json'), 'utf8')) as { args: string[] }).args);
      const weights = readdirSync(shared(NET)).filter((name) => /\.ckpt\.(index|data-)/.test(name));
      const found = JSON.parse(readFileSync(shared(NET, folder, 'expected_thresholds.json'), 'utf8')) as Record<string, number>;
      const trained = await openCheckpoint(weights.map((name) => source(name, NET, name)));
      const checkpoint = await thresholds(found, trained);
      await engine.open([source(given.inGraph, NET, given.inGraph), ...checkpoint]);
      const steps = given.transforms.map((text, k) => {
        const { transform, options } = parseExpression(text);
        const known = transform === 'quantize' ? { ...options, calibrate_quant_layers: false } : options;
        return { id: `${k}`, transform, options: known, bypassed: false };
      });
      const request: RunRequest = { interface: { inputs: given.inputs, outputs: given.outputs, shape: given.inputShape }, steps };
      const report = await engine.run(request);
      const { table, boxes, wires } = await seen(engine, steps.length);
      expect(table.length).toBeGreaterThan(50);
      for (const form of FORMS) {
        await again.open(await engine.download(form));
        const opened = await seen(again, 0);
        expect([form, opened.table]).toEqual([form, table]);
        // A frozen form holds what an output needs; of a training graph, which is not stripped, more is drawn than that.
        if (!form.startsWith('frozen') || !folder.includes('3a')) expect([form, opened.boxes, opened.wires]).toEqual([form, boxes, wires]);
        expect([form, await again.explain(request.interface)]).toEqual([form, report.steps.at(-1)?.skipped]);
      }
    },
  );

  it('QNT25, QNT59 the real MobileNet as the original wrote it: the table and picture of the stage just made', async () => {
    const folder = 'cases/imagenet_mobilenet';
    const { thresholds_log2: log2 } = JSON.parse(readFileSync(shared(folder, 'expected_thresholds.json'), 'utf8')) as {
      thresholds_log2: Record<string, number>;
    };
    await engine.open([source('fused_bn.pb', folder, 'fused_bn.pb'), ...(await thresholds(log2))]);
    const { inputs, outputs } = (await again.open([source('expected_int8.pb', folder, 'expected_int8.pb'), ...(await thresholds(log2))]))
      .guess;
    const steps = [...RECIPE_1, 'quantize(calibrate_quant_layers=False)'].map((text, k) => ({
      id: `${k}`,
      ...parseExpression(text),
      bypassed: false,
    }));
    const request: RunRequest = { interface: { inputs, outputs, shape: [128, 128, 3] }, steps };
    const report = await engine.run(request);
    const stage = steps.length;
    expect(await seen(again, 0)).toEqual(await seen(engine, stage));
    expect(await again.explain(request.interface)).toEqual(report.steps.at(-1)?.skipped);
    for (const form of FORMS) {
      await again.open(await engine.download(form));
      expect([form, (await seen(again, 0)).table]).toEqual([form, (await seen(engine, stage)).table]);
      expect(await again.explain(request.interface)).toEqual(report.steps.at(-1)?.skipped);
    }
  });
});
