import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeNpy } from '../../worker/formats/npy.ts';
import { makeTensor } from '../../worker/formats/tensorValues.ts';
import { openGraph } from '../../worker/graph/graphFile.ts';
import { cachePath, readCache, writeCache } from './cache.ts';
import { sampleFiles } from './files.ts';
import { drawImages, IMAGE_SIZE, networkInput, SPLITS, type Split } from './images.ts';
import { graphOutputs } from './infer.ts';
import { applyLifts, chooseLifts } from './lift.ts';
import type { Weights } from './network.ts';
import { PLAN, SEED, TEST_COUNT, UNSEEN_PICTURE } from './plan.ts';
import { accuracyOf } from './score.ts';
import { prepareTfjs } from './tfjs.ts';
import { channelSpread, softmaxOf, train } from './train.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Pictures from which the importance of channels is read. */
const SPREAD_COUNT = 200;

const USAGE = `Makes the sample model, its pictures, and measures graphs on them.

  npm run sample                                train (or take the weights that an earlier run kept) and write public/sample
  npm run sample -- --measure GRAPH.pb ...      accuracy of frozen graphs (float, or quantized with --freeze) on the ${TEST_COUNT} test pictures
  npm run sample -- --images FOLDER [options]   write labelled pictures: FOLDER/images.npy (uint8), FOLDER/labels.npy
      --split train|calibration|test            which pictures (test)
      --first N  --count N                      from which, and how many (0, ${TEST_COUNT})
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      measure: { type: 'boolean' },
      images: { type: 'string' },
      split: { type: 'string', default: 'test' },
      first: { type: 'string', default: '0' },
      count: { type: 'string', default: String(TEST_COUNT) },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) console.log(USAGE);
  else if (values.measure === true) await measure(positionals);
  else if (values.images !== undefined) writeImages(values.images, values.split, Number(values.first), Number(values.count));
  else await makeSample();
}

async function makeSample(): Promise<void> {
  await prepareTfjs();
  const trained = await trainedWeights();
  const spreadImages = drawImages(SEED, 'train', UNSEEN_PICTURE, SPREAD_COUNT);
  const lifts = chooseLifts(trained, channelSpread(trained, networkInput(spreadImages.pixels)));
  const lifted = applyLifts(trained, lifts);
  console.log(
    `${lifts.length} channels lifted by 2^${Math.min(...lifts.map(({ exponent }) => exponent))} to 2^${Math.max(...lifts.map(({ exponent }) => exponent))}`,
  );

  const { pixels, labels } = drawImages(SEED, 'test', 0, TEST_COUNT);
  const inputs = networkInput(pixels);
  const [before, after] = [await softmaxOf(trained, inputs), await softmaxOf(lifted, inputs)];
  const difference = before.reduce((most, value, index) => Math.max(most, Math.abs(value - (after[index] ?? Number.NaN))), 0);
  if (!(difference <= 1e-6)) throw new Error(`Lifting changed the network: its softmax differs by ${difference}.`);
  console.log(
    `float accuracy on ${TEST_COUNT} test pictures: ${(100 * accuracyOf(after, labels)).toFixed(2)} % (lifting moved the softmax by at most ${difference})`,
  );

  const folder = path.join(ROOT, 'public/sample');
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of sampleFiles(lifted, lifts)) {
    writeFileSync(path.join(folder, name), bytes);
    console.log(`${String(bytes.length).padStart(8)}  ${name}`);
  }
}

async function trainedWeights(): Promise<Weights> {
  let weights: Weights | undefined;
  for (const [index, phase] of PLAN.entries()) {
    const file = cachePath(path.join(ROOT, '.cache/sample'), PLAN.slice(0, index + 1));
    const kept = readCache(file);
    if (kept !== undefined) console.log(`phase ${index + 1}: weights of an earlier run, ${path.relative(ROOT, file)}`);
    weights = kept ?? (await train(phase, weights, progress(`phase ${index + 1} of ${PLAN.length}`, phase.steps)));
    if (kept === undefined) writeCache(file, weights);
  }
  if (weights === undefined) throw new Error('The plan has no phase.');
  return weights;
}

function progress(title: string, steps: number): (step: number, loss: number) => void {
  const started = performance.now();
  let average: number | undefined;
  return (step, loss) => {
    average = average === undefined ? loss : average + 0.05 * (loss - average);
    if (step % 50 !== 0) return;
    console.log(`${title}, step ${step} of ${steps}, loss ${average.toFixed(3)}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
  };
}

async function measure(files: readonly string[]): Promise<void> {
  if (files.length === 0) throw new Error(USAGE);
  const { pixels, labels } = drawImages(SEED, 'test', 0, TEST_COUNT);
  const inputs = networkInput(pixels);
  for (const file of files) {
    const outputs = await graphOutputs(openGraph(new Uint8Array(readFileSync(file)), path.basename(file)), inputs);
    console.log(`${(100 * accuracyOf(outputs, labels)).toFixed(2)} %  ${file}`);
  }
}

function writeImages(folder: string, split: string, first: number, count: number): void {
  if (!(split in SPLITS) || !Number.isInteger(first) || !Number.isInteger(count) || first < 0 || count < 1) throw new Error(USAGE);
  const { pixels, labels } = drawImages(SEED, split as Split, first, count);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'images.npy'), writeNpy(makeTensor('uint8', [count, IMAGE_SIZE, IMAGE_SIZE, 3], pixels)));
  writeFileSync(path.join(folder, 'labels.npy'), writeNpy(makeTensor('uint8', [count], labels)));
  console.log(`${count} pictures of '${split}' from ${first} on: ${path.join(folder, 'images.npy')}, ${path.join(folder, 'labels.npy')}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
