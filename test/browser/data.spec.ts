import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from '@playwright/test';
import type { Recipe } from '../../worker/engine/recipe.ts';
import type { Evaluation } from '../../worker/protocol.ts';
import { expectAccessible } from './page.ts';
import { answerOf } from './support/commandLine.ts';
import { choose, downloads, drop, expectSameFiles, FORM, only, save } from './support/files.ts';
import { expect, test } from './support/guard.ts';
import { forbidThePointer, tabTo } from './support/keyboard.ts';
import { labelledNoise, writeBroken, writePictures } from './support/pictures.ts';
import { openStudio, quantized, runButton, settled, statusLine } from './support/studio.ts';
import { writeTinyNetwork } from './support/tinyNetwork.ts';

const sample = fileURLToPath(new URL('../../public/sample', import.meta.url));
const IMAGES = 60;

const section = (page: Page, name: string): Locator =>
  page.getByRole('group', { name: 'Section of the data' }).getByRole('radio', { name });
const files = (page: Page): Locator => page.getByRole('region', { name: 'Files' });

async function openSample(page: Page): Promise<void> {
  await openStudio(page);
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await expect(files(page)).toContainText('100 images · 10 classes');
  await settled(page);
}

/** The evaluation that is on screen, as the page saves it. */
async function savedEvaluation(page: Page): Promise<Evaluation> {
  const saved = await downloads(page, 1, () => page.getByRole('button', { name: 'JSON', exact: true }).click());
  return JSON.parse(String(only(saved))) as Evaluation;
}

/** What does not depend on where it ran. */
function numbersOf({ networks, comparison, perImage, images, leftOut, classNames }: Evaluation): unknown {
  return { networks: networks.map(({ title: _, ...numbers }) => numbers), comparison, perImage, images, leftOut, classNames };
}

/** Numbers in the cells of the matrix, by label and answer. */
async function matrix(page: Page): Promise<string[]> {
  const cells = page.getByRole('table', { name: /^Confusion matrix/ }).getByRole('button');
  const words = await cells.evaluateAll((all) => all.map((cell) => cell.getAttribute('aria-label') ?? ''));
  return words.filter((word) => !word.includes(': 0 images'));
}

test('a folder of labelled pictures is evaluated as the command line does, to the last image', async ({ page }, testInfo) => {
  const folder = testInfo.outputPath('shapes');
  const names = await writePictures(folder, 300, IMAGES);
  await writeBroken(path.join(folder, '0_circle', '9999.png'));
  await writeFile(path.join(folder, 'moving.gif'), 'GIF89a');
  await openSample(page);

  await drop(page, [folder]);
  await expect(files(page)).toContainText(`${IMAGES + 1} images · 10 classes`);
  await expect(page.getByRole('tab', { name: 'Data' })).toHaveAttribute('aria-selected', 'true');
  await expect(files(page), 'the document stays').toContainText('shapes_mnv1_eval.pb');
  await page.getByRole('button', { name: '1 file left out' }).click();
  await expect(page.getByRole('list', { name: 'Files left out' })).toContainText('moving.gif');
  const pictures = page.getByRole('region', { name: 'Images of the set' });
  await expect(pictures.locator('canvas').first()).toBeVisible();
  await expect(pictures.getByRole('listitem').first()).toHaveAttribute('title', /0_circle\/\d+\.png · 0_circle/);

  await page.getByLabel('Rule').selectOption('signed');
  await expect(page.getByText('Bilinear resize to 32×32, x / 127.5 − 1.')).toBeVisible();
  await runButton(page).click();
  await quantized(page);
  await section(page, 'Accuracy').check();
  await page.getByRole('button', { name: 'Evaluate', exact: true }).click();
  await expect(statusLine(page)).toContainText(`Evaluated ${IMAGES} images: top-1`);
  await expect(page.locator('.data-scores')).toContainText('1 image left out: ');
  await expect(page.locator('.data-scores')).toContainText('0_circle/9999.png');

  const evaluation = await savedEvaluation(page);
  const recipe = testInfo.outputPath('recipe.json');
  await writeFile(recipe, only(await save(page, FORM.recipe)));
  const graph = path.join(sample, 'shapes_mnv1_eval.pb');
  const answer = (await answerOf(testInfo.outputPath(), [
    ...['validate', '--in_graph', graph, '--recipe', recipe, '--data', folder, '--images', 'signed'],
    ...['--calibration', path.join(sample, 'calibration_set.npy'), '--backend', 'wasm', '--no_check'],
  ])) as Evaluation;
  expect(numbersOf(evaluation)).toEqual(numbersOf(answer));

  const [float, int8] = answer.networks;
  if (float === undefined || int8 === undefined) throw new Error('two networks were asked for');
  const cellsOf = (cells: Evaluation['networks'][number]['confusion']): string[] =>
    cells.map(({ label, answer: given, count }) => {
      const of = cells.filter((cell) => cell.label === label).reduce((sum, cell) => sum + cell.count, 0);
      const share = ((count / of) * 100).toFixed(1);
      return `label ${answer.classNames[label]} answered ${answer.classNames[given]}: ${count} image${count === 1 ? '' : 's'} (${share} %)`;
    });
  await section(page, 'Confusion').check();
  expect((await matrix(page)).sort()).toEqual(cellsOf(float.confusion).sort());
  await page.getByRole('radio', { name: 'quantize', exact: true }).check();
  expect((await matrix(page)).sort()).toEqual(cellsOf(int8.confusion).sort());
  const [first] = int8.confusion;
  await page.getByRole('button', { name: cellsOf(first === undefined ? [] : int8.confusion)[0] ?? '' }).click();
  const listed = page.getByRole('region', { name: 'Images of the cell' });
  await expect(listed).toContainText(`${first?.count} image`);
  await expect(listed.getByRole('listitem').first()).toContainText(/\d_\w+\/\d{4}\.png/);

  await section(page, 'Classes').check();
  const rows = page.getByRole('region', { name: 'Classes' }).locator('tbody tr');
  const shown = await rows.evaluateAll((all) => all.map((row) => Array.from(row.querySelectorAll('td'), (cell) => cell.textContent)));
  const share = (hits: number, of: number): string => `${((hits / of) * 100).toFixed(1)} %`;
  expect(shown.map((cells) => cells.slice(0, 5))).toEqual(
    float.classes.map(({ label, count, top1 }, index) => [
      String(label),
      answer.classNames[label],
      String(count),
      share(top1, count),
      share(int8.classes[index]?.top1 ?? Number.NaN, count),
    ]),
  );

  await section(page, 'Changed').check();
  await expect(page.getByRole('radio', { name: `all ${answer.comparison?.changed.length}` })).toBeVisible();
  expect(names).toContain(answer.comparison?.changed[0]?.name.replace(/^shapes\//, ''));
  await expect(page.getByRole('region', { name: 'Images that changed their answer' })).toContainText(
    answer.comparison?.changed[0]?.name ?? '?',
  );
});

test('a matrix of many classes is read by keys, and pictures without labels are compared', async ({ page }, testInfo) => {
  const tiny = await writeTinyNetwork(testInfo.outputPath('tiny'), { classes: 40 });
  const set = testInfo.outputPath('noise.npz');
  await writeFile(set, labelledNoise(200, 40));
  await openStudio(page);
  // One drop holds graph, weights, calibration images and the set: each goes where it belongs.
  await drop(page, [tiny.graph, ...tiny.checkpoint, tiny.calibration, set]);
  await expect(files(page)).toContainText('8 images');
  await expect(files(page)).toContainText('200 images · 40 classes');
  await settled(page);
  await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();
  await runButton(page).click();
  await quantized(page);
  await page.keyboard.press('Control+Shift+Enter');
  await expect(statusLine(page)).toContainText('Evaluated 200 images: top-1');
  const { networks } = await savedEvaluation(page);

  await section(page, 'Confusion').check();
  const canvas = page.getByRole('application', { name: /^Confusion matrix of 40 classes/ });
  await canvas.focus();
  const words = page.locator('.confusion-words');
  await page.keyboard.press('ArrowDown');
  await expect(words).toContainText('label 1 answered 0: ');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('+');
  await page.keyboard.press('End');
  await expect(words).toContainText('label 1 answered 39: ');
  const cell = networks[0]?.confusion.find(({ label }) => label === 7);
  for (let at = 1; at < 7; at++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Home');
  for (let at = 0; at < (cell?.answer ?? 0); at++) await page.keyboard.press('ArrowRight');
  await expect(words).toContainText(`label 7 answered ${cell?.answer}: ${cell?.count} image`);
  await expect(page.getByRole('region', { name: 'Images of the cell' }).getByRole('listitem')).toHaveCount(cell?.count ?? -1);

  await section(page, 'Set').check();
  await page.getByLabel('Labels').selectOption('none');
  await expect(files(page)).toContainText('200 images · no labels');
  await section(page, 'Accuracy').check();
  await page.getByRole('button', { name: 'Evaluate', exact: true }).click();
  await expect(page.getByText('Both put the same class first on')).toBeVisible();
  await section(page, 'Classes').check();
  await expect(page.getByText('The images have no labels.')).toBeVisible();

  await page.getByRole('button', { name: 'Close the images' }).click();
  await expect(files(page)).not.toContainText('200 images');
  await expect(page.getByText('Drop images to see what quantization does to accuracy')).toBeVisible();
});

test('an array of floats without labels stays calibration data, and a set that is wrong leaves the open one', async ({
  page,
}, testInfo) => {
  await openSample(page);
  const array = testInfo.outputPath('other_set.npy');
  await writeFile(array, await readFile(path.join(sample, 'calibration_set.npy')));
  await drop(page, [array]);
  await expect(files(page)).toContainText('other_set.npy');
  await expect(files(page)).toContainText('100 images · 10 classes');

  const table = testInfo.outputPath('labels.csv');
  await writeFile(table, 'file,label\nnobody.png,3\n');
  await page.getByRole('tab', { name: 'Data' }).click();
  await choose(page, async () => void (await page.getByLabel('Labels').selectOption('CSV file…')), table);
  await expect(page.getByRole('region', { name: 'Data set' }).getByRole('alert')).toBeVisible();
  await expect(files(page)).toContainText('100 images · 10 classes');
  await page.getByRole('region', { name: 'Data set' }).getByRole('button', { name: 'Dismiss' }).click();

  await page.getByLabel('Rule').selectOption('custom');
  await page.getByLabel('Mean').fill('1, 1, 1');
  await page.getByLabel('Mean').press('Enter');
  await page.getByLabel('Scale').fill('nonsense');
  await page.getByLabel('Scale').press('Enter');
  await expect(page.getByText('Bilinear resize to 32×32, x / 127.5 − 1.')).toBeVisible();
});

test('a wrong preprocessing is told before a long run, and one click mends it', async ({ page }) => {
  await openSample(page);
  await page.getByRole('tab', { name: 'Data' }).click();
  await page.getByLabel('Rule').selectOption('bytes');
  await page.getByRole('button', { name: 'Check data' }).click();
  await expect(page.getByRole('region', { name: 'Preprocessing' }).getByRole('note')).toContainText("Take 'signed'");
  await page.getByRole('button', { name: 'Take signed' }).click();
  await expect(page.getByLabel('Rule')).toHaveValue('signed');
  await expect(page.getByRole('region', { name: 'Preprocessing' }).getByRole('note')).toHaveCount(0);
  await page.getByRole('button', { name: 'Check data' }).click();
  await expect(page.getByText('fits the network')).toBeVisible();
});

test('a small set, its labels and its rule are there again after a reload', async ({ page }) => {
  await openSample(page);
  await page.getByRole('tab', { name: 'Data' }).click();
  await page.getByLabel('Rule').selectOption('unit');
  await expect.poll(() => storedRule(page)).toBe('unit');
  await page.reload();
  await expect(files(page)).toContainText('100 images · 10 classes');
  await page.getByRole('tab', { name: 'Data' }).click();
  await expect(page.getByLabel('Rule')).toHaveValue('unit');
});

test('a large set is asked for again after a reload, by what it was', async ({ page }, testInfo) => {
  const folder = testInfo.outputPath('shapes');
  await writePictures(folder, 300, 70);
  await openSample(page);
  await drop(page, [folder]);
  await expect(files(page)).toContainText('70 images · 10 classes');
  await expect.poll(() => storedRule(page)).toBe('inception');
  await page.reload();
  await expect(files(page)).toContainText('open again (70 images)');
  await expect(files(page)).toContainText('shapes_mnv1_eval.pb');
  await drop(page, [folder]);
  await expect(files(page)).toContainText('70 images · 10 classes');
  await expect(files(page)).not.toContainText('open again');
});

/** The rule of the data set in this browser's storage. */
function storedRule(page: Page): Promise<string | undefined> {
  return page.evaluate(
    () =>
      new Promise<string | undefined>((resolve, reject) => {
        const opening = indexedDB.open('graffitist-studio');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const all = opening.result.transaction('documents').objectStore('documents').getAll();
          all.onsuccess = () => {
            opening.result.close();
            resolve((all.result as { data?: { images: { name: string } } }[])[0]?.data?.images.name);
          };
        };
      }),
  );
}

test('set, evaluation, matrix and changed images by keyboard alone', async ({ page }) => {
  await openSample(page);
  await page.keyboard.press('Control+Enter');
  await quantized(page);
  await forbidThePointer(page);
  await page.keyboard.press('Control+Shift+D');
  await expect(page.getByRole('tab', { name: 'Data' })).toHaveAttribute('aria-selected', 'true');
  await tabTo(page, page.getByLabel('Rule'));
  await page.keyboard.type('plain, 0 to 1');
  await expect(page.getByLabel('Rule')).toHaveValue('unit');
  await page.keyboard.press('Control+Shift+Enter');
  await expect(statusLine(page)).toContainText('Evaluated 100 images');
  await expect(section(page, 'Accuracy')).toBeChecked();

  await tabTo(page, section(page, 'Accuracy'), 'Shift+Tab');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  const table = page.getByRole('table', { name: /^Confusion matrix/ });
  await tabTo(page, table.getByRole('button').first());
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('.confusion-words')).toContainText('label 1_ring answered 1_ring: ');
  await expect(table.getByRole('button', { pressed: true })).toBeFocused();
  await tabTo(page, page.getByRole('region', { name: 'Images of the cell' }));
  await tabTo(page, section(page, 'Confusion'), 'Shift+Tab');
  await page.keyboard.press('ArrowRight');
  await tabTo(page, page.getByRole('region', { name: 'Images that changed their answer' }));
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('no section of the Data tab breaks a rule of accessibility', async ({ page }) => {
      await openSample(page);
      await page.keyboard.press('Control+Enter');
      await quantized(page);
      await page.keyboard.press('Control+Shift+D');
      await page.getByLabel('Rule').selectOption('custom');
      await expectAccessible(page);
      await page.keyboard.press('Control+Shift+Enter');
      await expect(statusLine(page)).toContainText('Evaluated 100 images');
      for (const name of ['Accuracy', 'Classes', 'Confusion', 'Changed']) {
        await section(page, name).check();
        if (name === 'Confusion') {
          await page.getByRole('radio', { name: 'difference' }).check();
          await page.locator('.confusion-cell').first().click();
        }
        await page.waitForTimeout(200);
        await expectAccessible(page);
      }
      await page.getByRole('button', { name: 'Close the images' }).click();
      await expectAccessible(page);
    });
  });
}

test('a calibration set made in the page has the bytes of gen-calib-set, and one click makes what quantize misses', async ({
  page,
}, testInfo) => {
  const folder = testInfo.outputPath('shapes');
  await writePictures(folder, 300, IMAGES);
  const graph = path.join(sample, 'shapes_mnv1_eval.pb');
  const checkpoint = ['index', 'data-00000-of-00001'].map((ending) => path.join(sample, `shapes_mnv1.ckpt.${ending}`));
  await openStudio(page);
  await drop(page, [graph, ...checkpoint, folder]);
  await expect(files(page)).toContainText(`${IMAGES} images · 10 classes`);
  await settled(page);
  await page.getByLabel('Rule').selectOption('signed');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('recipe 2: static INT8');
  await page.getByRole('option', { name: /^Fill in recipe 2: static INT8/ }).click();
  await runButton(page).click();
  await page.getByRole('button', { name: 'Choose 50 of the images' }).click();
  await quantized(page);
  await expect(files(page)).toContainText('calibration_set.npy');

  await page.getByLabel('Images', { exact: true }).fill('30');
  await page.getByLabel('Seed').fill('7');
  await page.getByLabel('Balanced').check();
  await page.getByRole('button', { name: 'Make calibration set' }).click();
  await expect(statusLine(page)).toContainText('Added calibration_set.npy');
  await expect(files(page)).toContainText('30 images');
  const made = await downloads(page, 2, () => page.getByRole('button', { name: '.npy and list' }).click());
  const out = testInfo.outputPath('command-line', 'calibration_set.npy');
  await mkdir(path.dirname(out));
  await answerOf(testInfo.outputPath(), [
    ...['gen-calib-set', '--in_graph', graph, '--data', folder, '--images', 'signed', '--size', '30', '--seed', '7', '--balanced'],
    ...['--out', out, '--backend', 'wasm', '--no_check'],
  ]);
  const written = await Promise.all(
    [...made.keys()].map(async (name) => [name, await readFile(path.join(path.dirname(out), name))] as const),
  );
  expectSameFiles(made, new Map(written));

  // CSET8: the list stays beside the array, so a recipe still says after a reload how its data was made.
  await page.reload();
  await expect(files(page)).toContainText('calibration_set.json');
  await settled(page);
  await runButton(page).click();
  await quantized(page);
  const { calibration } = JSON.parse(String(only(await save(page, FORM.recipe)))) as Recipe;
  expect(calibration).toMatchObject({ seed: 7, size: 30, balanced: true, list: { name: 'calibration_set.json' } });
});

test('images may come before the graph: they wait for it, and are labelled for it', async ({ page }, testInfo) => {
  const folder = testInfo.outputPath('shapes');
  await writePictures(folder, 300, IMAGES);
  await openStudio(page);
  await drop(page, [folder]);
  await expect(page.getByText(`${IMAGES} images open.`)).toBeVisible();
  await drop(page, [path.join(sample, 'shapes_mnv1_frozen.pb')]);
  await expect(files(page)).toContainText(`${IMAGES} images · 10 classes`);
  await settled(page);
  await page.getByRole('tab', { name: 'Data' }).click();
  await expect(page.getByLabel('Rule'), 'the preset of the network').toHaveValue('inception');
});
