/**
 * Claim (wasm, all cores): evaluation reaches at least 0.8 of the images per second of the network's bare forward passes: JPEG files of
 * 500×375 through MobileNet v1 1.0 224, an array of 32×32 through the CIFAR network. The smallest MobileNet is reported beside them: one
 * photograph takes as long to decode and resize as to classify.
 * Run: npx tsx bench/evaluate.ts [network]
 */
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { openFile } from '../cli/fileBlobs.ts';
import { shared } from '../test/shared.ts';
import { spawnThread } from '../test/unit/compute/spawn.ts';
import { ComputePool } from '../worker/compute/pool.ts';
import { NO_NETWORK } from '../worker/data/labels/network.ts';
import { createDataSession, type DataSession } from '../worker/engine/dataSession.ts';
import { outputsOf } from '../worker/evaluate/compareOutputs.ts';
import { evaluateNetworks } from '../worker/evaluate/evaluate.ts';
import { prepareNetworks } from '../worker/evaluate/network.ts';
import { openNpy, writeNpy } from '../worker/formats/npy.ts';
import { makeTensor } from '../worker/formats/tensorValues.ts';
import { openGraph } from '../worker/graph/graphFile.ts';
import type { Model } from '../worker/graph/model.ts';
import { noVariables } from '../worker/graph/variables.ts';
import type { ImageRule, SourceFile } from '../worker/protocol.ts';
import { pictureFiles } from './evaluate/pictures.ts';
import { spawnDataThread } from './evaluate/spawnData.ts';
import { mobilenetModel } from './mobilenetGraph.ts';
import { writeResult } from './results.ts';

const RUNS = 3;
const CLAIM = 0.8;
const cores = availableParallelism();

interface Case {
  readonly network: string;
  readonly model: Model;
  readonly shape: readonly number[];
  readonly files: readonly SourceFile[];
  readonly rule: ImageRule;
  /** So many of the images. */
  readonly images: number;
  /** Held to the claim, or reported. */
  readonly claimed: boolean;
}

interface Row {
  readonly network: string;
  readonly images: number;
  readonly forwardPerSecond: number;
  readonly evaluatedPerSecond: number;
  readonly ratio: number;
}

/** Means over some runs, after one to warm up; a forward pass before and after each evaluation, so that both see the same machine. */
async function measure({ network, model, shape, files, rule, images }: Case): Promise<Row> {
  const pool = await ComputePool.start({ spawn: spawnThread, backend: 'wasm', workers: cores });
  const session = createDataSession({ spawn: spawnDataThread, cores, network: () => NO_NETWORK });
  try {
    await session.open({ files, labels: { kind: 'auto' } });
    const data = await preprocessed(session, shape, rule, images);
    const forward = () => timed(() => outputsOf(model, images, { pool, data }));
    const evaluate = () => timed(() => evaluation(model, session, { pool, shape, rule, images }));
    await forward();
    await evaluate();
    let [forwardMs, evaluatedMs] = [0, 0];
    for (let run = 0; run < RUNS; run++) {
      const before = await forward();
      evaluatedMs += (await evaluate()) / RUNS;
      forwardMs += (before + (await forward())) / 2 / RUNS;
    }
    const perSecond = (ms: number) => (1000 * images) / ms;
    return {
      network,
      images,
      forwardPerSecond: perSecond(forwardMs),
      evaluatedPerSecond: perSecond(evaluatedMs),
      ratio: forwardMs / evaluatedMs,
    };
  } finally {
    pool.dispose();
    session.dispose();
  }
}

async function evaluation(
  model: Model,
  session: DataSession,
  { pool, shape, rule, images }: Pick<Case, 'shape' | 'rule' | 'images'> & { readonly pool: ComputePool },
): Promise<void> {
  const prepared = prepareNetworks([{ title: 'float', model, thresholds: new Map() }], shape);
  const data = await session.opened();
  const some = Array.from({ length: images }, (_, image) => image);
  const batches = (size: number, signal: AbortSignal) => session.batches(data, { rule, shape, images: some, size, signal });
  const { tally } = await evaluateNetworks({ ...prepared, shape, total: images, batches, pool });
  if (tally.images !== images) throw new Error(`Only ${tally.images} of ${images} images were evaluated.`);
}

/** What the network is fed, made beforehand. */
async function preprocessed(session: DataSession, shape: readonly number[], rule: ImageRule, images: number) {
  const size = shape.reduce((product, side) => product * side, 1);
  const values = new Float32Array(images * size);
  const some = Array.from({ length: images }, (_, image) => image);
  let at = 0;
  for await (const batch of session.batches(await session.opened(), { rule, shape, images: some, size: 16 })) {
    values.set(batch.values, at);
    at += batch.values.length;
  }
  const source = { name: 'images.npy', blob: new Blob([writeNpy(makeTensor('float32', [images, ...shape], values)) as BlobPart]) };
  return { source, npy: await openNpy(source) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** A frozen graph of the recorded cases. */
function frozen(file: string, inputShape: readonly number[]): Model {
  const graph = openGraph(new Uint8Array(readFileSync(file)), file);
  return { graph, variables: noVariables, inputs: ['input'], outputs: ['MobilenetV1/Predictions/Softmax'], inputShape, shapes: new Map() };
}

const { folder, files } = await pictureFiles(64);
const cases: Case[] = [
  {
    network: 'mobilenet_v1_1.0_224',
    model: mobilenetModel(1),
    shape: [224, 224, 3],
    files,
    rule: { name: 'inception' },
    images: 64,
    claimed: true,
  },
];
if (existsSync(shared('cases'))) {
  const images = { name: 'test_10000.npz', blob: await openFile(shared('cases', 'cifar_mobilenet', 'test_10000.npz')) };
  const cifar = frozen(shared('cases', 'cifar_mobilenet', 'frozen.pb'), [32, 32, 3]);
  const small = frozen(shared('models', 'mobilenet_v1_0.25_128', 'frozen_graph.pb'), [128, 128, 3]);
  cases.push(
    { network: 'cifar', model: cifar, shape: [32, 32, 3], files: [images], rule: { name: 'signed' }, images: 2000, claimed: true },
    {
      network: 'mobilenet_v1_0.25_128',
      model: small,
      shape: [128, 128, 3],
      files,
      rule: { name: 'inception' },
      images: 64,
      claimed: false,
    },
  );
}
const wanted = process.argv[2];
const rows: Row[] = [];
for (const one of cases.filter(({ network }) => wanted === undefined || network === wanted)) {
  const row = await measure(one);
  rows.push(row);
  console.log(
    `${row.network}: forward ${row.forwardPerSecond.toFixed(1)} images/s, evaluated ${row.evaluatedPerSecond.toFixed(1)}, ratio ${row.ratio.toFixed(2)}${one.claimed ? ` (claim: at least ${CLAIM})` : ' (reported)'}`,
  );
  if (one.claimed && row.ratio < CLAIM) process.exitCode = 1;
}
await rm(folder, { recursive: true });
writeResult('evaluate', { cores, rows });
