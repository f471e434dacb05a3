/** The sample network as a training graph in an engine, its data, and a place for stored runs. */
import { FILES } from '../../../../scripts/sample/files.ts';
import { drawImages } from '../../../../scripts/sample/images.ts';
import { INPUT, OUTPUT } from '../../../../scripts/sample/network.ts';
import type { SpawnCompute } from '../../../../worker/compute/port.ts';
import type { RunFiles } from '../../../../worker/engine/train/runFiles.ts';
import { createEngine, type LocalEngine } from '../../../../worker/engine.ts';
import { GraffitistError } from '../../../../worker/errors.ts';
import { readNpy, writeNpy } from '../../../../worker/formats/npy.ts';
import { makeTensor, tensorValues } from '../../../../worker/formats/tensorValues.ts';
import type { BackendName, DataRequest, RunRequest, SourceFile, TrainRequest } from '../../../../worker/protocol.ts';
import { parseExpression } from '../../../../worker/transforms/expression.ts';
import { fileOf, npy, npz } from '../../data/files.ts';
import { spawnDataHere } from '../../data/spawn.ts';
import { committedFile } from '../../sample/committed.ts';

const IMAGES = 40;
const { pixels, labels } = drawImages(2019, 'test', 0, IMAGES);

/** Forty images of the sample, with labels unless `classes` is null. */
export function dataSet(classes: ArrayLike<number> | null = labels, images = IMAGES, name = 'test.npz'): DataRequest {
  const values = npy('uint8', [images, 32, 32, 3], pixels.slice(0, images * 32 * 32 * 3));
  const arrays =
    classes === null ? { images: values } : { images: values, labels: npy('uint8', [images], Array.from(classes).slice(0, images)) };
  return { files: [fileOf(name, npz(arrays))] };
}

export function pipeline(...transforms: string[]): RunRequest {
  return {
    interface: { inputs: [INPUT], outputs: [OUTPUT], shape: [32, 32, 3] },
    steps: transforms.map((text, index) => ({ id: `${index}`, ...parseExpression(text), bypassed: false })),
  };
}

export const RECIPE_3A = pipeline(
  ...['fix_input_shape', 'fold_batch_norms(is_training=True)', 'preprocess_layers', 'quantize(is_training=True)'],
);

/** The first images of the calibration set. */
function calibration(images: number): SourceFile {
  const all = readNpy(committedFile(FILES.calibration), FILES.calibration);
  const [, ...shape] = all.shape;
  const values = (tensorValues(all) as Float32Array).slice(0, images * shape.reduce((a, b) => a * b, 1));
  return fileOf(FILES.calibration, writeNpy(makeTensor('float32', [images, ...shape], values)));
}

const trainingGraph = (calibrated: number): readonly SourceFile[] => [
  ...['shapes_mnv1.ckpt.meta', 'checkpoint', 'shapes_mnv1.ckpt.index', 'shapes_mnv1.ckpt.data-00000-of-00001'].map((name) =>
    fileOf(name, committedFile(name)),
  ),
  calibration(calibrated),
];

export interface SampleOptions {
  readonly spawn: SpawnCompute;
  readonly cores?: number;
  readonly backend?: BackendName;
  readonly runFiles?: RunFiles;
  readonly request?: RunRequest;
  readonly data?: DataRequest | null;
  /** Images to calibrate on. */
  readonly calibrated?: number;
}

/** An engine with the sample as recipe 3a makes it, and its data open. */
export async function sampleEngine({
  spawn,
  cores = 1,
  backend = 'wasm',
  runFiles,
  request = RECIPE_3A,
  data,
  calibrated = 2,
}: SampleOptions): Promise<LocalEngine> {
  const engine = createEngine({
    ...{ spawn, cores, backend, spawnData: spawnDataHere, deviceWaits: [0, 1] },
    ...(runFiles === undefined ? {} : { runFiles }),
  });
  await engine.open(trainingGraph(calibrated));
  const failed = (await engine.run(request)).steps.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new Error(failed.error?.cause);
  if (data !== null) await engine.openData(data ?? dataSet());
  return engine;
}

/** Six steps of eight images: two with statistics of the batch, four with frozen ones. */
export function trainRequest(more: Partial<TrainRequest> = {}, options: TrainRequest['options'] = {}): TrainRequest {
  return {
    preset: 'published',
    options: { steps: 6, batchSize: 8, batchNormEpochs: 0.3, validationInterval: 3, weightRate: 1e-4, ...options },
    images: { name: 'signed' },
    validation: { kind: 'held-out', images: 8 },
    storeEvery: 1,
    ...more,
  };
}

/** Stored runs in memory. */
export class MemoryFiles implements RunFiles {
  readonly files = new Map<string, Uint8Array>();
  readonly #locks: Set<string>;
  /** Nothing more can be written. */
  full = false;

  /** @param locks shared between those who write the same place */
  constructor(locks = new Set<string>()) {
    this.#locks = locks;
  }

  async read(name: string): Promise<Uint8Array | null> {
    return this.files.get(name) ?? null;
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    if (this.full) throw new GraffitistError('internal', 'The disk is full.');
    this.files.set(name, bytes.slice());
  }

  async remove(name: string): Promise<void> {
    this.files.delete(name);
  }

  async lock(name: string): Promise<(() => void) | null> {
    if (this.#locks.has(name)) return null;
    this.#locks.add(name);
    return () => void this.#locks.delete(name);
  }
}
