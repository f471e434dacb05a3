import { expect, test } from '@playwright/test';
import { card, idle, openPage, openSample, run, stored } from './page.ts';

const inspected = '.inspector-path';

test('a box leads to the inspector, its tag to the histogram and to the row of the table', async ({ page }) => {
  const { problems } = await openPage(page);
  await openSample(page);
  await run(page);
  const box = page.locator('.react-flow__node', { hasText: 'Conv2d_1_pointwise' });
  await box.getByText('Conv2d_1_pointwise').click();
  await expect(page.locator(inspected)).toContainText('Conv2d_1_pointwise');
  await box.getByText(/^W int8/).click();
  await expect(page.getByRole('tab', { name: 'Histogram' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.locator('.thresholds tr[aria-selected="true"]')).toContainText('Conv2d_1_pointwise/Mul_fold_weight_quant');

  // The selection carries over to the other reading and back.
  await page.getByRole('button', { name: 'Nodes', exact: true }).click();
  await expect(page.locator(inspected)).toContainText('Conv2d_1_pointwise');
  await page.getByRole('button', { name: 'Layers', exact: true }).click();
  await expect(page.locator(inspected)).toContainText('Conv2d_1_pointwise');
  expect(problems).toEqual([]);
});

test('a row of the table brings its box into sight', async ({ page }) => {
  await openPage(page);
  await openSample(page);
  await run(page);
  await page.getByLabel('Filter thresholds').fill('logits');
  await page.locator('.thresholds tbody tr').last().click();
  await expect(page.locator(inspected)).toContainText('Logits');
  await expect(
    page
      .locator('.react-flow__node', { hasText: 'Logits' })
      .or(page.locator('.react-flow__node', { hasText: 'Conv2d_1c' }))
      .first(),
  ).toBeInViewport();
});

test('inputs and outputs are picked on the graph; a name that is not there is refused in its card', async ({ page }) => {
  await openPage(page);
  await openSample(page);
  await page.getByRole('button', { name: 'Pick the output on the graph' }).click();
  await expect(page.getByText('Pick the output on the graph', { exact: false }).last()).toBeVisible();
  await page.locator('.react-flow__node', { hasText: 'Conv2d_1_depthwise' }).getByText('Conv2d_1_depthwise').click();
  await expect(page.getByLabel('Outputs 1')).toHaveValue(/Conv2d_1_depthwise/);
  await page.keyboard.press('Control+z');
  await expect(page.getByLabel('Outputs 1')).toHaveValue('MobilenetV1/Predictions/Softmax');

  await page.getByLabel('Outputs 1').fill('nowhere');
  await page.getByLabel('Outputs 1').press('Enter');
  await page.getByRole('button', { name: 'Run pipeline' }).click();
  await idle(page);
  await expect(page.locator('.interface').getByRole('alert')).toContainText("No node named 'nowhere'");
  await page.getByRole('button', { name: 'Back to the guess' }).click();
  await expect(page.locator('.interface').getByRole('alert')).toHaveCount(0);
  await expect(card(page, 'quantize')).toHaveAttribute('data-state', 'not-run');
});

test('several files dropped at once are paired: graph, checkpoint and data', async ({ page }) => {
  await openPage(page);
  const dropped = await page.evaluateHandle(async () => {
    const transfer = new DataTransfer();
    for (const name of ['shapes_mnv1_eval.pb', 'shapes_mnv1.ckpt.index', 'shapes_mnv1.ckpt.data-00000-of-00001', 'calibration_set.npy']) {
      transfer.items.add(new File([await (await fetch(`sample/${name}`)).blob()], name));
    }
    return transfer;
  });
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: dropped });
  await expect(page.getByText('Drop to open')).toBeVisible();
  await page.dispatchEvent('body', 'drop', { dataTransfer: dropped });
  await expect(page.locator('.file-row')).toHaveCount(3);
  await expect(page.locator('.file-row').nth(1)).toContainText('57 variables');
  await expect(page.getByText(/without a value/)).toHaveCount(0);
});

test('panels collapse and stay so', async ({ page }) => {
  await openPage(page);
  await openSample(page);
  await page.keyboard.press('Control+j');
  await expect(page.getByRole('tab', { name: 'Thresholds' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Toggle inspector' }).click();
  await expect(page.locator('.inspector')).toHaveCount(0);
  await expect.poll(() => stored(page)).toEqual([{ steps: 6, run: false }]);
  await page.reload();
  await expect(card(page, 'quantize')).toBeVisible();
  await expect(page.getByRole('tab', { name: 'Thresholds' })).toHaveCount(0);
  await expect(page.locator('.inspector')).toHaveCount(0);
  await page.keyboard.press('Control+j');
  await expect(page.getByRole('tab', { name: 'Thresholds' })).toBeVisible();
});

test('a closed document waits under recent, with its pipeline', async ({ page }) => {
  await openPage(page);
  await openSample(page);
  await page.getByRole('button', { name: 'File menu' }).click();
  await page.getByRole('menuitem', { name: 'Close the document' }).click();
  await expect(page.getByRole('heading', { name: 'Drop a graph here' })).toBeVisible();
  await page.getByRole('button', { name: /^shapes_mnv1_eval/ }).click();
  await expect(card(page, 'quantize')).toBeVisible();
});
