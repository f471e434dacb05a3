import { open, readFile, writeFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { stored } from './page.ts';
import { choose, drop, expectSameFiles, FORM, inMemory, only, save, thresholdsOf, thresholdsTable } from './support/files.ts';
import { expect, test } from './support/guard.ts';
import { card, handle, marked, openStudio, pipeline, quantized, RECIPE_2, runButton, settled, statusLine } from './support/studio.ts';
import { type TinyFiles, tinyPictures, writeTinyNetwork } from './support/tinyNetwork.ts';

const files = (page: Page) => page.getByRole('region', { name: 'Files' });
const stages = (page: Page) => page.getByRole('tablist', { name: 'Stages of the graph' });
const openDialog = (page: Page) => () => page.keyboard.press('Control+o');

/** The tiny network with its data, recipe 2 filled in. */
async function openTiny(page: Page, folder: string): Promise<TinyFiles> {
  const tiny = await writeTinyNetwork(folder);
  await openStudio(page);
  await drop(page, [tiny.folder]);
  await expect(files(page)).toContainText('8 images');
  await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();
  await expect.poll(() => pipeline(page)).toEqual(RECIPE_2);
  return tiny;
}

async function setOption(page: Page, transform: string, option: string, value: string): Promise<void> {
  if ((await handle(page, transform).getAttribute('aria-expanded')) === 'false') await handle(page, transform).click();
  await card(page, transform).getByLabel(option, { exact: true }).fill(value);
  await page.keyboard.press('Enter');
}

test('a reload brings back files, interface, pipeline, thresholds, histograms and what is saved', async ({ page }, testInfo) => {
  await openTiny(page, testInfo.outputPath('tiny'));
  await page.getByLabel('Outputs 1').fill('logits/BiasAdd');
  await page.keyboard.press('Enter');
  await setOption(page, 'quantize', 'weight_bits', 'int6');
  await page.getByRole('button', { name: 'Actions of remove_training_nodes' }).click();
  await page.getByRole('menuitem', { name: 'Bypass' }).click();
  await runButton(page).click();
  await expect(marked(page, 'done')).toHaveCount(RECIPE_2.length - 1);
  await expect(page.getByRole('heading', { name: 'Result' })).toBeVisible();
  await settled(page);
  const table = await thresholdsTable(page);
  const frozen = await save(page, FORM.frozen);
  await expect.poll(() => stored(page)).toEqual([{ steps: 6, run: true }]);

  await page.reload();
  await expect(marked(page, 'done')).toHaveCount(RECIPE_2.length - 1);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('tiny');
  for (const name of ['tiny.pb', 'tiny.ckpt', 'calibration_set.npy', '8 images']) await expect(files(page)).toContainText(name);
  await expect(page.getByLabel('Outputs 1')).toHaveValue('logits/BiasAdd');
  expect(await pipeline(page)).toEqual(RECIPE_2);
  await expect(card(page, 'remove_training_nodes')).toContainText('bypassed');
  await handle(page, 'quantize').click();
  await expect(card(page, 'quantize').getByLabel('weight_bits')).toHaveValue('int6');
  expect(await thresholdsTable(page)).toEqual(table);
  expectSameFiles(await save(page, FORM.frozen), frozen);
  await page.getByRole('region', { name: 'Thresholds' }).locator('tbody').getByRole('row').first().click();
  await expect(page.getByRole('img', { name: /^Histogram of absolute values/ })).toBeVisible();
});

test('a file too large to be kept is asked for again by name', async ({ page }, testInfo) => {
  const tiny = await writeTinyNetwork(testInfo.outputPath('tiny'));
  // The header of a set of 300 MB; the rest is a hole in the file.
  const large = testInfo.outputPath('photos.npy');
  const images = 100_000;
  await writeFile(large, Buffer.from(tinyPictures(8)).toString('latin1').slice(0, 128).replace(/\(8, /, `(${images}, `), 'latin1');
  const handleOfLarge = await open(large, 'r+');
  await handleOfLarge.truncate(128 + images * 16 * 16 * 3 * 4);
  await handleOfLarge.close();

  await openStudio(page);
  await choose(page, () => page.getByRole('button', { name: /^Open…/ }).click(), [tiny.graph, ...tiny.checkpoint, large]);
  await expect(files(page)).toContainText('100,000 images');
  await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();
  await expect.poll(() => stored(page)).toEqual([{ steps: 6, run: false }]);
  await page.reload();
  await expect.poll(() => pipeline(page)).toEqual(RECIPE_2);
  await expect(files(page)).toContainText(/photos\.npy\s*open it again \(307 MB\)/);
  await expect(files(page)).toContainText('tiny.ckpt');
});

test('a bad file is refused where it was given; the open document stays', async ({ page }, testInfo) => {
  const tiny = await writeTinyNetwork(testInfo.outputPath('tiny'));
  const graph = await readFile(tiny.graph);
  const noise = Buffer.from(tinyPictures(100).slice(128));
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
  const bad = [
    [inMemory('photo.pb', png), /photo\.pb.*PNG/, 'file-not-graphdef'],
    [inMemory('half.pb', graph.subarray(0, graph.length >> 1)), /half\.pb/, 'file-truncated'],
    [inMemory('noise.pb', noise), /noise\.pb/, 'file-not-graphdef'],
  ] as const;
  await openStudio(page);
  for (const [file, said] of bad) {
    await choose(page, () => page.getByRole('button', { name: /^Open…/ }).click(), file);
    await expect(page.getByRole('main').getByRole('alert')).toHaveText(said);
  }
  await choose(page, openDialog(page), [tiny.graph, ...tiny.checkpoint]);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('tiny');
  await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();
  for (const [file, said] of bad) {
    await choose(page, openDialog(page), file);
    await expect(files(page).getByRole('alert')).toHaveText(said);
    await expect(page.getByRole('heading', { level: 1 })).toContainText('tiny');
    expect(await pipeline(page)).toEqual(RECIPE_2);
  }
  await page.getByRole('tab', { name: /^Log/ }).click();
  for (const [, , code] of bad) await expect(page.getByRole('log')).toContainText(code);

  // Data that is none stands in the list with its error, and the graph is open all the same.
  await choose(page, openDialog(page), inMemory('data.npy', noise));
  await expect(files(page).getByRole('listitem').filter({ hasText: 'data.npy' }).getByRole('alert')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('tiny');
});

test('without calibration data Run stops before quantize and offers three ways on', async ({ page, build }) => {
  await openStudio(page);
  await choose(page, () => page.getByRole('button', { name: /^Open…/ }).click(), `${build}/sample/shapes_mnv1_frozen.pb`);
  await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();
  await runButton(page).click();
  await expect(marked(page, 'done')).toHaveCount(RECIPE_2.length - 1);
  const quantize = card(page, 'quantize');
  await expect(quantize.getByRole('alert')).toContainText('calibration');
  await expect(quantize.getByRole('button', { name: 'Use the sample’s data' })).toBeVisible();
  await expect(quantize.getByRole('button', { name: 'Run without calibration' })).toBeVisible();
  await expect(page.getByText('No quantizers at this stage.')).toBeVisible();
  await choose(page, () => quantize.getByRole('button', { name: 'Add data…' }).click(), `${build}/sample/calibration_set.npy`);
  await quantized(page);
  expect((await thresholdsTable(page)).every(({ log2_t }) => log2_t !== '')).toBe(true);
});

test('variables that no checkpoint supplies are listed before Run', async ({ page }, testInfo) => {
  const tiny = await writeTinyNetwork(testInfo.outputPath('tiny'));
  await openStudio(page);
  await choose(page, () => page.getByRole('button', { name: /^Open…/ }).click(), tiny.graph);
  await expect(files(page)).toContainText('22 variables without a value.');
  await files(page).getByRole('button', { name: 'Which?' }).click();
  await expect(files(page).getByRole('listitem').filter({ hasText: 'depthwise/BatchNorm/moving_mean' })).toBeVisible();
  await choose(page, () => files(page).getByRole('button', { name: 'Add checkpoint…' }).click(), [...tiny.checkpoint]);
  await expect(files(page)).not.toContainText('without a value');
  await expect(files(page)).toContainText('22 variables');
});

test('what calibration lacks is told before any work: a variable, or pictures of another shape', async ({ page }, testInfo) => {
  const tiny = await writeTinyNetwork(testInfo.outputPath('tiny'));
  await openStudio(page);
  await choose(page, () => page.getByRole('button', { name: /^Open…/ }).click(), [tiny.graph, tiny.calibration]);
  await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();
  await runButton(page).click();
  await expect(page.getByRole('alert')).toContainText(/conv\/(weights|BatchNorm)/);
  await expect(marked(page, 'refused')).toHaveCount(1);

  const other = testInfo.outputPath('other.npy');
  await writeFile(other, tinyPictures(8, [8, 8, 3]));
  await choose(page, openDialog(page), [...tiny.checkpoint, other]);
  await expect(files(page)).toContainText('other.npy');
  await runButton(page).click();
  await expect(card(page, 'quantize').getByRole('alert')).toContainText('16×16×3');
});

test('a calibration that is cancelled leaves the former stages and thresholds', async ({ page }, testInfo) => {
  await openTiny(page, testInfo.outputPath('tiny'));
  await runButton(page).click();
  await quantized(page);
  const table = await thresholdsTable(page);
  const frozen = await save(page, FORM.frozen);

  // Data that takes a while.
  const more = testInfo.outputPath('more.npy');
  await writeFile(more, tinyPictures(12_000));
  await choose(page, openDialog(page), more);
  await expect(files(page)).toContainText('12,000 images');
  await setOption(page, 'quantize', 'weight_bits', 'int4');
  await runButton(page).click();
  await expect(statusLine(page)).toContainText('calibrating');
  await statusLine(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(statusLine(page)).toContainText('cancelled. Nothing was changed.');
  await expect(stages(page).getByRole('tab', { selected: true })).toHaveText(/^quantize/);
  expect(await thresholdsTable(page)).toEqual(table);
  expectSameFiles(await save(page, FORM.frozen), frozen);
});

test('a quantized graph without its checkpoint says that thresholds are not loaded, and takes them from it', async ({ page }, testInfo) => {
  await openTiny(page, testInfo.outputPath('tiny'));
  await runButton(page).click();
  await quantized(page);
  const table = await thresholdsTable(page);
  const saved = await save(page, FORM.graffitist, 4);

  const [graph, ...checkpoint] = [...saved].map(([name, bytes]) => inMemory(name, bytes));
  await choose(page, openDialog(page), graph ?? []);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('tiny_quant');
  await expect(files(page)).toContainText('Thresholds are not loaded.');
  const unknown = await thresholdsTable(page);
  expect(unknown.map(({ quantizer }) => quantizer)).toEqual(table.map(({ quantizer }) => quantizer));
  for (const row of unknown) expect([row.log2_t, row.threshold, row.threshold_in_use, row.scale_exponent]).toEqual(['', '', '', '']);
  const rows = page.getByRole('region', { name: 'Thresholds' }).locator('tbody').getByRole('row');
  expect((await rows.first().getByRole('cell').allInnerTexts()).slice(3, 8)).toEqual(['', '', '', '', '']);
  await rows.first().click();
  await expect(page.getByRole('complementary', { name: 'Inspector' })).toContainText('Threshold not loaded.');

  // Weights are not there either, and are asked for apart: what is asked for in both places is the same checkpoint.
  await expect(files(page)).toContainText('22 variables without a value.');
  await choose(page, () => files(page).getByRole('button', { name: 'Add checkpoint…' }).first().click(), checkpoint);
  await expect(files(page)).not.toContainText('Thresholds are not loaded.');
  await settled(page);
  expect(thresholdsOf(await thresholdsTable(page))).toEqual(thresholdsOf(table));
  expect(only(await save(page, FORM.frozen)).length).toBeGreaterThan(10_000);
});
