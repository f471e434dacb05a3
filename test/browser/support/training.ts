/** The Training tab as a person meets it, on the tiny network and two dozen pictures. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { createEngine } from '../../../worker/engine.ts';
import type { SourceFile, TrainingOptions, TrainReport } from '../../../worker/protocol.ts';
import { parseExpression } from '../../../worker/transforms/expression.ts';
import { spawnHere } from '../../unit/compute/spawn.ts';
import { spawnDataHere } from '../../unit/data/spawn.ts';
import { downloads, drop, only } from './files.ts';
import { labelledNoise } from './pictures.ts';
import { marked, openStudio, settled } from './studio.ts';
import { TINY_INTERFACE, type TinyFiles, writeTinyNetwork } from './tinyNetwork.ts';

/** The road of a graph that was exported for evaluation. */
const ROAD = ['thaw_graph', 'fix_input_shape', 'fold_batch_norms', 'preprocess_layers', 'quantize(is_training=True)'];
const IMAGES = 24;
const CLASSES = 5;

/** What the tests ask of every run: a few steps of a few pictures. */
export const RUN = { steps: 12, batchSize: 6, validation: 6, storeEvery: 2, seed: 3 } as const;

export interface TrainingFiles extends TinyFiles {
  readonly images: string;
}

export async function writeTraining(folder: string): Promise<TrainingFiles> {
  const tiny = await writeTinyNetwork(path.join(folder, 'tiny'));
  const images = path.join(folder, 'noise.npz');
  await writeFile(images, labelledNoise(IMAGES, CLASSES));
  return { ...tiny, images };
}

export const side = (page: Page): Locator => page.getByRole('region', { name: 'Training run' });
export const trainedRows = (page: Page): Locator =>
  page.getByRole('region', { name: 'Trained thresholds' }).locator('tbody').getByRole('row');
export const trainingTab = (page: Page): Locator => page.getByRole('tab', { name: 'Training' });
export const trainingSection = (page: Page, name: string): Locator =>
  page.getByRole('group', { name: 'Section of the training' }).getByRole('radio', { name });

/** Opens network and pictures: the Training tab refuses to train them as they are. */
export async function openAll(page: Page, { folder, images }: TrainingFiles): Promise<void> {
  await openStudio(page);
  await drop(page, [folder]);
  await expect(page.getByRole('region', { name: 'Files' })).toContainText('8 images');
  await drop(page, [images]);
  await expect(page.getByRole('region', { name: 'Files' })).toContainText(`${IMAGES} images · ${CLASSES} classes`);
  await settled(page);
  await trainingTab(page).click();
}

/** Opens them, takes the road that the tab offers, and runs it. */
export async function prepare(page: Page, files: TrainingFiles): Promise<void> {
  await openAll(page, files);
  await takeRoad(page);
}

export async function takeRoad(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Thaw and use recipe 3a' }).click();
  await page.getByRole('button', { name: 'Run it now' }).click();
  await expect(marked(page, 'done')).toHaveCount(ROAD.length);
  await settled(page);
}

/** Fills the form for a run of so many steps. */
export async function ask(page: Page, steps: number = RUN.steps): Promise<void> {
  const fields = { Steps: steps, Batch: RUN.batchSize, 'Held out': RUN.validation, Seed: RUN.seed, 'Store every': RUN.storeEvery };
  for (const [name, value] of Object.entries(fields)) {
    await page.getByLabel(name, { exact: true }).fill(String(value));
    await page.keyboard.press('Enter');
  }
}

/** Waits until so many steps are done, while the run goes on. */
export async function untilStep(page: Page, step: number): Promise<void> {
  await expect
    .poll(async () => Number(await page.locator('.training-bar').getAttribute('value')), { timeout: 120_000 })
    .toBeGreaterThanOrEqual(step);
}

/** The report as the page saves it, once the run has ended. */
export async function reportOf(page: Page): Promise<TrainReport> {
  await expect(trainingSection(page, 'Report')).toBeChecked({ timeout: 120_000 });
  await settled(page);
  const saved = await downloads(page, 1, () => page.getByRole('button', { name: 'Report', exact: true }).click());
  return JSON.parse(String(only(saved))) as TrainReport;
}

/** What a run on the engine itself, in this process and without a break, comes to. */
export async function trainedHere(
  { graph, checkpoint, calibration, images }: TrainingFiles,
  steps: number = RUN.steps,
  more: Partial<TrainingOptions> = {},
): Promise<TrainReport> {
  const file = async (name: string): Promise<SourceFile> => ({ name: path.basename(name), blob: new Blob([await readFile(name)]) });
  const engine = createEngine({ spawn: spawnHere, spawnData: spawnDataHere, cores: 1, backend: 'wasm' });
  try {
    await engine.open(await Promise.all([graph, ...checkpoint, calibration].map(file)));
    await engine.run({
      interface: { inputs: [TINY_INTERFACE.input], outputs: [TINY_INTERFACE.output], shape: TINY_INTERFACE.shape },
      steps: ROAD.map((text, index) => ({ id: `${index}`, ...parseExpression(text), bypassed: false })),
    });
    const summary = await engine.openData({ files: [await file(images)] });
    const outcome = await engine.train({
      preset: 'short',
      options: { mode: 'tqt', targets: 'labels', steps, batchSize: RUN.batchSize, seed: RUN.seed, ...more },
      images: summary.images,
      validation: { kind: 'held-out', images: RUN.validation },
    });
    if (outcome.ended === 'paused') throw new Error('The run was paused.');
    return outcome.report;
  } finally {
    await engine.dispose();
  }
}

/** What of two reports must be the same, whatever the time and the place. */
export function numbersOf({ steps, bestStep, score, accuracy, thresholds, hashes }: TrainReport): unknown {
  return { steps, bestStep, score, accuracy, thresholds, hashes };
}
