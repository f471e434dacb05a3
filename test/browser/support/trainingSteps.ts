/** Training steps in a browser's worker: a page around them is built and served, and asked. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { build, preview } from 'vite';
import { createEngine } from '../../../worker/engine.ts';
import type { BackendName } from '../../../worker/execute/backend.ts';
import type { SourceFile } from '../../../worker/protocol.ts';
import { parseExpression } from '../../../worker/transforms/expression.ts';
import { spawnHere } from '../../unit/compute/spawn.ts';
import type { StepsRequest } from '../fixtures/training/steps.ts';
import type { StepsAnswer } from '../fixtures/training/worker.ts';
import { TINY_INTERFACE, tinyPictures, writeTinyNetwork } from './tinyNetwork.ts';

const fixture = fileURLToPath(new URL('../fixtures/training', import.meta.url));

export interface StepsPage {
  readonly url: string;
  stop(): Promise<void>;
}

/** Builds and serves the page with a request's files beside it. */
export async function serveSteps(request: StepsRequest): Promise<StepsPage> {
  const outDir = mkdtempSync(path.join(os.tmpdir(), 'training-steps-'));
  const shared = {
    configFile: false,
    root: fixture,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, assetsInlineLimit: 0 },
  } as const;
  await build({ ...shared, worker: { format: 'es' }, build: { ...shared.build, target: 'es2023', chunkSizeWarningLimit: 2000 } });
  const { graph, checkpoint, images } = request;
  for (const [k, blob] of [graph, ...checkpoint, images].entries())
    writeFileSync(path.join(outDir, NAMES[k] ?? ''), new Uint8Array(await blob.arrayBuffer()));
  const server = await preview({ ...shared, preview: { host: '127.0.0.1', port: 0 } });
  return {
    url: server.resolvedUrls?.local[0] ?? '',
    stop: async () => {
      await server.close();
      rmSync(outDir, { recursive: true, force: true });
    },
  };
}

const NAMES = ['graph.meta', 'index.bin', 'data.bin', 'images.npy'];

/** The steps as a fresh worker of the page makes them. */
export async function stepsIn(page: Page, backend: BackendName, request: StepsRequest): Promise<Exclude<StepsAnswer, { failure: string }>> {
  await page.waitForFunction(() => 'trainSteps' in window);
  const [graph = '', index = '', data = '', images = ''] = NAMES;
  const served = { ...request, graph, checkpoint: [index, data], images };
  const answer = await page.evaluate(([name, asked]) => window.trainSteps(name, asked), [backend, served] as const);
  if ('failure' in answer) throw new Error(answer.failure);
  return answer;
}

const ROAD = ['thaw_graph', 'fix_input_shape', 'fold_batch_norms', 'preprocess_layers', 'quantize(is_training=True)'];
const STEPS = 3;
const BATCH = 6;

/** Three steps of six pictures on the tiny network, thawed and calibrated. */
export async function tinySteps(folder: string): Promise<StepsRequest> {
  const tiny = await writeTinyNetwork(folder);
  const file = async (name: string): Promise<SourceFile> => ({ name: path.basename(name), blob: new Blob([await readFile(name)]) });
  const engine = createEngine({ spawn: spawnHere, cores: 1, backend: 'wasm' });
  try {
    await engine.open(await Promise.all([tiny.graph, ...tiny.checkpoint, tiny.calibration].map(file)));
    const { steps } = await engine.run({
      interface: { inputs: [TINY_INTERFACE.input], outputs: [TINY_INTERFACE.output], shape: TINY_INTERFACE.shape },
      steps: ROAD.map((text, index) => ({ id: `${index}`, ...parseExpression(text), bypassed: false })),
    });
    const refused = steps.find(({ error }) => error !== undefined)?.error;
    if (refused !== undefined) throw new Error(refused.cause);
    const saved = await engine.download('graffitist');
    const ending = (end: string): Blob => {
      const found = saved.find(({ name }) => name.endsWith(end));
      if (found === undefined) throw new Error(end);
      return found.blob;
    };
    return {
      graph: ending('.meta'),
      checkpoint: [ending('.index'), ending('.data-00000-of-00001')],
      images: new Blob([tinyPictures(STEPS * BATCH) as BlobPart]),
      labels: Array.from({ length: STEPS * BATCH }, (_, k) => (k * k + 1) % 5),
      ...{ input: TINY_INTERFACE.input, output: TINY_INTERFACE.output, logits: 'squeeze', steps: STEPS },
      options: { weightRate: 1e-3, thresholdRate: 1e-2 },
      batchNormFrozen: true,
    };
  } finally {
    await engine.dispose();
  }
}
