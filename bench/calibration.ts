/**
 * Claim (50 images, wasm): calibration without the KL-J search takes at most 4 forward passes of the folded float graph over the same
 * images with the same workers, calibration as a whole at most 6.
 * Run: npx tsx bench/calibration.ts [backend]
 */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { shared } from '../test/shared.ts';
import { spawnHere, spawnThread } from '../test/unit/compute/spawn.ts';
import { calibrate } from '../worker/calibrate/calibrate.ts';
import type { CalibrationData } from '../worker/calibrate/feeds.ts';
import { ComputePool, workersFor } from '../worker/compute/pool.ts';
import { outputsOf } from '../worker/evaluate/compareOutputs.ts';
import type { BackendName } from '../worker/execute/backend.ts';
import { openNpy, writeNpy } from '../worker/formats/npy.ts';
import { makeTensor } from '../worker/formats/tensorValues.ts';
import { openGraph } from '../worker/graph/graphFile.ts';
import type { Model } from '../worker/graph/model.ts';
import { noVariables } from '../worker/graph/variables.ts';
import { applyStep } from '../worker/transforms/pipeline.ts';
import { mobilenetModel, seededImages } from './mobilenetGraph.ts';
import { writeResult } from './results.ts';

const IMAGES = 50;
const RUNS = 3;
const FOLDED = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'];
const backend = (process.argv[2] ?? 'wasm') as BackendName;

async function npyFile(bytes: Uint8Array): Promise<CalibrationData> {
  const source = { name: 'calibration_set.npy', blob: new Blob([bytes as BlobPart]) };
  return { source, npy: await openNpy(source) };
}

function apply(model: Model, transforms: readonly string[]): Model {
  return transforms.reduce((current, transform) => applyStep(current, { transform, options: {} }).model, model);
}

interface Row {
  readonly network: string;
  readonly workers: number;
  readonly forwardMs: number;
  readonly calibrationMs: number;
  readonly searchMs: number;
  readonly peakMB: number;
  readonly withoutSearch: number;
  readonly whole: number;
}

/** Means over some runs, after one to warm up; a forward pass before and after each calibration, so that both see the same machine. */
async function measure(network: string, model: Model, data: CalibrationData): Promise<Row> {
  const float = apply(model, FOLDED);
  const quantized = apply(float, ['quantize']);
  const workers = workersFor(backend, availableParallelism());
  const pool = await ComputePool.start({ spawn: workers > 1 ? spawnThread : spawnHere, backend, workers });
  const forward = async (): Promise<number> => {
    const started = performance.now();
    await outputsOf(float, IMAGES, { pool, data });
    return performance.now() - started;
  };
  try {
    let [forwardMs, calibrationMs, searchMs, peak] = [0, 0, 0, 0];
    for (let run = 0; run <= RUNS; run++) {
      const before = await forward();
      const { calibration } = await calibrate(quantized, data, { pool: async () => pool });
      const after = await forward();
      if (run === 0) continue;
      forwardMs += (before + after) / 2 / RUNS;
      calibrationMs += calibration.ms / RUNS;
      searchMs += calibration.searchMs / RUNS;
      peak = Math.max(peak, calibration.peakBytes);
    }
    return {
      network,
      workers,
      forwardMs: Math.round(forwardMs),
      calibrationMs: Math.round(calibrationMs),
      searchMs: Math.round(searchMs),
      peakMB: Math.round(peak / 2 ** 20),
      withoutSearch: Number(((calibrationMs - searchMs) / forwardMs).toFixed(2)),
      whole: Number((calibrationMs / forwardMs).toFixed(2)),
    };
  } finally {
    pool.dispose();
  }
}

const images = seededImages(IMAGES, 2);
const rows = [
  await measure(
    'MobileNet-v1-1.0-224, seeded',
    mobilenetModel(1),
    await npyFile(writeNpy(makeTensor('float32', images.shape, images.values))),
  ),
];
const real = shared('models/mobilenet_v1_0.25_128/frozen_graph.pb');
if (existsSync(real)) {
  const graph = openGraph(readFileSync(real), 'frozen_graph.pb');
  const model: Model = {
    graph,
    variables: noVariables,
    inputs: ['input'],
    outputs: ['MobilenetV1/Predictions/Softmax'],
    inputShape: [128, 128, 3],
    shapes: new Map(),
  };
  rows.push(
    await measure(
      'MobileNet-v1-0.25-128, real',
      model,
      await npyFile(readFileSync(shared('cases/imagenet_mobilenet/calibration_set.npy'))),
    ),
  );
}
console.table(rows);
console.log(
  `(calibration − search) ÷ forward: ${rows[0]?.withoutSearch} (claim ≤ 4); calibration ÷ forward: ${rows[0]?.whole} (claim ≤ 6)`,
);
writeResult(`calibration-${backend}`, { images: IMAGES, backend, rows });
