import type { Page } from '@playwright/test';
import { downloads, only } from './support/files.ts';
import { expect, test } from './support/guard.ts';
import { chooseByKeys, forbidThePointer, tabTo } from './support/keyboard.ts';
import { handle, openStudio, paletteEntry, pipeline, quantized, RECIPE_2, settled, thresholdRows } from './support/studio.ts';

test('the whole road by keyboard alone', async ({ page }) => {
  await openStudio(page);
  await forbidThePointer(page);
  await tabTo(page, page.getByRole('button', { name: 'Try the sample' }));
  await page.keyboard.press('Enter');
  await expect(handle(page, 'quantize')).toBeVisible();
  await settled(page);

  await chooseByKeys(page, page.getByRole('button', { name: 'Recipes and command line' }), 'Remove all steps');
  await expect.poll(() => pipeline(page)).toEqual([]);
  await buildRecipe2(page);

  await page.keyboard.press('Control+Enter');
  await quantized(page);
  await walkThresholds(page);

  const download = page.getByRole('button', { name: 'Download', exact: true });
  const saved = await downloads(page, 1, () => chooseByKeys(page, download, /^Download \.pb/));
  expect(only(saved).length).toBeGreaterThan(100_000);
});

/** Palette entries are added by Enter; what stands in the wrong place is moved by Alt and an arrow key. */
async function buildRecipe2(page: Page): Promise<void> {
  // The focus goes with the card that was added; the palette stands before the pipeline.
  for (const transform of RECIPE_2) {
    await tabTo(page, paletteEntry(page, transform), 'Shift+Tab');
    await page.keyboard.press('Enter');
    await expect(handle(page, transform)).toBeFocused();
  }
  // Each was placed where it breaks no rule: strip_unused_nodes may stand on either side of remove_training_nodes.
  await tabTo(page, handle(page, 'strip_unused_nodes'), 'Shift+Tab');
  const built = await pipeline(page);
  const up = built.indexOf('strip_unused_nodes') > built.indexOf('remove_training_nodes');
  await page.keyboard.press(up ? 'Alt+ArrowUp' : 'Alt+ArrowDown');
  expect(await pipeline(page)).not.toEqual(built);
  await expect(handle(page, 'strip_unused_nodes')).toBeFocused();
  await page.keyboard.press(up ? 'Alt+ArrowDown' : 'Alt+ArrowUp');
  expect(await pipeline(page)).toEqual(RECIPE_2);
}

/** Rows by arrow keys, each shown in the inspector; from there through its tabs. */
async function walkThresholds(page: Page): Promise<void> {
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  const chart = inspector.getByRole('img', { name: /^Histogram of absolute values/ });
  await tabTo(page, page.getByRole('region', { name: 'Thresholds' }));
  const seen: string[] = [];
  for (let row = 0; row < 3; row++) {
    await page.keyboard.press('ArrowDown');
    await expect(thresholdRows(page).nth(row)).toHaveAttribute('aria-selected', 'true');
    await expect(chart).toBeVisible();
    seen.push((await inspector.getByRole('heading', { level: 2 }).getAttribute('title')) ?? '');
  }
  expect(new Set(seen).size).toBeGreaterThan(1);
  await tabTo(page, inspector.getByRole('tab', { name: 'Histogram' }));
  await page.keyboard.press('ArrowRight');
  await expect(inspector.getByRole('tab', { name: 'Why' })).toHaveAttribute('aria-selected', 'true');
  await expect(inspector.getByRole('tabpanel')).toContainText('quantize');
}
