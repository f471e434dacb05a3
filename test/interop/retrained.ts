import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zipSync } from 'fflate';
import { retrainedStage } from '../../worker/engine/retrained.ts';
import { trainedVariables } from '../../worker/engine/retrainedFiles.ts';
import type { Backend } from '../../worker/execute/backend.ts';
import { runGraph } from '../../worker/execute/execute.ts';
import { frozenFiles, graffitistFiles } from '../../worker/export/files.ts';
import { writeNpy } from '../../worker/formats/npy.ts';
import type { Tensor } from '../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../worker/formats/tensorValues.ts';
import { openGraphFile } from '../../worker/graph/graphFile.ts';
import { noVariables } from '../../worker/graph/variables.ts';
import type { SourceFile } from '../../worker/protocol.ts';
import { checkpointAmong, runToTrain, valuesOf } from '../golden/train/retrainedRuns.ts';
import { readNpz } from '../npz.ts';
import { hasShared, shared } from '../sharedFolder.ts';
import type { Check } from './checks.ts';
import { enginesAnswer } from './enginesAnswer.ts';

const CIFAR = 'cases/cifar_mobilenet';
const OUTPUT = 'MobilenetV1/Predictions/Softmax';
/** Test images that both sides answer, and how many of them at a time. */
const IMAGES = 1000;
const BATCH = 50;

/**
 * The CIFAR network as the original retrained it, from its training graph to the inference graph: frozen, its answers to test images, one
 * for one; with variables, every quantizer, restored through the MetaGraph's own saver.
 */
export async function retrainedChecks(root: string, backend: Backend): Promise<Check[]> {
  if (!hasShared) return [];
  const folder = path.join(root, 'retrained');
  mkdirSync(folder, { recursive: true });
  const files = ['cifar_mnv1.ckpt.meta', 'cifar_mnv1.ckpt.index', 'cifar_mnv1.ckpt.data-00000-of-00001', 'checkpoint'];
  const run = await runToTrain(
    files.map((name) => fileOf(name)),
    { inputs: ['input'], outputs: [OUTPUT], shape: [32, 32, 3] },
    [
      'fix_input_shape',
      'fold_batch_norms(is_training=True)',
      'preprocess_layers',
      'quantize(is_training=True, calibrate_quant_layers=False)',
    ],
  );
  const checkpoint = await checkpointAmong(files.slice(1, 3).map((name) => fileOf('expected/tqt_int8', name)));
  const found = { trained: run.trained, variables: await valuesOf(checkpoint), bits: new Map<string, number>() };
  const stage = await retrainedStage({ ...run, ...found });
  const trained = run.stages.at(-1);
  if (trained === undefined) throw new Error('Nothing has run.');

  const [frozen] = await writeAll(folder, await frozenFiles(stage, 'frozen'));
  const variables = await trainedVariables({ ...found, stage: trained });
  await writeAll(folder, await graffitistFiles({ ...stage, trainedVariables: variables }, 'retrained', 'cifar.ckpt'));
  if (frozen === undefined) throw new Error('No graph was written.');

  const prefix = path.join(folder, 'cifar_graffitist.ckpt');
  const answers = await enginesAnswer(path.join(folder, 'retrained.pb'), prefix, path.join(folder, 'quantizers.npz'), backend);
  const same = { name: 'CIFAR retrained', kind: 'graph', checkpoint: prefix, answers } as const;
  return [
    { name: 'CIFAR retrained, frozen', kind: 'answers', file: frozen, ...(await answersTo(frozen, folder, backend)) },
    { ...same, form: 'pb', file: path.join(folder, 'retrained.pb') },
    { ...same, form: 'meta', file: `${prefix}.meta` },
  ];
}

/** What the engine answers to test images; images, labels and answers go into a `.npz`. */
async function answersTo(file: string, folder: string, backend: Backend) {
  const { graph } = await openGraphFile({ name: path.basename(file), blob: new Blob([readFileSync(file)]) });
  const test = readNpz(shared(CIFAR, 'test_10000.npz'));
  const numbersOf = (name: string) => tensorNumbers(test.get(name) as Tensor);
  const [images, labels] = [numbersOf('images'), numbersOf('labels')];
  const size = 32 * 32 * 3;
  const answers = new Int32Array(IMAGES);
  for (let first = 0; first < IMAGES; first += BATCH) {
    const fed = Float32Array.from({ length: BATCH * size }, (_, k) =>
      Math.fround(Math.fround((images[first * size + k] as number) / 127.5) - 1),
    );
    const feeds = new Map([['input', makeTensor('float32', [BATCH, 32, 32, 3], fed)]]);
    const results = await runGraph(graph, { variables: noVariables, feeds, fetches: [OUTPUT], backend });
    const scores = tensorNumbers(results.get(OUTPUT) as Tensor);
    for (let image = 0; image < BATCH; image++) answers[first + image] = largest(scores, image * 10);
  }
  const arrays = {
    images: makeTensor(
      'uint8',
      [IMAGES, 32, 32, 3],
      Uint8Array.from({ length: IMAGES * size }, (_, k) => images[k] as number),
    ),
    labels: makeTensor(
      'int32',
      [IMAGES],
      Int32Array.from({ length: IMAGES }, (_, k) => labels[k] as number),
    ),
    answers: makeTensor('int32', [IMAGES], answers),
  };
  const npz = path.join(folder, 'answers.npz');
  writeFileSync(
    npz,
    zipSync(Object.fromEntries(Object.entries(arrays).map(([name, value]) => [`${name}.npy`, writeNpy(value)])), { level: 0 }),
  );
  return { answers: npz, input: 'input', output: OUTPUT };
}

/** The first of the largest ten scores from `start` on. */
function largest(scores: ArrayLike<number>, start: number): number {
  let best = 0;
  for (let k = 1; k < 10; k++) if ((scores[start + k] as number) > (scores[start + best] as number)) best = k;
  return best;
}

function fileOf(...names: string[]): SourceFile {
  const file = path.join(...names);
  return { name: path.basename(file), blob: new Blob([readFileSync(shared(CIFAR, file))]) };
}

async function writeAll(folder: string, files: readonly SourceFile[]): Promise<string[]> {
  const written: string[] = [];
  for (const { name, blob } of files) {
    written.push(path.join(folder, name));
    writeFileSync(path.join(folder, name), new Uint8Array(await blob.arrayBuffer()));
  }
  return written;
}
