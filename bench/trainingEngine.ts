/**
 * Claim (MobileNet on CIFAR-10, 24 images, wasm, two workers): a training step with frozen batch norms as the engine makes it, images,
 * optimizers and all, takes at most 8 forward passes of the same training graph on the same workers. A step on statistics of the batch runs
 * on one worker and stands beside the same forward passes, of both workers on moving statistics; bench/trainingStep.ts holds it against its
 * own. TensorFlow's step of the float network stands beside it where a TensorFlow is at hand. Needs the reference cases beside the checkout. Run: npx tsx bench/trainingEngine.ts [steps]
 */
import { openAsBlob } from 'node:fs';
import path from 'node:path';
import { shared } from '../test/shared.ts';
import { hasShared } from '../test/sharedFolder.ts';
import { spawnThread } from '../test/unit/compute/spawn.ts';
import { recipeSteps } from '../worker/engine/recipes.ts';
import { createEngine } from '../worker/engine.ts';
import type { SourceFile } from '../worker/protocol.ts';
import { spawnDataThread } from './evaluate/spawnData.ts';
import { writeResult } from './results.ts';
import { LOGITS } from './training/cifarStep.ts';
import { tensorflowStep } from './training/tensorflowStep.ts';

const FOLDER = 'cases/cifar_mobilenet';
const GRAPH = 'cifar_mnv1.ckpt.meta';
const BATCH = 24;
const WORKERS = 2;
const steps = Number(process.argv[2] ?? 12);

async function fileOf(name: string): Promise<SourceFile> {
  const file = shared(FOLDER, name);
  return { name, path: file, blob: new Blob([await (await openAsBlob(file)).arrayBuffer()]) };
}

async function measure() {
  const engine = createEngine({ spawn: spawnThread, spawnData: spawnDataThread, cores: WORKERS, backend: 'wasm' });
  try {
    const names = [GRAPH, 'cifar_mnv1.ckpt.index', 'cifar_mnv1.ckpt.data-00000-of-00001', 'calibration_set.npy'];
    const { guess } = await engine.open(await Promise.all(names.map(fileOf)));
    const request = { inputs: ['input'], outputs: ['MobilenetV1/Predictions/Softmax'], shape: [32, 32, 3] };
    const { steps: done } = await engine.run({ interface: request, steps: recipeSteps('train-int8', guess) });
    const refused = done.find(({ error }) => error !== undefined)?.error;
    if (refused !== undefined) throw new Error(refused.cause);
    await engine.openData({ files: [await fileOf('train_4000.npz')] });
    const images = { name: 'signed' } as const;
    const stage = done.length;
    const forward = async (): Promise<number> => {
      const { ms } = await engine.validate({ networks: [{ kind: 'stage', stage }], images, limit: steps * BATCH, batchSize: BATCH });
      return ms / steps;
    };
    const train = async (batchNormEpochs: number) => {
      const options = { batchSize: BATCH, steps, batchNormEpochs, validatesFirst: false, validationInterval: steps };
      const validation = { kind: 'held-out', images: BATCH } as const;
      const outcome = await engine.train({ stage, preset: 'published', options, images, validation });
      if (outcome.ended === 'paused') throw new Error('The run was paused.');
      const { msPerStep, peakBytes } = outcome.report;
      return { stepMs: Math.round(msPerStep), peakMB: Math.round(peakBytes / 2 ** 20) };
    };
    await forward();
    const rows: { batchNorms: string; forwardMs: number; stepMs: number; peakMB: number; byForward: number }[] = [];
    for (const [batchNorms, epochs] of [
      ['frozen', 0],
      ['on statistics of the batch', 1],
    ] as const) {
      const before = await forward();
      const step = await train(epochs);
      // From both sides of the run, so that it sees the same machine.
      const forwardMs = (before + (await forward())) / 2;
      rows.push({ batchNorms, forwardMs: Math.round(forwardMs), ...step, byForward: Number((step.stepMs / forwardMs).toFixed(2)) });
    }
    return rows;
  } finally {
    await engine.dispose();
  }
}

if (!hasShared) {
  console.log('needs the reference cases beside the checkout');
} else {
  const rows = await measure();
  console.table(rows);
  console.log(`step ÷ forward through the engine, batch norms frozen: ${rows[0]?.byForward} (claim ≤ 8)`);
  const tensorflow = tensorflowStep(path.resolve(shared(FOLDER, GRAPH)), LOGITS, BATCH);
  if ('missing' in tensorflow) console.log(`no TensorFlow beside it: ${tensorflow.missing}`);
  else console.log(`TensorFlow ${tensorflow.version}, the float network without quantizers: ${tensorflow.ms.toFixed(0)} ms a step`);
  writeResult('trainingEngine', { images: BATCH, workers: WORKERS, steps, rows, tensorflow });
}
