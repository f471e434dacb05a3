import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openFile } from '../../../cli/fileBlobs.ts';
import { ComputePool } from '../../../worker/compute/pool.ts';
import type { Batch } from '../../../worker/data/types.ts';
import { openDocument } from '../../../worker/engine/document.ts';
import { networkFacts } from '../../../worker/engine/networkFacts.ts';
import { openedStage } from '../../../worker/engine/stage.ts';
import { TOP } from '../../../worker/evaluate/answers.ts';
import { type PreparedNetworks, prepareNetworks } from '../../../worker/evaluate/network.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { SourceFile } from '../../../worker/protocol.ts';
import { resolveConditions } from '../../../worker/transforms/conditions.ts';
import { readNpz } from '../../npz.ts';
import { describeShared, shared } from '../../shared.ts';
import { spawnThread } from '../../unit/compute/spawn.ts';
import { sessionFor } from '../../unit/data/session.ts';

const SHAPE = [128, 128, 3];
const folder = shared('cases', 'imagenet_mobilenet');

/**
 * Answers were recorded before the photographs were rounded to bytes. On three of them, where the first two probabilities differ by less
 * than 0.002, TensorFlow 2.15 puts the other first when it is fed the bytes. It has 275 right, and 416 among the first five.
 */
const ROUNDED: ReadonlyMap<number, number> = new Map([
  [10, 91],
  [39, 60],
  [89, 353],
]);

interface Recorded {
  readonly label: number;
  readonly float_top5: readonly number[];
  readonly float_p_top1: number;
}

/** The five largest elements of an image's output, and their values. */
interface Answered {
  readonly name: string;
  readonly label: number;
  readonly top: readonly number[];
  readonly values: readonly number[];
}

async function file(name: string, given = path.join(folder, name)): Promise<SourceFile> {
  return { name: path.basename(name), path: name, blob: await openFile(given) };
}

describeShared('the real MobileNet on 51 photographs', () => {
  const recorded = JSON.parse(readFileSync(path.join(folder, 'images', 'labels.json'), 'utf8')) as Record<string, Recorded>;
  let pool: ComputePool;
  let network: PreparedNetworks;
  let facts: ReturnType<typeof networkFacts>;
  beforeAll(async () => {
    pool = await ComputePool.start({ spawn: spawnThread, backend: 'wasm', workers: 1 });
    const graph = shared('models', 'mobilenet_v1_0.25_128', 'frozen_graph.pb');
    const document = await openDocument([await file('frozen_graph.pb', graph)]);
    const stage = await openedStage(document);
    const model = { ...stage.model, graph: resolveConditions(stage.model).graph };
    network = prepareNetworks([{ title: 'float', model, thresholds: stage.thresholds }], SHAPE);
    facts = networkFacts(document, stage);
  });
  afterAll(() => pool.dispose());

  /** What the network answers to each image of some files. */
  async function answersTo(files: readonly SourceFile[]): Promise<Answered[]> {
    const session = sessionFor(facts);
    const { images: rule } = await session.open({ files });
    const networks = network.networks.map(({ title: _, ...sent }) => sent);
    const [opened] = await pool.ask([0], 'openNetworks', () => ({ networks, shape: SHAPE }));
    const answers: Answered[] = [];
    for await (const batch of session.batches(await session.opened(), { rule, shape: SHAPE, size: opened?.imagesPerCall ?? 1 })) {
      answers.push(...(await answered(batch)));
    }
    session.dispose();
    return answers;
  }

  async function answered(batch: Batch): Promise<Answered[]> {
    const [result] = await pool.ask([0], 'evaluate', () => ({ values: batch.values, labels: batch.labels }));
    const of = result?.answers[0];
    return batch.names.map((name, image) => ({
      name: path.basename(name),
      label: batch.labels[image] ?? -1,
      top: Array.from(of?.top.subarray(image * TOP, (image + 1) * TOP) ?? []),
      values: Array.from(of?.values.subarray(image * TOP, (image + 1) * TOP) ?? []),
    }));
  }

  it("EVA2 answers to the arrays that TensorFlow made are TensorFlow's, to the last of the five", async () => {
    const answers = await answersTo([await file('calibration_set.npy')]);
    const expected = Object.values(recorded).slice(0, 50);
    expect(answers.map(({ top }) => top)).toEqual(expected.map(({ float_top5 }) => float_top5));
    const off = answers.map(({ values }, image) => Math.abs((values[0] ?? 0) - (expected[image]?.float_p_top1 ?? 0)));
    expect(Math.max(...off)).toBeLessThan(1e-5);
  });

  it('EVA2 answers to the photographs, decoded and preprocessed here, are those lists too: no two classes change places', async () => {
    const names = (await readdir(path.join(folder, 'images'))).filter((name) => name.endsWith('.JPEG'));
    const answers = await answersTo(await Promise.all(names.map((name) => file(`images/${name}`))));
    expect(answers).toHaveLength(51);
    expect(Object.fromEntries(answers.map(({ name, label, top }) => [name, { label, top }]))).toEqual(
      Object.fromEntries(Object.entries(recorded).map(([name, { label, float_top5 }]) => [name, { label, top: float_top5 }])),
    );
    const off = answers.map(({ name, values }) => Math.abs((values[0] ?? 0) - (recorded[name]?.float_p_top1 ?? 0)));
    expect(Math.max(...off)).toBeLessThan(1e-5);
  });

  it('EVA2 of 600 more photographs the first answers are those that TensorFlow recorded', async () => {
    const answers = await answersTo([await file('photos_600.npz')]);
    const arrays = readNpz(path.join(folder, 'photos_600.npz'));
    const numbersOf = (name: string) => Array.from(tensorNumbers(arrays.get(name) ?? makeTensor('int32', [0], [])));
    expect(answers.map(({ label }) => label)).toEqual(numbersOf('labels'));
    const expected = numbersOf('float_top1').map((answer, image) => ROUNDED.get(image) ?? answer);
    expect(answers.map(({ top }) => top[0])).toEqual(expected);
    const right = answers.filter(({ label, top }) => top[0] === label).length;
    const among = answers.filter(({ label, top }) => top.includes(label)).length;
    expect([right, among]).toEqual([275, 416]);
  });
});
