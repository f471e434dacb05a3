import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { choose, expectAccessible, idle, openPage, openSample, run } from './page.ts';

test('the thresholds table sorts, filters, saves and leads to the inspector', async ({ page }) => {
  const { problems } = await openPage(page);
  await openSample(page);
  await run(page);
  const rows = page.locator('.thresholds tbody tr:not([aria-hidden])');
  const column = (index: number) => rows.locator(`td:nth-child(${index})`).allInnerTexts();

  await page.getByRole('button', { name: 'log₂ t' }).click();
  const ascending = (await column(4)).map((text) => Number(text.replace('−', '-')));
  expect(ascending).toEqual([...ascending].sort((a, b) => a - b));
  await page.getByRole('button', { name: 'log₂ t' }).click();
  const [largest] = (await column(4)).map((text) => Number(text.replace('−', '-')));
  expect(largest).toBeGreaterThan(ascending[0] ?? Number.POSITIVE_INFINITY);

  await page.getByLabel('Filter thresholds').fill('activation');
  expect(new Set(await column(2))).toEqual(new Set(['activation']));

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
  const csv = await readFile(await download.path(), 'utf8');
  expect(csv.split('\r\n')[0]).toContain('log2_t');

  await rows.first().click();
  await expect(page.getByRole('tab', { name: 'Histogram' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('img', { name: /^Histogram of absolute values/ })).toBeVisible();
  await expect(page.locator('.inspector')).toContainText('fraction bits');
  await expect(rows.first()).toHaveAttribute('aria-selected', 'true');
  await expectAccessible(page);

  for (const name of ['Summary', 'Values', 'Why']) {
    await page.getByRole('tab', { name }).click();
    await expect(page.getByRole('tab', { name })).toHaveAttribute('aria-selected', 'true');
    await expectAccessible(page);
  }
  expect(problems).toEqual([]);
});

test('search finds nodes and commands; stage tabs walk by arrow keys', async ({ page }) => {
  await openPage(page);
  await openSample(page);
  await run(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('Conv2d_1_pointwise');
  await expect(page.getByRole('option').first()).toContainText('Conv2d_1_pointwise');
  await page.keyboard.press('Enter');
  await expect(page.locator('.inspector-path')).toContainText('Conv2d_1_pointwise');

  await page.keyboard.press('Control+k');
  await page.keyboard.type('undo');
  await page.getByRole('option', { name: /^Undo/ }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);

  const tabs = page.getByRole('tablist', { name: 'Stages of the graph' });
  await tabs.getByRole('tab', { selected: true }).focus();
  await page.keyboard.press('ArrowLeft');
  await expect(tabs.getByRole('tab', { name: /^layers/ })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByText('No quantizers at this stage.')).toBeVisible();
});

test('a bad file is refused where it was given, and the open document stays', async ({ page }) => {
  await openPage(page);
  const png = {
    name: 'photo.pb',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]),
  };
  await choose(page, () => page.getByRole('button', { name: /^Open…/ }).click(), png);
  await expect(page.getByRole('alert')).toContainText('PNG');
  await openSample(page);
  await choose(page, () => page.keyboard.press('Control+o'), png);
  await expect(page.getByRole('alert')).toContainText('PNG');
  await expect(page.locator('.document')).toContainText('shapes_mnv1');
  await page.getByRole('tab', { name: /Log/ }).click();
  await expect(page.getByRole('log')).toContainText('file-not-graphdef');
});

test('variables without a value are listed before Run; adding the checkpoint supplies them', async ({ page }) => {
  await openPage(page);
  await choose(page, () => page.getByRole('button', { name: /^Open…/ }).click(), 'public/sample/shapes_mnv1_eval.pb');
  await expect(page.getByText(/variables without a value/)).toBeVisible();
  await page.getByRole('button', { name: 'Which?' }).click();
  await expect(page.locator('.names li').first()).toContainText('MobilenetV1');
  await choose(page, () => page.getByRole('button', { name: 'Add checkpoint…' }).click(), [
    'public/sample/shapes_mnv1.ckpt.index',
    'public/sample/shapes_mnv1.ckpt.data-00000-of-00001',
  ]);
  await idle(page);
  await expect(page.getByText(/variables without a value/)).toHaveCount(0);
});

test('a downloaded .pb opens with the same thresholds; Graffitist’s form alone says that they are not loaded', async ({ page }) => {
  await openPage(page);
  await openSample(page);
  await run(page);
  const cells = () => page.locator('.thresholds tbody tr:not([aria-hidden])').first().locator('td:nth-child(-n+6)').allInnerTexts();
  const before = await cells();
  const save = async (name: RegExp) => {
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name }).click()]);
    // A menu that is still closing takes the next key for itself.
    await expect(page.getByRole('menu')).toHaveCount(0);
    return { name: download.suggestedFilename(), mimeType: 'application/octet-stream', buffer: await readFile(await download.path()) };
  };
  const frozen = await save(/^Download \.pb/);
  const graph = await save(/^Graffitist form/);

  await choose(page, () => page.keyboard.press('Control+o'), frozen);
  await expect(page.locator('[data-state="done"]')).toHaveCount(0);
  await expect.poll(cells).toEqual(before);

  await choose(page, () => page.keyboard.press('Control+o'), graph);
  await expect(page.getByText('Thresholds are not loaded.')).toBeVisible();
  const row = page.locator('.thresholds tbody tr:not([aria-hidden])').first();
  await expect(row.locator('td').nth(3)).toHaveText('');
  await expect(row.locator('td').nth(5)).toHaveText('');
});
