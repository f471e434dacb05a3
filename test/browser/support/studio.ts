/** The page as a person meets it: every part is found by its role and name. */
import { expect, type Locator, type Page } from '@playwright/test';

/** Recipe 2, in order. */
export const RECIPE_2 = [
  'fix_input_shape',
  'fold_batch_norms',
  'remove_training_nodes',
  'strip_unused_nodes',
  'preprocess_layers',
  'quantize',
] as const;

/** Longer than any job of these tests takes on two cores. */
const JOB_MS = 120_000;

/** Opens the page in a browser that has never seen it. */
export async function openStudio(page: Page): Promise<void> {
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'Try the sample' })).toBeEnabled();
}

const pipelineSection = (page: Page): Locator => page.getByRole('region', { name: 'Pipeline' });

/** The card of a transform in the pipeline. */
export const card = (page: Page, transform: string): Locator =>
  pipelineSection(page)
    .getByRole('listitem')
    .filter({ has: page.getByRole('button', { name: `Actions of ${transform}` }) });

/** What a card is held by, opened with, and what the keyboard stands on. */
export const handle = (page: Page, transform: string): Locator => card(page, transform).getByRole('button').first();

/** Transforms of the pipeline from top to bottom. */
export async function pipeline(page: Page): Promise<string[]> {
  const menus = pipelineSection(page).getByRole('button', { name: /^Actions of / });
  return menus.evaluateAll((all) => all.map((menu) => (menu.getAttribute('aria-label') ?? '').replace('Actions of ', '')));
}

/** The entry of a transform in the palette. */
export const paletteEntry = (page: Page, transform: string): Locator =>
  page.getByRole('region', { name: 'Transforms' }).getByRole('button', { name: transform, exact: true });

/** Cards whose mark says `state`. */
export const marked = (page: Page, state: 'done' | 'not run' | 'refused'): Locator =>
  pipelineSection(page).getByRole('listitem').getByLabel(state, { exact: true });

export const statusLine = (page: Page): Locator => page.getByRole('contentinfo');

/** Waits until no job is under way. */
export async function settled(page: Page): Promise<void> {
  await expect(statusLine(page).getByRole('button', { name: 'Cancel' })).toHaveCount(0, { timeout: JOB_MS });
}

/** Waits until recipe 2 has run, the comparison of outputs included. */
export async function quantized(page: Page): Promise<void> {
  await expect(marked(page, 'done')).toHaveCount(RECIPE_2.length, { timeout: JOB_MS });
  await expect(page.getByRole('heading', { name: 'Result' })).toBeVisible({ timeout: JOB_MS });
  await settled(page);
}

export const runButton = (page: Page): Locator => page.getByRole('button', { name: 'Run pipeline' });

/** The rows of the thresholds table that are on screen. */
export const thresholdRows = (page: Page): Locator => page.getByRole('region', { name: 'Thresholds' }).locator('tbody').getByRole('row');

/** Presses on `from`, moves as a hand does, and lets go at a point. */
export async function drag(page: Page, from: Locator, to: { readonly x: number; readonly y: number }): Promise<void> {
  await from.scrollIntoViewIfNeeded();
  const box = await boxOf(from);
  await page.mouse.move(box.x + Math.min(box.width / 2, 60), box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 12 });
  await page.mouse.up();
}

/** A point just above a card: what is dropped there lands before it. */
export async function above(target: Locator): Promise<{ x: number; y: number }> {
  const box = await boxOf(target);
  return { x: box.x + box.width / 2, y: box.y + 4 };
}

/** A point behind the last card, or in the empty list. */
export async function endOfPipeline(page: Page): Promise<{ x: number; y: number }> {
  const list = await boxOf(pipelineSection(page).getByRole('list').first());
  return { x: list.x + list.width / 2, y: list.y + list.height - 2 };
}

async function boxOf(locator: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error(`Not on screen: ${locator}`);
  return box;
}
