import { writeFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import type { Evaluation } from '../../worker/protocol.ts';
import { graffitize, interfaceArgs } from './support/commandLine.ts';
import { downloads, drop, expectSameFiles, type Files, FORM, only, save } from './support/files.ts';
import { expect, test } from './support/guard.ts';
import { labelledNoise } from './support/pictures.ts';
import { openStudio, quantized, RECIPE_2, runButton, settled, statusLine } from './support/studio.ts';
import { TINY_INTERFACE, writeTinyNetwork } from './support/tinyNetwork.ts';

const { input, output, shape } = TINY_INTERFACE;

test('a tiny network: the same files from WebGPU, from wasm and from the command line', async ({ page }, testInfo) => {
  const { folder, graph, checkpoint, calibration } = await writeTinyNetwork(testInfo.outputPath('tiny'));
  await openStudio(page);
  await drop(page, [folder]);
  await expect(page.getByRole('region', { name: 'Files' })).toContainText('8 images');
  await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();

  const onWebGpu = await filesFrom(page, 'WebGPU');
  const onWasm = await filesFrom(page, 'wasm');
  expectSameFiles(onWebGpu, onWasm);

  const job = { graph, beside: checkpoint, calibration, writes: 'tiny_quant.pb' };
  const args = [...interfaceArgs(input, output, shape), '--transforms', ...RECIPE_2];
  expectSameFiles(onWebGpu, inForms(await graffitize({ ...job, args: ['--freeze', ...args] }), await graffitize({ ...job, args })));
});

test('EVA1 a tiny network: the same answers to every image from WebGPU and from wasm', async ({ page }, testInfo) => {
  const { folder } = await writeTinyNetwork(testInfo.outputPath('tiny'));
  const set = testInfo.outputPath('noise.npz');
  await writeFile(set, labelledNoise(24, 5));
  await openStudio(page);
  await drop(page, [folder]);
  await expect(page.getByRole('region', { name: 'Files' })).toContainText('8 images');
  await drop(page, [set]);
  await expect(page.getByRole('region', { name: 'Files' })).toContainText('24 images · 5 classes');
  await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();
  await use(page, 'wasm');
  await runButton(page).click();
  await quantized(page);

  const onWasm = await evaluatedOn(page, 'wasm');
  const onWebGpu = await evaluatedOn(page, 'WebGPU');
  expect(answersOf(onWebGpu)).toEqual(answersOf(onWasm));
});

type Backend = 'WebGPU' | 'wasm';

async function use(page: Page, backend: Backend): Promise<void> {
  const chip = page.getByRole('button', { name: /^Backend: / });
  await chip.click();
  await page.getByRole('menuitem', { name: new RegExp(`^${backend} · `) }).click();
  await expect(chip).toHaveAccessibleName(new RegExp(`^Backend: ${backend} · `));
}

async function evaluatedOn(page: Page, backend: Backend): Promise<Evaluation> {
  await use(page, backend);
  await page.keyboard.press('Control+Shift+Enter');
  await expect(statusLine(page)).toContainText('Evaluated 24 images');
  const saved = await downloads(page, 1, () => page.getByRole('button', { name: 'JSON', exact: true }).click());
  const evaluation = JSON.parse(String(only(saved))) as Evaluation;
  expect(evaluation.backend.toLowerCase()).toContain(backend.toLowerCase());
  return evaluation;
}

/** What rests on the order of scores, not on the last bits of a softmax. */
function answersOf({ networks, perImage, images }: Evaluation): unknown {
  return { images, perImage, networks: networks.map(({ top1, top5, confusion }) => ({ top1, top5, confusion })) };
}

/** Both forms from a run on one backend, chosen in the backend chip; the page must say that it ran there. */
async function filesFrom(page: Page, backend: Backend): Promise<Files> {
  await use(page, backend);
  await runButton(page).click();
  await quantized(page);
  await expect(statusLine(page)).toContainText(new RegExp(`Calibrated \\d+ quantizers on 8 images in .* · ${backend}`, 'i'));
  await settled(page);
  return inForms(await save(page, FORM.frozen), await save(page, FORM.graffitist, 4));
}

function inForms(frozen: Files, graffitist: Files): Files {
  return new Map([
    ...[...frozen].map(([name, bytes]) => [`frozen/${name}`, bytes] as const),
    ...[...graffitist].map(([name, bytes]) => [`graffitist/${name}`, bytes] as const),
  ]);
}
