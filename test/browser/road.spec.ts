import { writeFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { hasShared, shared } from '../sharedFolder.ts';
import { graffitize, interfaceArgs } from './support/commandLine.ts';
import { choose, drop, expectSameFiles, FORM, inMemory, only, save, thresholdsOf, thresholdsTable } from './support/files.ts';
import { expect, test } from './support/guard.ts';
import {
  above,
  drag,
  endOfPipeline,
  handle,
  openStudio,
  paletteEntry,
  pipeline,
  quantized,
  RECIPE_2,
  runButton,
  settled,
  thresholdRows,
} from './support/studio.ts';

const SAMPLE_CHECKPOINT = ['shapes_mnv1.ckpt.index', 'shapes_mnv1.ckpt.data-00000-of-00001', 'checkpoint'];
const OUTPUT = 'MobilenetV1/Predictions/Softmax';

/** Files of the Graffitist form: the graph, the checkpoint's two parts and the file that names it. */
const GRAFFITIST_FILES = 4;

test('the sample: two clicks from float to static INT8, and the files that the command line writes', async ({ page, build }, testInfo) => {
  await openStudio(page);
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await runButton(page).click();
  await quantized(page);

  const frozen = await save(page, FORM.frozen);
  const graffitist = await save(page, FORM.graffitist, GRAFFITIST_FILES);
  const recipe = await save(page, FORM.recipe);
  const zip = await save(page, FORM.zip);

  const recipeFile = testInfo.outputPath('recipe.json');
  await writeFile(recipeFile, only(recipe));
  const job = {
    writes: 'shapes_mnv1_eval_quant.pb',
    graph: `${build}/sample/shapes_mnv1_eval.pb`,
    beside: SAMPLE_CHECKPOINT.map((name) => `${build}/sample/${name}`),
    calibration: `${build}/sample/calibration_set.npy`,
  };
  const transforms = [...interfaceArgs('input', OUTPUT, [32, 32, 3]), '--transforms', ...RECIPE_2];
  expectSameFiles(frozen, await graffitize({ ...job, args: ['--recipe', recipeFile, '--freeze'] }));
  expectSameFiles(graffitist, await graffitize({ ...job, args: transforms }));

  const packed = new Map(Object.entries(unzipSync(only(zip))).map(([name, bytes]) => [name, Buffer.from(bytes)]));
  const loose = new Map([...frozen, ...[...graffitist].map(([name, bytes]) => [`graffitist/${name}`, bytes] as const), ...recipe]);
  expectSameFiles(packed, loose);
});

test.describe('the real MobileNet', () => {
  // Where the reference cases are absent this is seen as skipped; where CI is set it fails on the missing files.
  test.skip(!hasShared && !process.env.CI, 'the reference cases are not beside the checkout');

  test('drawn by hand, run, inspected, downloaded, reopened; the files are those of the command line', async ({ page }, testInfo) => {
    const graph = shared('models/mobilenet_v1_0.25_128/frozen_graph.pb');
    const calibration = shared('cases/imagenet_mobilenet/calibration_set.npy');
    await openStudio(page);
    await choose(page, () => page.getByRole('button', { name: /^Open…/ }).click(), graph);
    await settled(page);
    await drop(page, [calibration]);
    await expect(page.getByRole('region', { name: 'Files' })).toContainText('50 images');

    await drawRecipe2(page);
    await runButton(page).click();
    await quantized(page);
    await expect(page.getByText('115 of 115')).toBeVisible();
    await inspectOneQuantizer(page);

    const table = await thresholdsTable(page);
    const frozen = await save(page, FORM.frozen);
    const graffitist = await save(page, FORM.graffitist, GRAFFITIST_FILES);
    const recipe = await save(page, FORM.recipe);

    const recipeFile = testInfo.outputPath('recipe.json');
    await writeFile(recipeFile, only(recipe));
    const transforms = [...interfaceArgs('input', OUTPUT, [128, 128, 3]), '--transforms', ...RECIPE_2];
    const job = { writes: 'frozen_graph_quant.pb', graph, calibration };
    expectSameFiles(frozen, await graffitize({ ...job, args: ['--freeze', ...transforms] }));
    expectSameFiles(graffitist, await graffitize({ ...job, args: transforms }));
    expectSameFiles(frozen, await graffitize({ ...job, args: ['--freeze', '--recipe', recipeFile] }));

    await choose(page, () => page.getByRole('button', { name: 'Open files…' }).click(), inMemory('reopened.pb', only(frozen)));
    await expect(page.getByRole('heading', { name: /^reopened/ }).first()).toBeVisible();
    await settled(page);
    await expect(page.getByText('115 of 115')).toBeVisible();
    expect(thresholdsOf(await thresholdsTable(page))).toEqual(thresholdsOf(table));
  });
});

/** Recipe 2 from the palette with the pointer, one transform at a time; two that were dropped in the wrong order change places. */
async function drawRecipe2(page: Page): Promise<void> {
  for (const transform of ['fix_input_shape', 'fold_batch_norms', 'strip_unused_nodes', 'remove_training_nodes']) {
    await drag(page, paletteEntry(page, transform), await endOfPipeline(page));
  }
  expect((await pipeline(page)).slice(2)).toEqual(['strip_unused_nodes', 'remove_training_nodes']);
  await drag(page, handle(page, 'remove_training_nodes'), await above(handle(page, 'strip_unused_nodes')));
  for (const transform of ['preprocess_layers', 'quantize']) {
    await drag(page, paletteEntry(page, transform), await endOfPipeline(page));
  }
  expect(await pipeline(page)).toEqual(RECIPE_2);
}

/** From a row of the table to the histogram in the inspector. */
async function inspectOneQuantizer(page: Page): Promise<void> {
  await page.getByLabel('Filter thresholds').fill('Conv2d_5_pointwise Relu6_act');
  const row = thresholdRows(page).first();
  await row.click();
  await expect(row).toHaveAttribute('aria-selected', 'true');
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await expect(inspector.getByRole('tab', { name: 'Histogram' })).toHaveAttribute('aria-selected', 'true');
  await expect(
    inspector.getByRole('img', { name: /^Histogram of absolute values from 0 to [\d.]+: threshold [\d.]+, in use/ }),
  ).toBeVisible();
  await expect(inspector.getByText('fraction bits')).toBeVisible();
  await page.getByLabel('Filter thresholds').fill('');
}
