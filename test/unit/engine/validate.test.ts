import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FILES } from '../../../scripts/sample/files.ts';
import { drawImages, networkInput } from '../../../scripts/sample/images.ts';
import { INPUT, OUTPUT } from '../../../scripts/sample/network.ts';
import { recipeSteps } from '../../../worker/engine/recipes.ts';
import { createEngine, type LocalEngine } from '../../../worker/engine.ts';
import { confusionCsv, toCsv, toJson } from '../../../worker/evaluate/report.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { openGraph } from '../../../worker/graph/graphFile.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import type { DataRequest, Evaluation, NetworkRef, SourceFile, ValidateRequest } from '../../../worker/protocol.ts';
import { spawnHere } from '../compute/spawn.ts';
import { fileOf, npy, npz } from '../data/files.ts';
import { spawnDataHere } from '../data/spawn.ts';
import { committedFile } from '../sample/committed.ts';

const IMAGES = 40;
const LOGITS = 'MobilenetV1/Logits/SpatialSqueeze';
const { pixels, labels } = drawImages(2019, 'test', 0, IMAGES);

function dataSet(more: Partial<DataRequest> = {}, classes: ArrayLike<number> | null = labels): DataRequest {
  const images = npy('uint8', [IMAGES, 32, 32, 3], pixels);
  const arrays = classes === null ? { images } : { images, labels: npy('uint8', [IMAGES], classes) };
  return { files: [fileOf('test.npz', npz(arrays))], ...more };
}

const original: NetworkRef = { kind: 'stage', stage: 0 };
const sample = (name: string): SourceFile => fileOf(name, committedFile(name));

describe('evaluation of the sample network', () => {
  let engine: LocalEngine;
  beforeAll(async () => {
    engine = createEngine({ spawn: spawnHere, spawnData: spawnDataHere, cores: 1, backend: 'wasm' });
    await engine.open([sample(FILES.frozen), sample(FILES.calibration)]);
    await engine.run({ interface: { inputs: [INPUT], outputs: [OUTPUT], shape: [32, 32, 3] }, steps: recipeSteps('static-int8') });
  });
  afterAll(() => engine.dispose());

  const last = async (): Promise<NetworkRef> => ({ kind: 'stage', stage: (await engine.stages()).length - 1 });
  const validate = async (request: Partial<ValidateRequest>, data = dataSet()): Promise<Evaluation> => {
    const { images } = await engine.openData(data);
    return engine.validate({ networks: [original], images, ...request });
  };

  it('EVA8 counts what the float64 reference has right, image by image', async () => {
    const { networks, images, comparison, rule } = await validate({});
    const backend = await createBackend('reference');
    const feeds = new Map([[INPUT, makeTensor('float32', [IMAGES, 32, 32, 3], networkInput(pixels))]]);
    const graph = openGraph(committedFile(FILES.frozen), FILES.frozen);
    const found = (await runGraph(graph, { variables: noVariables, feeds, fetches: [OUTPUT], backend })).get(OUTPUT);
    const scores = found === undefined ? [] : Array.from(tensorNumbers(found));
    const rows = Array.from({ length: IMAGES }, (_, image) => scores.slice(image * 10, image * 10 + 10));
    const right = rows.filter((row, image) => row.indexOf(Math.max(...row)) === labels[image]).length;
    const loss = rows.reduce((sum, row, image) => sum - Math.log(row[labels[image] ?? 0] ?? 0), 0) / IMAGES;
    expect(rule).toEqual({ name: 'signed' });
    expect(images).toBe(IMAGES);
    expect(networks[0]?.top1).toMatchObject({ hits: right, of: IMAGES });
    expect(networks[0]?.loss?.value).toBeCloseTo(loss, 4);
    expect(networks[0]?.scored).toEqual({ output: OUTPUT, classes: 10, loss: 'probabilities' });
    expect(comparison).toBeNull();
  });

  it('EVA3 a stage and the same network as a file answer the same', async () => {
    const [file] = await engine.download('frozen');
    if (file === undefined) throw new Error('Nothing to download.');
    const stages = await validate({ networks: [original, await last()] });
    const files = await validate({ networks: [original, { kind: 'files', files: [file] }] });
    expect(files.networks[1]?.title).toBe(file.name);
    expect({ ...files.networks[1], title: '' }).toEqual({ ...stages.networks[1], title: '' });
    expect(files.comparison).toEqual(stages.comparison);
    // ROAD4 … ROAD6: of a stage it is known what was done; the network of a file is none of the document's.
    expect(stages.suggestions?.map(({ rule }) => rule)).toEqual(['ROAD4', 'ROAD5', 'ROAD6']);
    expect(files.suggestions ?? []).toEqual([]);
    const same = await validate({ networks: [await last(), { kind: 'files', files: [file] }] });
    expect(same.comparison).toMatchObject({ agreement: { hits: IMAGES }, changed: [], outputs: [{ sqnrDb: Infinity, cosine: 1 }] });
    expect(stages.comparison?.changed.length).toBeGreaterThan(10);
  });

  it('EVA5 logits have the loss of the probabilities behind them', async () => {
    const logits = await validate({ interface: { inputs: [INPUT], outputs: [LOGITS], shape: [32, 32, 3] } });
    const probabilities = await validate({});
    expect(logits.networks[0]?.scored).toEqual({ output: LOGITS, classes: 10, loss: 'logits' });
    expect(logits.networks[0]?.top1).toEqual(probabilities.networks[0]?.top1);
    expect(logits.networks[0]?.loss?.value).toBeCloseTo(probabilities.networks[0]?.loss?.value ?? 0, 5);
  });

  it('EVA15 without labels two networks are compared, and one is refused', async () => {
    const unlabelled = dataSet({}, null);
    const compared = await validate({ networks: [original, await last()] }, unlabelled);
    expect(compared.networks.map(({ top1, loss }) => [top1, loss])).toEqual([
      [null, null],
      [null, null],
    ]);
    expect(compared.comparison?.agreement?.of).toBe(IMAGES);
    expect(compared.comparison?.changed[0]?.label).toBeNull();
    await expect(validate({}, unlabelled)).rejects.toMatchObject({ code: 'data-missing' });
  });

  it('EVA16 a limit takes the first images, with a seed a choice that is the same every time', async () => {
    const { networks } = await validate({ limit: 10 });
    expect(networks[0]?.classes).toMatchObject(Array.from({ length: 10 }, (_, label) => ({ label, count: 1 })));
    const chosen = await validate({ limit: 10, seed: 3, networks: [original, await last()] });
    const again = await validate({ limit: 10, seed: 3, batchSize: 3, networks: [original, await last()] });
    const other = await validate({ limit: 10, seed: 4, networks: [original, await last()] });
    const images = ({ comparison }: Evaluation) => comparison?.changed.map(({ image }) => image);
    expect(images(again)).toEqual(images(chosen));
    expect(images(other)).not.toEqual(images(chosen));
    expect(images(chosen)).toEqual([...(images(chosen) ?? [])].sort((a, b) => a - b));
  });

  it('EVA9 labels without a class, and data that do not fit, are refused before the run', async () => {
    await expect(validate({}, dataSet({ labelOffset: 1 }))).rejects.toMatchObject({ code: 'label-invalid' });
    await expect(validate({ images: { name: 'signed', size: [16, 16] } })).rejects.toMatchObject({ code: 'data-shape' });
    await expect(validate({ interface: { inputs: [INPUT], outputs: ['nowhere'], shape: null } })).rejects.toMatchObject({
      code: 'interface-invalid',
      about: 'nowhere',
    });
    const stop = new AbortController();
    stop.abort();
    await engine.openData(dataSet());
    await expect(engine.validate({ networks: [original], images: { name: 'signed' } }, { signal: stop.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('EVA14 a training graph is evaluated as it stands, with a warning', async () => {
    const files = [FILES.training, FILES.index, FILES.data, FILES.state].map(sample);
    const result = await validate({ networks: [original, { kind: 'files', files }] });
    expect(result.warnings).toMatchObject([{ rule: 'EVA14', text: expect.stringContaining(`${FILES.training} has batch norms`) }]);
    expect(result.networks[1]?.top1?.hits).toBeGreaterThan(IMAGES / 2);
    const evaluated = [FILES.inference, FILES.index, FILES.data, FILES.state].map(sample);
    expect((await validate({ networks: [original, { kind: 'files', files: evaluated }] })).warnings).toEqual([]);
  });

  it('EVA3 networks in files of one name are told apart by their paths', async () => {
    const at = (path: string): NetworkRef => ({ kind: 'files', files: [{ ...fileOf(path, committedFile(FILES.frozen)) }] });
    const result = await validate({ networks: [at('a/net.pb'), at('b/net.pb')] });
    expect(result.networks.map(({ title }) => title)).toEqual(['net.pb', 'b/net.pb']);
  });

  it('EVA20, EVA21, EVA22 the files say what the result says', async () => {
    const result = await validate({ networks: [{ ...original, title: 'float, "original"' }, await last()] });
    const json = JSON.parse(toJson(result)) as Evaluation;
    expect(json.networks[0]?.top1).toEqual(result.networks[0]?.top1);
    expect(json.comparison?.changed.length).toBe(result.comparison?.changed.length);
    const [networks = '', comparison = '', outputs = '', classes = '', changed = ''] = toCsv(result).split('\n\n');
    expect(networks.split('\n')[1]).toMatch(/^"float, ""original""",MobilenetV1\/Predictions\/Softmax,probabilities,40,/);
    expect(comparison.split('\n')[1]?.split(',')[0]).toBe(String(result.comparison?.top1?.difference.value));
    expect(outputs.split('\n')).toHaveLength(2);
    expect(classes.split('\n')).toHaveLength(11);
    expect(changed.trimEnd().split('\n')).toHaveLength(1 + (result.comparison?.changed.length ?? 0));
    const matrices = confusionCsv(result)
      .trimEnd()
      .split('\n\n')
      .map((matrix) =>
        matrix
          .split('\n')
          .slice(1)
          .map((line) => line.split(',').slice(1).map(Number)),
      );
    for (const [k, matrix] of matrices.entries()) {
      const hits = matrix.reduce((sum, row, label) => sum + (row[label] ?? 0), 0);
      expect(hits).toBe(result.networks[k]?.top1?.hits);
      expect(matrix.flat().reduce((sum, count) => sum + count, 0)).toBe(IMAGES);
    }
  });

  it('EVA20 numbers that JSON does not have are texts', async () => {
    const same = await validate({ networks: [original, original] });
    expect(JSON.parse(toJson(same))).toMatchObject({ comparison: { outputs: [{ sqnrDb: 'Infinity' }] } });
  });
});
