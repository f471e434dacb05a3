import type { Page } from '@playwright/test';
import { expect, test } from './support/guard.ts';
import { ask, numbersOf, prepare, reportOf, trainingSection, trainingTab, untilStep, writeTraining } from './support/training.ts';

const train = (page: Page) => page.getByRole('button', { name: 'Train', exact: true });

async function useWebGpu(page: Page): Promise<void> {
  const chip = page.getByRole('button', { name: /^Backend: / });
  await chip.click();
  await page.getByRole('menuitem', { name: /^WebGPU · / }).click();
  await expect(chip).toHaveAccessibleName(/^Backend: WebGPU · /);
}

/** Runs in a worker before its first line: whoever says so on the channel takes its graphics device away, or every adapter. */
function obeyTheTest(): void {
  const gpu = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  if (gpu === undefined || globalThis.document !== undefined) return;
  let none = false;
  const devices: GPUDevice[] = [];
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    devices.push(device);
    return device;
  };
  const { requestAdapter } = GPU.prototype;
  GPU.prototype.requestAdapter = async function (...args) {
    return none ? null : requestAdapter.apply(this, args);
  };
  new BroadcastChannel('graphics').addEventListener('message', ({ data }) => {
    if (data === 'none') none = true;
    for (const device of devices) device.destroy();
  });
}

async function hookWorkers(page: Page): Promise<void> {
  await page.route('**/*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `globalThis.obeying ??= ((${obeyTheTest})(), true);\n${await response.text()}` });
  });
}

const say = (page: Page, word: string) => page.evaluate((data) => new BroadcastChannel('graphics').postMessage(data), word);

for (const how of ['destroy', 'crash'] as const) {
test(`TRN28 a lost device ${how}`, async ({ page, browser }, testInfo) => {
  page.on('console', (m) => console.log(m.text()));
  await hookWorkers(page);
  await prepare(page, await writeTraining(testInfo.outputPath()));
  await useWebGpu(page);
  await trainingTab(page).click();
  await ask(page);
  let t = Date.now();
  await train(page).click();
  const whole = await reportOf(page);
  console.log('whole', Date.now() - t);
  await trainingSection(page, 'Setup').check();
  await ask(page);
  await train(page).click();
  await untilStep(page, 5);
  if (how === 'destroy') await say(page, 'destroy');
  else await (await browser.newBrowserCDPSession()).send('Browser.crashGpuProcess' as never).catch((e) => console.log(String(e)));
  const interrupted = await reportOf(page);
  expect(numbersOf(interrupted)).toEqual(numbersOf(whole));
});
}
