import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { hasShared, shared } from '../sharedFolder.ts';
import { stored } from './page.ts';
import { graffitize, interfaceArgs } from './support/commandLine.ts';
import { choose, downloads, drop, expectSameFiles, type Files, FORM, inMemory, only, save, thresholdsTable } from './support/files.ts';
import { expect, test } from './support/guard.ts';
import { TINY_SIGNATURES, TINY_TAGS, tinySavedModel } from './support/savedModel.ts';
import { card, handle, marked, openStudio, pipeline, quantized, RECIPE_2, runButton, settled, thresholdRows } from './support/studio.ts';
import { TINY_DEPTH, TINY_INTERFACE, tinyPictures, writeTinyNetwork } from './support/tinyNetwork.ts';

const { input, output, shape } = TINY_INTERFACE;
const RECIPE_3A = ['fix_input_shape', 'fold_batch_norms(is_training=True)', 'preprocess_layers', 'quantize(is_training=True)'];
const files = (page: Page) => page.getByRole('region', { name: 'Files' });

/** Opens by the dialog, whichever way brings it up. */
const openDialog = (page: Page) => () => page.keyboard.press('Control+o');

/** An entry of the submenu of other forms. */
async function saveOther(page: Page, name: string, count: number): Promise<Files> {
  return downloads(page, count, async () => {
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    const others = page.getByRole('menuitem', { name: /^Other forms/ });
    const form = page.getByRole('menuitem', { name, exact: true });
    await others.hover();
    await expect(form).toBeVisible();
    // Straight across, as a hand does: a pointer that leaves the entry elsewhere closes the submenu.
    const [from, to] = [await others.boundingBox(), await form.boundingBox()];
    if (from === null || to === null) throw new Error('The menu is not on screen.');
    await page.mouse.move(from.x + 4, from.y + from.height / 2, { steps: 6 });
    await page.mouse.move(to.x + to.width - 8, from.y + from.height / 2, { steps: 6 });
    await page.mouse.move(to.x + to.width - 8, to.y + to.height / 2, { steps: 8 });
    await page.mouse.down();
    await page.mouse.up();
  });
}

test('a SavedModel of several graphs opens at once; tag and signature are chosen in Files and kept across a reload', async ({ page }) => {
  await openStudio(page);
  await choose(page, openDialog(page), inMemory('tiny_saved.zip', await tinySavedModel()));
  await expect(page.getByRole('heading', { level: 1 })).toContainText('tiny_saved');
  await expect(files(page)).toContainText('22 variables');
  const tag = files(page).getByLabel('Tag');
  const signature = files(page).getByLabel('Signature');
  await expect(tag).toHaveValue('serve');
  expect(await tag.locator('option').allInnerTexts()).toEqual([...TINY_TAGS]);
  expect((await signature.locator('option').allInnerTexts()).sort()).toEqual(Object.keys(TINY_SIGNATURES).sort());
  await expect(page.getByLabel('Outputs 1')).toHaveValue(TINY_SIGNATURES.serving_default);

  await tag.selectOption('train');
  await expect(tag).toHaveValue('train');
  await signature.selectOption('logits');
  await expect(page.getByLabel('Outputs 1')).toHaveValue(TINY_SIGNATURES.logits);
  await expect(tag).toHaveValue('train');
  await settled(page);
  await expect.poll(() => stored(page)).toEqual([{ steps: 0, run: false, signature: 'logits' }]);

  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('tiny_saved');
  await expect(tag).toHaveValue('train');
  await expect(signature).toHaveValue('logits');
  await expect(page.getByLabel('Outputs 1')).toHaveValue(TINY_SIGNATURES.logits);
});

test('QNT40 a list file that is added at its option gives the files of the command line', async ({ page }, testInfo) => {
  const { folder, graph, checkpoint, calibration } = await writeTinyNetwork(testInfo.outputPath('tiny'));
  const list = inMemory('merge.txt', Buffer.from('left/Relu6, right/Relu6\n'));
  await openStudio(page);
  await drop(page, [folder]);
  await expect(files(page)).toContainText('8 images');
  await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();
  await handle(page, 'quantize').click();
  const quantize = card(page, 'quantize');
  await quantize.getByRole('button', { name: /more options/ }).click();
  await choose(page, () => quantize.getByRole('button', { name: 'Add file for layer_merge_list…' }).click(), list);
  await expect(quantize.getByLabel('layer_merge_list', { exact: true })).toHaveValue('merge.txt');
  await expect(files(page).getByRole('listitem').filter({ hasText: 'merge.txt' })).toContainText('layer_merge_list');
  await runButton(page).click();
  await quantized(page);
  await page.getByLabel('Filter thresholds').fill('left/Relu6');
  await expect(thresholdRows(page).getByRole('cell').last()).toHaveText('2');

  const listed = path.join(folder, 'merge.txt');
  await writeFile(listed, list.buffer);
  const merging = [...RECIPE_2.slice(0, -1), 'quantize(layer_merge_list=merge.txt)'];
  const job = {
    graph,
    beside: [...checkpoint, listed],
    calibration,
    args: [...interfaceArgs(input, output, shape), '--transforms', ...merging],
  };
  const expected = await graffitize({ ...job, writes: 'tiny_quant.pb' });
  expectSameFiles(await save(page, FORM.graffitist, 4), expected);
  expectSameFiles(
    await saveOther(page, '.pbtxt, Graffitist form, with its checkpoint', 4),
    await graffitize({ ...job, writes: 'tiny_quant.pbtxt' }),
  );
});

test('a training graph: its Graffitist form, MetaGraph included, is that of the command line', async ({ page }, testInfo) => {
  const { folder, graph, checkpoint, calibration } = await writeTinyNetwork(testInfo.outputPath('tiny'), { training: true });
  await openStudio(page);
  await drop(page, [folder]);
  await expect(files(page)).toContainText('8 images');
  await expect(page.getByRole('button', { name: 'Recipe 2: static INT8' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Recipe 3a: INT8 graph to retrain' }).click();
  await expect.poll(() => pipeline(page)).toEqual(RECIPE_3A.map((text) => text.replace(/\(.*/, '')));
  await runButton(page).click();
  await expect(marked(page, 'done')).toHaveCount(RECIPE_3A.length, { timeout: 120_000 });
  await settled(page);
  await expect(thresholdRows(page).first().getByRole('cell', { name: '3SD' })).toBeVisible();

  const edges = await card(page, 'quantize')
    .getByRole('button')
    .first()
    .click()
    .then(async () => [
      `first_layer=${await card(page, 'quantize').getByLabel('first_layer', { exact: true }).inputValue()}`,
      `last_layer=${await card(page, 'quantize').getByLabel('last_layer', { exact: true }).inputValue()}`,
    ]);
  const quantize = `quantize(is_training=True, ${edges.join(', ')})`;
  const expected = await graffitize({
    graph,
    beside: checkpoint,
    calibration,
    writes: 'tiny_quant.pb',
    args: [...interfaceArgs(input, output, shape), '--transforms', ...RECIPE_3A.slice(0, -1), quantize],
  });
  expect([...expected.keys()].filter((name) => name.endsWith('.meta'))).toHaveLength(1);
  expectSameFiles(await save(page, FORM.graffitist, expected.size), expected);
});

test.describe('a training MetaGraph of TensorFlow', () => {
  test.skip(!hasShared && !process.env.CI, 'the reference cases are not beside the checkout');

  test('opens with its collections, and is written with them as the command line does', async ({ page }) => {
    const net = (name: string) => shared(`cases/nets/small_resnet_v1/${name}`);
    const graph = net('small_resnet_v1_train.meta');
    const checkpoint = ['index', 'data-00000-of-00001'].map((part) => net(`small_resnet_v1.ckpt.${part}`));
    const calibration = net('calibration_set.npy');
    await openStudio(page);
    await choose(page, openDialog(page), [graph, ...checkpoint, calibration]);
    await settled(page);
    await page.getByRole('button', { name: 'Recipe 3a: INT8 graph to retrain' }).click();
    await runButton(page).click();
    await expect(marked(page, 'done')).toHaveCount(RECIPE_3A.length, { timeout: 120_000 });
    await settled(page);
    const recipe = only(await save(page, FORM.recipe));
    const recipeFile = test.info().outputPath('recipe.json');
    await writeFile(recipeFile, recipe);
    const expected = await graffitize({
      graph,
      beside: checkpoint,
      calibration,
      writes: 'small_resnet_v1_train_quant.pb',
      args: ['--recipe', recipeFile],
    });
    expectSameFiles(await save(page, FORM.graffitist, expected.size), expected);
  });
});

test('quantizer parameters are offered where they were dumped; a checkpoint where there are variables', async ({ page }, testInfo) => {
  const { folder } = await writeTinyNetwork(testInfo.outputPath('tiny'));
  await openStudio(page);
  await drop(page, [folder]);
  await expect(files(page)).toContainText('8 images');
  await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();
  await page.getByRole('button', { name: 'Download', exact: true }).click();
  await expect(page.getByRole('menuitem', { name: /^Quantizer parameters/ })).toBeDisabled();
  await page.keyboard.press('Escape');
  await handle(page, 'quantize').click();
  await card(page, 'quantize')
    .getByRole('button', { name: /more options/ })
    .click();
  await card(page, 'quantize').getByLabel('dump_quant_params').check();
  await runButton(page).click();
  await quantized(page);
  const parameters = await save(page, /^Quantizer parameters/, 2);
  expect([...parameters.keys()].sort()).toEqual(['quantization_params.json', 'quantized_weights.h5']);
  const variables = await save(page, /^Checkpoint/, 3);
  expect([...variables.keys()].sort()).toEqual(['checkpoint', 'tiny_quant.ckpt.data-00000-of-00001', 'tiny_quant.ckpt.index']);
  const model = await saveOther(page, 'SavedModel .zip, Self-contained', 1);
  expect([...model.keys()]).toEqual(['tiny_quant_saved_model.zip']);
});

test('CAL10 two inputs of different shapes: each has its shape and its data, and what is missing is named', async ({ page }, testInfo) => {
  const { graph, checkpoint } = await writeTinyNetwork(testInfo.outputPath('tiny'), { depth: true });
  const array = (name: string, of: readonly number[]) => inMemory(name, Buffer.from(tinyPictures(8, of)));
  await openStudio(page);
  await choose(page, openDialog(page), [graph, ...checkpoint]);
  await settled(page);
  await expect(page.getByLabel('Shape of input')).toHaveValue('16×16×3');
  await expect(page.getByLabel('Shape of depth')).toHaveValue('16×16×1');
  await expect(files(page)).toContainText('input.npy, depth.npy');
  await choose(page, openDialog(page), array('depth.npy', TINY_DEPTH));
  const fed = (name: string) =>
    files(page)
      .getByRole('listitem')
      .filter({ hasText: new RegExp(`^${name}`) });
  await expect(fed('depth')).toContainText('depth.npy · 8 images');
  await expect(fed('input')).toContainText('no data');
  await choose(page, openDialog(page), array('input.npy', shape));
  await expect(fed('input')).toContainText('input.npy · 8 images');
  await expect(fed('depth')).toContainText('depth.npy · 8 images');

  await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();
  await runButton(page).click();
  await quantized(page);
  expect((await thresholdsTable(page)).every(({ log2_t }) => log2_t !== '')).toBe(true);
  const recipe = JSON.parse(only(await save(page, FORM.recipe)).toString()) as { interface: unknown };
  expect(recipe.interface).toMatchObject({ inputs: ['input', 'depth'], shape: [...shape], shapes: { depth: [...TINY_DEPTH] } });

  await page.getByLabel('Shape of depth').fill('8×8×1');
  await page.keyboard.press('Enter');
  await expect(marked(page, 'done')).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(marked(page, 'done')).toHaveCount(RECIPE_2.length);
});
