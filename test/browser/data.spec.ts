import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from '@playwright/test';
import type { Evaluation } from '../../worker/protocol.ts';
import { answerOf } from './support/commandLine.ts';
import { downloads, drop, FORM, only, save } from './support/files.ts';
import { expect, test } from './support/guard.ts';
import { writeBroken, writePictures } from './support/pictures.ts';
import { openStudio, quantized, runButton, settled, statusLine } from './support/studio.ts';

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
  await writeFile(path.join(folder, 'notes.txt'), 'drawn by a test');
  await openSample(page);

  await drop(page, [folder]);
  await expect(files(page)).toContainText(`${IMAGES + 1} images · 10 classes`);
  await expect(page.getByRole('tab', { name: 'Data' })).toHaveAttribute('aria-selected', 'true');
  await expect(files(page), 'the document stays').toContainText('shapes_mnv1_eval.pb');
  await page.getByRole('button', { name: '1 file left out' }).click();
  await expect(page.getByRole('list', { name: 'Files left out' })).toContainText('notes.txt');
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
