import { expect, test } from '@playwright/test';
import { card, expectAccessible, idle, openPage, openSample, pipeline, run, stored } from './page.ts';

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('two clicks take the sample from float to static INT8, and nothing leaves the page', async ({ page }) => {
      const { problems } = await openPage(page);
      await expectAccessible(page);

      await page.getByRole('button', { name: 'Try the sample' }).click();
      await expect(card(page, 'quantize')).toBeVisible();
      await idle(page);
      expect(await pipeline(page)).toEqual([
        'fix_input_shape',
        'fold_batch_norms',
        'remove_training_nodes',
        'strip_unused_nodes',
        'preprocess_layers',
        'quantize',
      ]);
      await expectAccessible(page);

      await page.getByRole('button', { name: 'Run pipeline' }).click();
      await expect(page.locator('[data-state="done"]')).toHaveCount(6, { timeout: 120_000 });
      await idle(page);
      await expect(page.getByRole('tab', { name: /^quantize/ })).toHaveAttribute('aria-selected', 'true');
      await expect(page.locator('.thresholds tbody tr').first()).toContainText('2⁻');
      await expect(page.getByRole('heading', { name: 'Result' })).toBeVisible();
      await expectAccessible(page);
      expect(problems).toEqual([]);
    });
  });
}

test('the theme follows the toggle and is remembered', async ({ page }) => {
  await openPage(page);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.getByRole('button', { name: 'Dark theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('a reload brings back files, interface, pipeline and thresholds', async ({ page }) => {
  await openPage(page);
  await openSample(page);
  await card(page, 'quantize')
    .getByRole('button', { name: /quantize/ })
    .first()
    .click();
  const bits = page.getByLabel('weight_bits');
  await bits.fill('int6');
  await bits.press('Enter');
  await run(page);
  const first = page.locator('.thresholds tbody tr').first();
  const before = await first.locator('td').allTextContents();
  await expect.poll(() => stored(page)).toEqual([{ steps: 6, run: true }]);
  await page.reload();
  await expect(page.locator('[data-state="done"]')).toHaveCount(6, { timeout: 60_000 });
  await expect.poll(() => first.locator('td').allTextContents()).toEqual(before);
  await card(page, 'quantize')
    .getByRole('button', { name: /quantize/ })
    .first()
    .click();
  await expect(page.getByLabel('weight_bits')).toHaveValue('int6');
  await expect(page.getByRole('heading', { name: 'Result' })).toBeVisible();
});

test('a cancelled run leaves everything as it was', async ({ page }) => {
  await openPage(page);
  await openSample(page);
  await page.keyboard.press('Control+Enter');
  await page.locator('.status').getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('cancelled. Nothing was changed.')).toBeVisible();
  await expect(page.locator('[data-state="not-run"]')).toHaveCount(6);
  await expect(page.getByRole('tablist', { name: 'Stages of the graph' })).toHaveCount(0);
});
