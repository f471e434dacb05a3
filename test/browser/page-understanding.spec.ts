import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { choose, drop, FORM, inMemory, only, save, thresholdsOf, thresholdsTable } from './support/files.ts';
import { expect, test } from './support/guard.ts';
import { chooseByKeys, tabTo } from './support/keyboard.ts';
import { tinySavedModel } from './support/savedModel.ts';
import { card, handle, marked, openStudio, pipeline, quantized, RECIPE_2, runButton, settled, thresholdRows } from './support/studio.ts';
import { writeTinyNetwork } from './support/tinyNetwork.ts';

const inspector = (page: Page): Locator => page.getByRole('complementary', { name: 'Inspector' });
const files = (page: Page) => page.getByRole('region', { name: 'Files' });

/** Recipe 2 on a network whose last layer has no bias. */
async function quantizeBiasless(page: Page, folder: string, lifted = false): Promise<void> {
  const tiny = await writeTinyNetwork(folder, { biasless: true, lifted });
  await openStudio(page);
  await drop(page, [tiny.folder]);
  await expect(files(page)).toContainText('8 images');
  await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();
  await runButton(page).click();
  await quantized(page);
  await handle(page, 'quantize').click();
}

/** What is said of a node in float, without blanks and line breaks. */
async function said(row: Locator): Promise<string> {
  return (await row.allInnerTexts()).join(' ').replaceAll(/\s+/g, ' ');
}

const NEAREST = /Nearest layer → bias \(not there\) → relu \(not there\) Stops at logits\/Conv2D → squeeze/;

test('QNT59 what stays in float is told by its nearest pattern: on the card, on the node, and of the file opened again', async ({
  page,
}, testInfo) => {
  await quantizeBiasless(page, testInfo.outputPath('tiny'));
  const row = card(page, 'quantize').getByRole('listitem').filter({ hasText: 'logits/Conv2D' }).first();
  expect(await said(row)).toMatch(NEAREST);
  await expect(row).toContainText('missing_bias=zero');
  const onCard = await said(row);
  const notes = await notesOf(page);
  expect(notes.length).toBeGreaterThan(0);
  const table = await thresholdsTable(page);

  await row.getByRole('button', { name: 'squeeze' }).click();
  await expect(inspector(page).getByRole('heading', { name: 'squeeze' })).toBeVisible();
  await row.getByRole('button', { name: 'logits/Conv2D' }).first().click();
  await inspector(page).getByRole('tab', { name: 'Why' }).click();
  await expect(inspector(page).getByRole('tabpanel')).toContainText('quantize');
  expect(await said(inspector(page).getByRole('tabpanel'))).toMatch(NEAREST);
  await inspector(page).getByRole('tabpanel').getByRole('button', { name: 'squeeze' }).click();
  await expect(inspector(page).getByRole('heading', { name: 'squeeze' })).toBeVisible();

  const frozen = only(await save(page, FORM.frozen));
  await choose(page, () => page.keyboard.press('Control+o'), inMemory('again.pb', frozen));
  await expect(page.getByRole('heading', { level: 1 })).toContainText('again');
  await settled(page);
  const again = inspector(page).getByRole('region', { name: 'What stays in float' });
  await expect(again).toContainText('2 nodes in float');
  expect(await said(again.getByRole('listitem').filter({ hasText: 'logits/Conv2D' }))).toBe(onCard);
  expect(thresholdsOf(await thresholdsTable(page))).toEqual(thresholdsOf(table));
  // Only what a calibration knows is not in the file: that a search had nothing to search.
  expect(await notesOf(page)).toEqual(
    notes.map((note) => note.replace(/KL-J is MAX here:.*$/, '').trim()).filter((note) => note !== 'Notes:'),
  );
  await again.getByRole('button', { name: 'logits/Conv2D' }).first().click();
  await inspector(page).getByRole('tab', { name: 'Why' }).click();
  await expect(inspector(page).getByRole('tabpanel')).toContainText('Left alone');
  expect(await said(inspector(page).getByRole('tabpanel'))).toMatch(NEAREST);
});

/** The marks of the thresholds table, in its order. */
function notesOf(page: Page): Promise<string[]> {
  return thresholdRows(page)
    .getByRole('img', { name: /^Notes: / })
    .evaluateAll((marks) => marks.map((mark) => mark.getAttribute('aria-label') ?? ''));
}

test('QNT56 the notes of a quantizer stand under its histogram', async ({ page }, testInfo) => {
  await quantizeBiasless(page, testInfo.outputPath('tiny'));
  await page.getByLabel('Filter thresholds').fill('avgpool_reciprocal');
  await thresholdRows(page).first().click();
  await expect(inspector(page).getByRole('list', { name: 'Notes' })).toContainText('saturates to 255');
  await page.getByLabel('Filter thresholds').fill('pool_from_avgpool');
  await thresholdRows(page).first().click();
  await expect(inspector(page).getByRole('list', { name: 'Notes' })).toContainText('Rounds down');
});

test('QNT33 depthwise layers quantized statically: one click equalizes them, one makes a graph to retrain, and both keep each other', async ({
  page,
}, testInfo) => {
  await quantizeBiasless(page, testInfo.outputPath('evaluation'), true);
  await expect(card(page, 'quantize')).toContainText('Retraining needs some: labelled ones, or any');
  await card(page, 'quantize').getByRole('button', { name: 'Equalize layers' }).click();
  await expect(marked(page, 'done')).toHaveCount(8);
  await settled(page);
  expect((await pipeline(page)).slice(5)).toEqual(['equalize_layers', 'correct_biases', 'quantize']);

  await card(page, 'quantize').getByRole('button', { name: 'Thaw and retrain' }).click();
  const thawed = [
    'thaw_graph',
    'fix_input_shape',
    'fold_batch_norms',
    'preprocess_layers',
    'equalize_layers',
    'correct_biases',
    'quantize',
  ];
  await expect.poll(() => pipeline(page)).toEqual(thawed);
  await expect(page.getByRole('tab', { name: 'Training' })).toHaveAttribute('aria-selected', 'true');
  await runButton(page).click();
  await expect(marked(page, 'done')).toHaveCount(thawed.length);
  await settled(page);
  await page.getByRole('button', { name: 'Undo' }).click();

  const training = await writeTinyNetwork(testInfo.outputPath('training'), { training: true, lifted: true });
  await choose(page, () => page.keyboard.press('Control+o'), [training.graph, ...training.checkpoint, training.calibration]);
  await settled(page);
  await runButton(page).click();
  await expect(marked(page, 'done')).toHaveCount(8);
  await settled(page);
  await handle(page, 'quantize').click();
  await card(page, 'quantize').getByRole('button', { name: 'Retrain by recipe 3a' }).click();
  await expect(page.getByRole('button', { name: /^Actions of / })).toHaveCount(6);
  await handle(page, 'quantize').click();
  await expect(card(page, 'quantize').getByLabel('is_training')).toBeChecked();
});

test('options, tag, signature, forms and nearest patterns by keyboard alone', async ({ page }) => {
  await openStudio(page);
  await choose(page, () => page.keyboard.press('Control+o'), inMemory('tiny_saved.zip', await tinySavedModel()));
  await expect(files(page).getByLabel('Tag')).toHaveValue('serve');
  await page.evaluate(() => {
    window.addEventListener('pointerdown', () => console.error('A pointer was used.'), { capture: true });
  });
  await tabTo(page, files(page).getByLabel('Signature'));
  await page.keyboard.press('ArrowDown');
  await expect(page.getByLabel('Outputs 1')).toHaveValue('squeeze');
  await settled(page);

  await chooseByKeys(page, page.getByRole('button', { name: 'Recipes and command line' }), 'Recipe 2: static INT8');
  await expect(handle(page, 'quantize')).toBeVisible();
  await tabTo(page, handle(page, 'quantize'));
  await page.keyboard.press('Enter');
  await tabTo(page, card(page, 'quantize').getByRole('button', { name: /more options/ }));
  await page.keyboard.press('Enter');
  const missingBias = card(page, 'quantize').getByRole('group', { name: 'missing_bias' });
  await tabTo(page, missingBias.getByRole('radio', { name: 'auto' }), 'Shift+Tab');
  await page.keyboard.press('ArrowLeft');
  await expect(missingBias.getByRole('radio', { name: 'zero' })).toBeChecked();
  await page.keyboard.press('ArrowRight');
  await tabTo(page, card(page, 'quantize').getByLabel('input_bits'), 'Shift+Tab');
  await page.keyboard.type('uint8');
  await page.keyboard.press('Enter');
  await expect(card(page, 'quantize').getByLabel('input_bits')).toHaveValue('uint8');
  await tabTo(page, card(page, 'quantize').getByRole('button', { name: 'Add file for left_shift_list…' }));

  await tabTo(page, page.getByRole('button', { name: 'Download', exact: true }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  const others = page.getByRole('menuitem', { name: /^Other forms/ });
  while (!(await others.evaluate((element) => element === document.activeElement))) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('menuitem', { name: '.pbtxt, Self-contained', exact: true })).toBeFocused();
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  expect(download.suggestedFilename()).toBe('tiny_saved.pbtxt');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('no new state breaks a rule of accessibility', async ({ page }, testInfo) => {
      await openStudio(page);
      await choose(page, () => page.keyboard.press('Control+o'), inMemory('tiny_saved.zip', await tinySavedModel()));
      await expect(files(page).getByLabel('Tag')).toBeVisible();
      await settled(page);
      expect(await violations(page), 'a SavedModel with a choice').toEqual([]);

      const tiny = await writeTinyNetwork(testInfo.outputPath('tiny'), { biasless: true });
      await choose(page, () => page.keyboard.press('Control+o'), [tiny.graph, ...tiny.checkpoint, tiny.calibration]);
      await settled(page);
      await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();
      for (const transform of RECIPE_2) await handle(page, transform).click();
      await card(page, 'quantize')
        .getByRole('button', { name: /more option/ })
        .click();
      await card(page, 'quantize').getByLabel('layer_merge_list', { exact: true }).fill('missing.txt');
      await page.keyboard.press('Tab');
      expect(await violations(page), 'every form open').toEqual([]);

      await card(page, 'quantize').getByLabel('layer_merge_list', { exact: true }).fill('');
      await runButton(page).click();
      await quantized(page);
      await card(page, 'quantize').getByRole('button', { name: 'logits/Conv2D' }).first().click();
      await inspector(page).getByRole('tab', { name: 'Why' }).click();
      await expect(inspector(page).getByRole('tabpanel')).toContainText('Nearest');
      expect(await violations(page), 'nearest pattern on card and node').toEqual([]);

      await page.getByRole('button', { name: 'Download', exact: true }).click();
      await page.getByRole('menuitem', { name: /^Other forms/ }).press('ArrowRight');
      await expect(page.getByRole('menuitem', { name: '.meta, Self-contained' })).toBeVisible();
      expect(await violations(page), 'the menu of forms').toEqual([]);
    });
  });
}

async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(' | ')}`);
}
