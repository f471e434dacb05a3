import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { requestFromArguments } from '../../worker/engine/commandLine.ts';
import { createEngine, type LocalEngine } from '../../worker/engine.ts';
import { openGraph } from '../../worker/graph/graphFile.ts';
import type { SourceFile } from '../../worker/protocol.ts';
import { readHdf5 } from '../hdf5.ts';
import { describeShared, shared } from '../shared.ts';
import { spawnHere } from '../unit/compute/spawn.ts';
import { fileOf } from './calibrate/calibrated.ts';
import { expectSameGraph } from './quantizedGraphs.ts';
import { caseFile, readArguments, readGraph } from './runCase.ts';

const MICRO = 'cases/micro';
const NETS = ['small_mobilenet_v2', 'small_resnet_v1'];

/** [folder of the expected files, folder of the graph, folder of the checkpoint]. */
const dumped: readonly (readonly [string, string, string])[] = [
  ...['opts__dump', 'opts__split'].map((name) => [`${MICRO}/${name}`, `${MICRO}/${name}`, `${MICRO}/${name}`] as const),
  ...NETS.map((net) => [`cases/nets/${net}/cal_recipe2_int8`, `cases/nets/${net}`, `cases/nets/${net}`] as const),
  ...NETS.flatMap((net) =>
    ['cal_recipe3c_int8', 'cal_recipe3c_int4'].map((run) => {
      const folder = `cases/nets/${net}/${run}`;
      return [folder, `cases/nets/${net}`, `${folder}/inputs`] as const;
    }),
  ),
];

/** What the command line would open: graph, checkpoint, images and list files. */
function sourcesOf(expected: string, graphFolder: string, checkpointFolder: string): SourceFile[] {
  const { inGraph } = readArguments(caseFile(expected).args);
  const isCheckpoint = (name: string) => /\.ckpt\.(index|data-)/.test(name) || name === 'checkpoint';
  const images = expected.startsWith(MICRO) ? MICRO : graphFolder;
  return [
    fileOf(graphFolder, inGraph),
    ...readdirSync(shared(checkpointFolder))
      .filter(isCheckpoint)
      .map((name) => fileOf(checkpointFolder, name)),
    ...readdirSync(shared(expected))
      .filter((name) => name.endsWith('.txt'))
      .map((name) => fileOf(expected, name)),
    fileOf(images, 'calibration_set.npy'),
  ];
}

function requestOf(args: readonly string[]) {
  const { inputs, outputs, inputShape, transforms } = readArguments(args);
  return requestFromArguments({ inputs, outputs, input_shape: [inputShape.join(',')], transforms });
}

async function bytesOf(files: readonly SourceFile[], name: string): Promise<Uint8Array> {
  const file = files.find((each) => each.name === name);
  return new Uint8Array((await file?.blob.arrayBuffer()) ?? new ArrayBuffer(0));
}

/** Lines that differ in more than a threshold that calibration found, which may differ by 1e-5 in log2 t. */
function differingLines(ours: string, theirs: string): string[] {
  const [found, recorded] = [ours, theirs].map((text) => text.split('\n')) as [string[], string[]];
  const log2 = (line: string | undefined) => Math.log2(Number(/^ {8}"threshold": (\S+)$/.exec(line ?? '')?.[1]));
  return Array.from({ length: Math.max(found.length, recorded.length) }, (_, k) => k)
    .filter((k) => found[k] !== recorded[k] && !(Math.abs(log2(found[k]) - log2(recorded[k])) <= 1e-5))
    .map((k) => `${found[k]} for ${recorded[k]}`);
}

describeShared('quantizer parameters as the original dumps them', () => {
  let engine: LocalEngine;
  beforeEach(() => {
    engine = createEngine({ spawn: spawnHere, cores: 1, backend: 'wasm' });
  });
  afterEach(() => engine.dispose());

  it.each(dumped)('QNT43, EXP10, EXP11 %s', async (expected, graphFolder, checkpointFolder) => {
    await engine.open(sourcesOf(expected, graphFolder, checkpointFolder));
    const { steps } = await engine.run(requestOf(caseFile(expected).args));
    expect(steps.at(-1)?.error).toBeUndefined();
    const files = await engine.download('graffitist');

    const [graph] = files;
    expectSameGraph(readGraph(expected, 'expected.pb'), openGraph(await bytesOf(files, graph?.name ?? ''), 'x.pb'));
    const text = new TextDecoder().decode(await bytesOf(files, 'quantization_params.json'));
    expect(differingLines(text, readFileSync(shared(expected, 'expected_quantization_params.json'), 'utf8'))).toEqual([]);
    const [ours, theirs] = await Promise.all([
      bytesOf(files, 'quantized_weights.h5'),
      readFileSync(shared(expected, 'expected_quantized_weights.h5')),
    ]);
    const [found, recorded] = [await readHdf5(ours), await readHdf5(theirs)];
    expect(found.size).toBeGreaterThan(5);
    expect([...found.keys()].sort()).toEqual([...recorded.keys()].sort());
    for (const [path, dataset] of recorded) expect([path, found.get(path)]).toEqual([path, dataset]);
  });

  it('QNT43 opts__dump_nocal: without thresholds the step is refused (the original fails)', async () => {
    const folder = `${MICRO}/opts__dump_nocal`;
    await engine.open(sourcesOf(folder, folder, folder));
    const { steps } = await engine.run(requestOf(caseFile(folder).args));
    expect(steps.at(-1)).toMatchObject({ state: 'refused', error: { code: 'threshold-missing' } });
  });

  it('QNT44 opts__split_nodump: splitting needs no dump (the original does)', async () => {
    const folder = `${MICRO}/opts__split_nodump`;
    await engine.open(sourcesOf(folder, folder, folder));
    const { steps } = await engine.run(requestOf(caseFile(folder).args));
    expect(steps.at(-1)?.state).toBe('done');
    const files = await engine.download('graffitist');
    expect(files.map(({ name }) => name)).not.toContain('quantization_params.json');
    expectSameGraph(readGraph(MICRO, 'opts__split', 'expected.pb'), openGraph(await bytesOf(files, files[0]?.name ?? ''), 'x.pb'));
  });
});
