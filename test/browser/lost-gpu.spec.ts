import type { Page } from '@playwright/test';
import { crashGpuProcess, holdGraphics } from './support/graphics.ts';
import { expect, test } from './support/guard.ts';
import { marked, runButton, settled, statusLine } from './support/studio.ts';
import { ask, numbersOf, prepare, RUN, reportOf, trainingSection, trainingTab, untilStep, writeTraining } from './support/training.ts';

const train = (page: Page) => page.getByRole('button', { name: 'Train', exact: true });
const chip = (page: Page) => page.getByRole('button', { name: /^Backend: / });

async function useWebGpu(page: Page): Promise<void> {
  await chip(page).click();
  await page.getByRole('menuitem', { name: /^WebGPU · / }).click();
  await expect(chip(page)).toHaveAccessibleName(/^Backend: WebGPU · /);
}

async function trainAgain(page: Page): Promise<void> {
  await trainingTab(page).click();
  await trainingSection(page, 'Setup').check();
  await ask(page);
  await train(page).click();
}

test('TRN28 a run that loses its graphics device, and then the whole GPU process, ends with the numbers of one that does not', async ({
  page,
  browser,
}, testInfo) => {
  const graphics = await holdGraphics(page);
  await prepare(page, await writeTraining(testInfo.outputPath()));
  await useWebGpu(page);
  await trainingTab(page).click();
  await ask(page);
  await train(page).click();
  const whole = await reportOf(page);
  const before = await graphics.devices();

  await trainAgain(page);
  await untilStep(page, 3);
  await graphics.lose();
  await expect.poll(() => graphics.devices()).toBe(before + 1);
  await untilStep(page, 7);
  await crashGpuProcess(browser);
  const interrupted = await reportOf(page);
  expect(await graphics.devices()).toBe(before + 2);
  expect(numbersOf(interrupted)).toEqual(numbersOf(whole));
  expect(interrupted.backend).toBe(whole.backend);
  expect(interrupted.warnings).toEqual(whole.warnings);
});

test('TRN28 where there is no other device the run goes on on wasm and says from which step on', async ({ page }, testInfo) => {
  const graphics = await holdGraphics(page);
  await prepare(page, await writeTraining(testInfo.outputPath()));
  await useWebGpu(page);
  await trainingTab(page).click();
  await ask(page);
  await train(page).click();
  await untilStep(page, 3);
  await graphics.loseForGood();
  const report = await reportOf(page);
  expect(report.steps).toBe(RUN.steps);
  expect(report.backend).toMatch(/^WebGPU · .*, from step \d+ on wasm$/);
  expect(report.warnings).toEqual([expect.objectContaining({ rule: 'TRN28', text: expect.stringContaining('no longer on WebGPU · ') })]);
  await expect(page.getByText('the run is on wasm')).toBeVisible();
  await expect(chip(page)).toHaveAccessibleName(/^Backend: wasm · /);
});

test('ENG2 calibration and evaluation start on a new device where the one at hand was lost', async ({ page }, testInfo) => {
  const graphics = await holdGraphics(page);
  const files = await writeTraining(testInfo.outputPath());
  await prepare(page, files);
  await useWebGpu(page);
  const evaluate = async (): Promise<void> => {
    await page.keyboard.press('Control+Shift+Enter');
    await settled(page);
    await expect(statusLine(page)).toContainText('Evaluated 24 images');
  };
  await evaluate();
  expect(await graphics.devices()).toBe(1);
  await graphics.lose();
  await evaluate();
  expect(await graphics.devices()).toBe(2);
  await graphics.lose();
  await runButton(page).click();
  await expect(marked(page, 'done')).toHaveCount(5, { timeout: 120_000 });
  await settled(page);
  await expect(statusLine(page)).toContainText(/Calibrated \d+ quantizers on 8 images in .* · WebGPU/);
  expect(await graphics.devices()).toBe(3);
});
