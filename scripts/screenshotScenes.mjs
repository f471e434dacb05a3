// The states of the page that screenshots.mjs --all takes beside the road: each scene opens files and stops where something is to be seen.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { trainingScenes } from './screenshotTraining.mjs';

/** Settled: no job is under way, and the picture has moved into place. */
async function settled(page) {
  await page.locator('.status .spinner').waitFor({ state: 'detached', timeout: 120_000 });
  await page.waitForTimeout(700);
}

async function open(page, files) {
  const opened = (await page.getByRole('button', { name: /^Open…/ }).count()) === 0;
  const chooser = page.waitForEvent('filechooser');
  await (opened ? page.keyboard.press('Control+o') : page.getByRole('button', { name: /^Open…/ }).click());
  await (await chooser).setFiles(files);
  await page.locator('.files').waitFor();
  await settled(page);
}

async function recipe(page, name) {
  await page.getByRole('button', { name: 'Recipes and command line' }).click();
  const item = page.getByRole('menuitem', { name, exact: true });
  if ((await item.count()) === 0) await page.getByRole('menuitem', { name: 'For any network' }).press('ArrowRight');
  await item.click();
  await page.getByRole('menu').first().waitFor({ state: 'detached' });
}

async function openCard(page, transform) {
  const handle = page.locator(`[data-transform="${transform}"] .card-name`);
  if ((await handle.getAttribute('aria-expanded')) === 'false') await handle.click();
  await page.waitForTimeout(200);
}

async function run(page) {
  await page.keyboard.press('Control+Enter');
  await page.waitForTimeout(300);
  await settled(page);
}

/** The sample with its pictures, and the Data tab in sight. */
async function sampleData(page) {
  await page
    .getByRole('button', { name: /sample/i })
    .first()
    .click();
  await page.getByText('100 images · 10 classes').first().waitFor();
  await settled(page);
  await page.keyboard.press('Control+Shift+D');
}

/** The same, quantized and evaluated. */
async function evaluated(page, section) {
  await sampleData(page);
  await run(page);
  await page.keyboard.press('Control+Shift+Enter');
  await page.getByText(/^Evaluated 100 images/).waitFor({ timeout: 120_000 });
  await dataSection(page, section);
}

async function dataSection(page, section) {
  await page.getByRole('group', { name: 'Section of the data' }).getByRole('radio', { name: section }).check();
  await page.waitForTimeout(700);
}

const inFolder = (folder) => readdirSync(folder).map((name) => path.join(folder, name));

/** @param {string} made files of screenshotFiles.ts @param {string} nets recorded networks; scenes on them are left out where they are absent */
export function scenes(made, nets) {
  const tiny = (name) => inFolder(path.join(made, name));
  const net = (name, ...files) => files.map((file) => path.join(nets, name, file));
  const resnet = [
    ...net('small_resnet_v1', 'small_resnet_v1_train.meta', 'small_resnet_v1.ckpt.index', 'small_resnet_v1.ckpt.data-00000-of-00001'),
    ...net('small_resnet_v1', 'calibration_set.npy'),
  ];
  const own = {
    'saved-model': async (page) => open(page, path.join(made, 'tiny_saved.zip')),
    options: async (page) => {
      await open(page, [...tiny('biasless'), path.join(made, 'merge.txt')]);
      await recipe(page, 'Recipe 2: static INT8');
      for (const transform of ['fold_batch_norms', 'preprocess_layers', 'quantize']) await openCard(page, transform);
      await page
        .locator('[data-transform="quantize"]')
        .getByRole('button', { name: /more option/ })
        .click();
      await page.getByLabel('layer_merge_list', { exact: true }).scrollIntoViewIfNeeded();
    },
    'left-alone': async (page) => {
      await open(page, tiny('biasless'));
      await recipe(page, 'Recipe 2: static INT8');
      await run(page);
      await openCard(page, 'quantize');
      await page.locator('.left-alone').first().scrollIntoViewIfNeeded();
    },
    why: async (page) => {
      await open(page, tiny('biasless'));
      await recipe(page, 'Recipe 2: static INT8');
      await run(page);
      await openCard(page, 'quantize');
      await page.locator('.left-alone .node-link').first().click();
      await page.getByRole('tab', { name: 'Why' }).click();
      await page.waitForTimeout(500);
    },
    'download-menu': async (page) => {
      await open(page, tiny('biasless'));
      await page.getByRole('button', { name: 'Download', exact: true }).click();
      await page.getByRole('menuitem', { name: /^Other forms/ }).press('ArrowRight');
      await page.waitForTimeout(200);
    },
    'recipe-menu': async (page) => {
      await page
        .getByRole('button', { name: /sample/i })
        .first()
        .click();
      await page.locator('[data-transform="quantize"]').waitFor();
      await settled(page);
      await page.getByRole('button', { name: 'Recipes and command line' }).click();
      await page.getByRole('menuitem', { name: 'For any network' }).press('ArrowRight');
      await page.waitForTimeout(200);
    },
    'would-stay-in-float': async (page) => {
      await open(page, tiny('biasless'));
      await page.keyboard.press('Control+k');
      await page.keyboard.type('explain');
      await page.keyboard.press('Enter');
      await page.waitForTimeout(600);
    },
    errors: async (page) => {
      await open(
        page,
        tiny('biasless').filter((file) => !file.endsWith('.npy')),
      );
      await open(page, { name: 'half.npy', mimeType: 'application/octet-stream', buffer: Buffer.from('no array') });
      await open(page, { name: 'photo.pb', mimeType: 'application/octet-stream', buffer: Buffer.from('89504e470d0a1a0a', 'hex') });
      await recipe(page, 'Recipe 2: static INT8');
      await openCard(page, 'quantize');
      await page
        .locator('[data-transform="quantize"]')
        .getByRole('button', { name: /more option/ })
        .click();
      await page.getByLabel('layer_merge_list', { exact: true }).fill('missing.txt');
      await run(page);
      await page.locator('.left-scroll').evaluate((scroller) => scroller.scrollTo(0, 0));
    },
    'quantized-opened': async (page) => {
      await open(page, tiny('biasless'));
      await recipe(page, 'Recipe 2: static INT8');
      await run(page);
      const download = page.waitForEvent('download');
      await page.keyboard.press('Control+s');
      const buffer = readFileSync(await (await download).path());
      await open(page, { name: 'tiny_quant.pb', mimeType: 'application/octet-stream', buffer });
    },
    'data-empty': async (page) => {
      await open(page, tiny('biasless'));
      await page.getByRole('tab', { name: 'Data' }).click();
    },
    'data-set': async (page) => {
      await sampleData(page);
      await page.waitForTimeout(700);
    },
    'data-custom': async (page) => {
      await sampleData(page);
      await page.getByLabel('Rule').selectOption('custom');
      await page.waitForTimeout(700);
    },
    'data-accuracy': async (page) => evaluated(page, 'Accuracy'),
    'data-classes': async (page) => evaluated(page, 'Classes'),
    'data-confusion': async (page) => {
      await evaluated(page, 'Confusion');
      await page.getByRole('radio', { name: 'difference' }).check();
      await page.getByRole('button', { name: /^label 2_square answered 8_bars/ }).click();
      await page.waitForTimeout(700);
    },
    'data-changed': async (page) => evaluated(page, 'Changed'),
    'data-evaluating': async (page) => {
      await open(page, tiny('many'));
      await recipe(page, 'Recipe 2: static INT8');
      await run(page);
      await page.keyboard.press('Control+Shift+D');
      await dataSection(page, 'Accuracy');
      await page.keyboard.press('Control+Shift+Enter');
      await page.waitForTimeout(900);
    },
    'data-many-classes': async (page) => {
      await open(page, tiny('many'));
      await recipe(page, 'Recipe 2: static INT8');
      await run(page);
      await page.keyboard.press('Control+Shift+Enter');
      await page.getByText(/^Evaluated 20,000 images/).waitFor({ timeout: 120_000 });
      await dataSection(page, 'Confusion');
      await page.getByRole('application', { name: /^Confusion/ }).focus();
      for (let step = 0; step < 30; step++) await page.keyboard.press('Shift+ArrowDown');
      for (let step = 0; step < 12; step++) await page.keyboard.press('Shift+ArrowRight');
      await page.waitForTimeout(700);
    },
    'data-warning': async (page) => {
      await sampleData(page);
      await page.getByLabel('Rule').selectOption('bytes');
      await page.getByRole('button', { name: 'Check data' }).click();
      await settled(page);
    },
    'data-error': async (page) => {
      await sampleData(page);
      const chooser = page.waitForEvent('filechooser');
      await page.getByLabel('Labels').selectOption('CSV file…');
      await (await chooser).setFiles(path.join(made, 'labels.csv'));
      await settled(page);
    },
    'training-tiny': async (page) => {
      await open(page, tiny('training'));
      await recipe(page, 'Recipe 3a: INT8 graph to retrain');
      await run(page);
    },
    ...trainingScenes({ settled }),
  };
  if (!existsSync(nets)) return own;
  return {
    ...own,
    'training-opened': async (page) => open(page, resnet),
    training: async (page) => {
      await open(page, resnet);
      await recipe(page, 'Recipe 3a: INT8 graph to retrain');
      await run(page);
      await openCard(page, 'quantize');
    },
    'training-fold': async (page) => {
      await open(page, resnet);
      await recipe(page, 'Recipe 3a: INT8 graph to retrain');
      await run(page);
      await page.getByRole('tab', { name: /^fold BN/i }).click();
      await settled(page);
    },
    depthwise: async (page) => {
      await open(
        page,
        inFolder(path.join(nets, 'small_mobilenet_v2')).filter((file) => /_frozen\.pb$|calibration_set/.test(file)),
      );
      await recipe(page, 'Recipe 2: static INT8');
      await run(page);
      await openCard(page, 'quantize');
      await page
        .locator('.step-notes')
        .getByRole('button', { name: /warning/ })
        .click();
      await page.locator('.step-notes').scrollIntoViewIfNeeded();
    },
  };
}
