import type { Page } from '@playwright/test';
import { graffitize, interfaceArgs } from './support/commandLine.ts';
import { drop, expectSameFiles, type Files, FORM, save } from './support/files.ts';
import { expect, test } from './support/guard.ts';
import { openStudio, quantized, RECIPE_2, runButton, settled, statusLine } from './support/studio.ts';
import { TINY_INTERFACE, writeTinyNetwork } from './support/tinyNetwork.ts';

const { input, output, shape } = TINY_INTERFACE;

test('a tiny network: the same files from WebGPU, from wasm and from the command line', async ({ page }, testInfo) => {
  const { folder, graph, checkpoint, calibration } = await writeTinyNetwork(testInfo.outputPath('tiny'));
  await openStudio(page);
  await drop(page, [folder]);
  await expect(page.getByRole('region', { name: 'Files' })).toContainText('8 images');
  await page.getByRole('button', { name: 'Recipe 2: static INT8' }).click();

  const onWebGpu = await filesFrom(page, 'WebGPU');
  const onWasm = await filesFrom(page, 'wasm');
  expectSameFiles(onWebGpu, onWasm);

  const job = { graph, beside: checkpoint, calibration, writes: 'tiny_quant.pb' };
  const args = [...interfaceArgs(input, output, shape), '--transforms', ...RECIPE_2];
  expectSameFiles(onWebGpu, inForms(await graffitize({ ...job, args: ['--freeze', ...args] }), await graffitize({ ...job, args })));
});

/** Both forms from a run on one backend, chosen in the backend chip; the page must say that it ran there. */
async function filesFrom(page: Page, backend: 'WebGPU' | 'wasm'): Promise<Files> {
  const chip = page.getByRole('button', { name: /^Backend: / });
  await chip.click();
  await page.getByRole('menuitem', { name: new RegExp(`^${backend} · `) }).click();
  await expect(chip).toHaveAccessibleName(new RegExp(`^Backend: ${backend} · `));
  await runButton(page).click();
  await quantized(page);
  await expect(statusLine(page)).toContainText(new RegExp(`Calibrated \\d+ quantizers on 8 images in .* · ${backend}`, 'i'));
  await settled(page);
  return inForms(await save(page, FORM.frozen), await save(page, FORM.graffitist, 4));
}

function inForms(frozen: Files, graffitist: Files): Files {
  return new Map([
    ...[...frozen].map(([name, bytes]) => [`frozen/${name}`, bytes] as const),
    ...[...graffitist].map(([name, bytes]) => [`graffitist/${name}`, bytes] as const),
  ]);
}
