import type { Page, Worker } from '@playwright/test';
import { downloads, FORM, save } from './support/files.ts';
import { expect, hearFromTheFirstLine, test, VIOLATION } from './support/guard.ts';
import { openStudio, quantized, runButton } from './support/studio.ts';

/** What the page may load: its own files and nothing else. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; " +
  "manifest-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'";

/** Nobody answers there; the policy must stop the request before that matters. */
const ELSEWHERE = 'https://elsewhere.invalid/';

test('the policy comes as header of every file and as meta of the page', async ({ page, guard, request }) => {
  const response = await page.goto('/');
  expect(response?.headers()['content-security-policy']).toBe(POLICY);
  await expect(page.locator('meta[http-equiv="Content-Security-Policy"]')).toHaveAttribute('content', POLICY);
  await expect(page.getByRole('button', { name: 'Try the sample' })).toBeEnabled();
  // A worker obeys the policy of its own file.
  const scripts = [...guard.requested].filter((url) => url.endsWith('.js'));
  expect(scripts.length).toBeGreaterThan(1);
  for (const url of scripts) expect((await request.get(url)).headers()['content-security-policy'], url).toBe(POLICY);
});

test('on the whole road nothing is asked for outside the build, and no rule of the policy is touched', async ({ page, guard }) => {
  await hearFromTheFirstLine(page);
  await openStudio(page);
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await runButton(page).click();
  await quantized(page);
  await page.getByRole('button', { name: 'Nodes', exact: true }).click();
  await page.getByRole('button', { name: /^(Dark|Light) theme$/ }).click();
  await page.getByRole('region', { name: 'Thresholds' }).locator('tbody').getByRole('row').first().click();
  await expect(page.getByRole('img', { name: /^Histogram of absolute values/ })).toBeVisible();
  await save(page, FORM.zip);
  await downloads(page, 1, () => page.getByRole('button', { name: 'CSV' }).click());
  expect(page.workers().length).toBeGreaterThan(1);
  expect([...guard.requested].some((url) => url.endsWith('.wasm'))).toBe(true);
});

test('EXP11 HDF5 is written under the policy, from the program’s own files', async ({ page, guard }) => {
  await hearFromTheFirstLine(page);
  await openStudio(page);
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await page.getByRole('button', { name: /6\s*quantize/ }).click();
  await page.getByRole('button', { name: /more options…$/ }).click();
  await page.getByRole('checkbox', { name: 'dump_quant_params' }).check();
  await runButton(page).click();
  await quantized(page);
  await save(page, FORM.zip);
  expect([...guard.requested].some((url) => /hdf5[^/]*\.js$/.test(url))).toBe(true);
});

test('a request elsewhere is stopped and seen, from the page and from every worker', async ({ page, guard }) => {
  await openStudio(page);
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await runButton(page).click();
  await quantized(page);
  guard.provoked = new RegExp(ELSEWHERE);
  const places = [page, ...page.workers()];
  for (const place of places) expect(await isRefused(place, ELSEWHERE)).toBe(true);
  const violations = () => guard.problems.filter((problem) => problem.includes(`${VIOLATION} connect-src`));
  await expect.poll(() => violations().length).toBe(places.length);
});

/** Whether a request from there is stopped. */
function isRefused(place: Page | Worker, url: string): Promise<boolean> {
  const ask = (address: string): Promise<boolean> =>
    fetch(address).then(
      () => false,
      () => true,
    );
  return 'goto' in place ? place.evaluate(ask, url) : place.evaluate(ask, url);
}
