import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { choose, drop, inMemory } from './support/files.ts';
import { expect, test } from './support/guard.ts';
import { handle, marked, openStudio, quantized, RECIPE_2, runButton, settled, thresholdRows } from './support/studio.ts';
import { writeTinyNetwork } from './support/tinyNetwork.ts';

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('no state of the road breaks a rule of accessibility that matters', async ({ page }, testInfo) => {
      const tiny = await writeTinyNetwork(testInfo.outputPath('tiny'));
      await openStudio(page);
      await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
      expect(await seriousViolations(page), 'empty').toEqual([]);

      await choose(page, () => page.getByRole('button', { name: /^Open…/ }).click(), tiny.graph);
      await page.getByRole('button', { name: 'Which?' }).click();
      await choose(page, () => page.keyboard.press('Control+o'), inMemory('photo.pb', Buffer.from('89504e470d0a1a0a', 'hex')));
      await expect(page.getByRole('alert')).toBeVisible();
      await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();
      await handle(page, 'quantize').click();
      expect(await seriousViolations(page), 'loaded, a checkpoint missing, a bad file refused, a form open').toEqual([]);

      await choose(page, () => page.getByRole('button', { name: 'Add checkpoint…' }).click(), [...tiny.checkpoint]);
      await settled(page);
      await runButton(page).click();
      await expect(marked(page, 'done')).toHaveCount(RECIPE_2.length - 1);
      expect(await seriousViolations(page), 'stopped before quantize').toEqual([]);

      await drop(page, [tiny.calibration]);
      await expect(page.getByRole('region', { name: 'Files' })).toContainText('8 images');
      await runButton(page).click();
      await quantized(page);
      await thresholdRows(page).first().click();
      await expect(page.getByRole('img', { name: /^Histogram of absolute values/ })).toBeVisible();
      await page.getByRole('button', { name: 'Download', exact: true }).click();
      await expect(page.getByRole('menu')).toBeVisible();
      expect(await seriousViolations(page), 'done, a quantizer inspected, a menu open').toEqual([]);
    });
  });
}

/** Rules broken with serious or critical impact, each with the elements that break it. */
async function seriousViolations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(' | ')}`);
}
