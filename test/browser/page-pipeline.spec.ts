import { expect, test } from '@playwright/test';
import { card, choose, dragTo, idle, middle, openPage, openSample, pipeline, run } from './page.ts';

test('transforms are dragged from the palette to the place where they land', async ({ page }) => {
  const { problems } = await openPage(page);
  await openSample(page);
  await page.getByRole('button', { name: 'Recipes and command line' }).click();
  await page.getByRole('menuitem', { name: 'Remove all steps' }).click();
  expect(await pipeline(page)).toEqual([]);

  const list = page.locator('[data-pipeline-list]');
  await dragTo(page, page.getByRole('button', { name: 'strip_unused_nodes' }), await middle(list));
  expect(await pipeline(page)).toEqual(['strip_unused_nodes']);
  await dragTo(page, page.getByRole('button', { name: 'fix_input_shape' }), await middle(card(page, 'strip_unused_nodes'), -12));
  expect(await pipeline(page)).toEqual(['fix_input_shape', 'strip_unused_nodes']);
  await dragTo(page, page.getByRole('button', { name: 'quantize' }), { x: 700, y: 300 });
  expect(await pipeline(page)).toEqual(['fix_input_shape', 'strip_unused_nodes']);
  expect(problems).toEqual([]);
});

test('a drag says why a transform may not stand there, and Enter adds what it needs', async ({ page }) => {
  await openPage(page);
  await openSample(page);
  await page.getByRole('button', { name: 'Recipes and command line' }).click();
  await page.getByRole('menuitem', { name: 'Remove all steps' }).click();
  const list = page.locator('[data-pipeline-list]');
  await dragTo(page, page.getByRole('button', { name: 'quantize' }), await middle(list), false);
  await expect(page.getByText('quantize needs fix_input_shape, fold_batch_norms and preprocess_layers before it: add them?')).toBeVisible();
  await page.keyboard.press('Enter');
  await page.mouse.up();
  await expect.poll(() => pipeline(page)).toEqual(['fix_input_shape', 'fold_batch_norms', 'preprocess_layers', 'quantize']);

  // Dropped all the same: the card asks, and Enter answers.
  await card(page, 'preprocess_layers').getByRole('button').first().focus();
  await page.keyboard.press('Delete');
  await expect(card(page, 'quantize')).toContainText('quantize needs preprocess_layers before it: add it?');
  await expect(page.getByRole('button', { name: 'Run pipeline' })).toBeDisabled();
  await dragTo(page, card(page, 'quantize').getByRole('button').first(), await middle(card(page, 'quantize'), 60));
  await card(page, 'quantize')
    .getByRole('button', { name: /Add preprocess_layers/ })
    .press('Enter');
  await expect.poll(() => pipeline(page)).toEqual(['fix_input_shape', 'fold_batch_norms', 'preprocess_layers', 'quantize']);
});

test('cards are reordered by drag and by keyboard, bypassed, removed; every edit can be undone', async ({ page }) => {
  await openPage(page);
  await openSample(page);
  const whole = await pipeline(page);
  await dragTo(page, card(page, 'strip_unused_nodes').getByRole('button').first(), await middle(card(page, 'remove_training_nodes'), -12));
  const dragged = ['fix_input_shape', 'fold_batch_norms', 'strip_unused_nodes', 'remove_training_nodes', 'preprocess_layers', 'quantize'];
  expect(await pipeline(page)).toEqual(dragged);

  await card(page, 'strip_unused_nodes').getByRole('button').first().focus();
  await page.keyboard.press('Alt+ArrowDown');
  expect(await pipeline(page)).toEqual(whole);
  await expect(card(page, 'strip_unused_nodes').getByRole('button').first()).toBeFocused();

  await card(page, 'strip_unused_nodes').hover();
  await page.getByRole('button', { name: 'Actions of strip_unused_nodes' }).click();
  await page.getByRole('menuitem', { name: 'Bypass' }).click();
  await expect(card(page, 'strip_unused_nodes')).toHaveAttribute('data-state', 'bypassed');

  await card(page, 'quantize').getByRole('button').first().focus();
  await page.keyboard.press('Delete');
  expect(await pipeline(page)).not.toContain('quantize');

  for (let edit = 0; edit < 4; edit++) await page.keyboard.press('Control+z');
  expect(await pipeline(page)).toEqual(whole);
  await page.keyboard.press('Control+Shift+z');
  expect(await pipeline(page)).toEqual(dragged);
});

test('without calibration data Run stops before quantize and offers the ways on', async ({ page }) => {
  await openPage(page);
  await choose(page, () => page.getByRole('button', { name: /^Open…/ }).click(), 'public/sample/shapes_mnv1_frozen.pb');
  await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();
  await run(page);
  const quantize = card(page, 'quantize');
  await expect(quantize).toHaveAttribute('data-state', 'refused');
  await expect(card(page, 'preprocess_layers')).toHaveAttribute('data-state', 'done');
  await expect(page.getByRole('tab', { name: /^layers/ })).toHaveAttribute('aria-selected', 'true');

  await quantize.getByRole('button', { name: 'Run without calibration' }).click();
  await idle(page);
  await expect(quantize).toHaveAttribute('data-state', 'done', { timeout: 60_000 });
  const row = page.locator('.thresholds tbody tr').first();
  await expect(row.locator('td').nth(3)).toHaveText('');
  await expect(row.locator('td').nth(4)).toHaveText('');

  await page.keyboard.press('Control+z');
  await run(page);
  await quantize.getByRole('button', { name: 'Use the sample’s data' }).click();
  await expect(quantize).toHaveAttribute('data-state', 'done', { timeout: 120_000 });
  await idle(page);
  await expect(row.locator('td').nth(3)).not.toHaveText('');

  await choose(
    page,
    () => quantize.getByRole('button', { name: 'Calibrate with other data…' }).click(),
    'public/sample/calibration_set.npy',
  );
  await idle(page);
  await expect(quantize).toHaveAttribute('data-state', 'done');
});

test('the pipeline goes to the command line and back', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await openPage(page);
  await openSample(page);
  await page.getByRole('button', { name: 'Recipes and command line' }).click();
  await page.getByRole('menuitem', { name: 'Copy as command line' }).click();
  await expect(page.getByText('The command line is on the clipboard.')).toBeVisible();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text).toContain('--transforms');

  await page.getByRole('button', { name: 'Recipes and command line' }).click();
  await page.getByRole('menuitem', { name: 'Paste command line…' }).click();
  await page.getByLabel('graffitize command line').fill('graffitize --in_graph x.pb');
  await page.getByRole('button', { name: 'Fill in' }).click();
  await expect(page.locator('.paste').getByRole('alert')).toBeVisible();
  await page
    .getByLabel('graffitize command line')
    .fill(text.replace('fold_batch_norms', 'fix_input_shape').replace('fix_input_shape', 'fold_batch_norms'));
  await page.getByRole('button', { name: 'Fill in' }).click();
  await expect.poll(() => pipeline(page)).toContain('quantize');
  await expect(page.locator('.paste')).toHaveCount(0);
});

test('ZOO7 a recognised network offers its own recipes, first and last layer filled in', async ({ page }) => {
  const { problems } = await openPage(page);
  await openSample(page);
  await page.getByRole('button', { name: 'Recipes and command line' }).click();
  await page.getByRole('menuitem', { name: 'Remove all steps' }).click();
  await page.getByRole('button', { name: 'MobileNet v1: static INT4 weights', exact: true }).click();
  await expect.poll(() => pipeline(page)).toContain('quantize');
  await card(page, 'quantize').getByRole('button').first().click();
  await expect(page.getByRole('textbox', { name: 'last_layer' })).toHaveValue('MobilenetV1/Logits/Conv2d_1c_1x1/Conv2D');
  expect(problems).toEqual([]);
});
