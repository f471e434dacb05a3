/**
 * What a training step asks of a WebGPU device, per step and micro-batch: programs dispatched, tensors and bytes uploaded, waits for
 * results and bytes read, the most bytes that values held and that buffers had; a step's time over a forward pass of the same graph.
 * Claim: at most 5 forward passes on a hardware GPU. Where the only adapter is software the times say nothing about a GPU, the counts do.
 * The MobileNet on CIFAR-10 needs the reference cases beside the checkout.
 * Run: npx tsx bench/trainingWebgpu.ts [images per step of the MobileNet] [steps]
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium, type Page } from '@playwright/test';
import type { StepsRequest } from '../test/browser/fixtures/training/steps.ts';
import { serveSteps, stepsIn, tinySteps } from '../test/browser/support/trainingSteps.ts';
import { shared } from '../test/shared.ts';
import { hasShared } from '../test/sharedFolder.ts';
import { writeNpy } from '../worker/formats/npy.ts';
import { makeTensor, tensorNumbers } from '../worker/formats/tensorValues.ts';
import { writeResult } from './results.ts';
import { cifarStep, LOGITS } from './training/cifarStep.ts';

const IMAGES = Number(process.argv[2] ?? 24);
const STEPS = Number(process.argv[3] ?? 3);
const SYSTEM_CHROMIUM = '/usr/bin/chromium';
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;

/** The calibrated training graph and one batch again and again. */
async function cifarSteps(batchNormFrozen: boolean): Promise<StepsRequest> {
  const file = (end: string) => new Blob([readFileSync(shared('cases/cifar_mobilenet/expected', `cifar_mnv1_graffitist.ckpt.${end}`))]);
  const { images, labels } = await cifarStep(IMAGES);
  const one = tensorNumbers(images) as Float32Array;
  const all = new Float32Array(STEPS * one.length);
  for (let step = 0; step < STEPS; step++) all.set(one, step * one.length);
  return {
    ...{ graph: file('meta'), checkpoint: [file('index'), file('data-00000-of-00001')] },
    images: new Blob([writeNpy(makeTensor('float32', [STEPS * IMAGES, 32, 32, 3], all)) as BlobPart]),
    labels: Array.from({ length: STEPS }, () => [...labels]).flat(),
    ...{ input: 'input', output: 'MobilenetV1/Predictions/Softmax', logits: LOGITS, steps: STEPS, batchNormFrozen },
    options: { weightRate: 1e-6, thresholdRate: 1e-2 },
  };
}

async function measure(page: Page, network: string, request: StepsRequest) {
  const served = await serveSteps(request);
  try {
    await page.goto(served.url);
    const { description, steps, forwardMs, allocatedBytes } = await stepsIn(page, 'webgpu', request);
    const last = steps.at(-1);
    if (last?.work == null) throw new Error('Nothing was counted.');
    const { dispatches, uploads, uploadedBytes, reads, readBytes } = last.work;
    const [stepMs, passMs] = [median(steps.map(({ ms }) => ms)), median(forwardMs)];
    const kB = (bytes: number): number => Number((bytes / 1024).toFixed(1));
    return {
      description,
      row: {
        network,
        images: request.labels.length / request.steps,
        ...{ dispatches, uploads, uploadedKB: kB(uploadedBytes), reads, readKB: kB(readBytes) },
        ...{ peakMB: megabytes(last.peakBytes), buffersMB: megabytes(allocatedBytes) },
        ...{ stepMs: Math.round(stepMs), byForward: Number((stepMs / passMs).toFixed(2)) },
      },
    };
  } finally {
    await served.stop();
  }
}

/** Of all but the first, which compiles. */
function median(times: readonly number[]): number {
  const sorted = times.slice(1).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function megabytes(bytes: number): number {
  return Number((bytes / 2 ** 20).toFixed(2));
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'training-webgpu-'));
const executablePath = process.env.CHROMIUM ?? (existsSync(SYSTEM_CHROMIUM) ? SYSTEM_CHROMIUM : undefined);
const browser = await chromium.launch({ args: ['--enable-unsafe-webgpu'], ...(executablePath === undefined ? {} : { executablePath }) });
try {
  const page = await browser.newPage();
  const measured = [await measure(page, 'tiny, frozen batch norms', await tinySteps(folder))];
  if (hasShared) {
    measured.push(await measure(page, 'CIFAR MobileNet, frozen batch norms', await cifarSteps(true)));
    measured.push(await measure(page, 'CIFAR MobileNet, statistics of the batch', await cifarSteps(false)));
  } else console.log('The CIFAR network needs the reference cases beside the checkout; it was not measured.');
  const rows = measured.map(({ row }) => row);
  const adapter = measured[0]?.description ?? '';
  console.table(rows);
  const software = SOFTWARE.test(adapter);
  console.log(`on ${adapter}${software ? ': a software adapter, whose times say nothing about a GPU' : ''}`);
  if (!software) console.log(`step ÷ forward: ${rows.map(({ byForward }) => byForward).join(', ')} (claim ≤ 5)`);
  writeResult('training-webgpu', { adapter, software, rows });
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
