import { AxeBuilder } from '@axe-core/playwright';
import { expect, type FileChooser, type Locator, type Page } from '@playwright/test';

/** Opens the page with an empty session and collects what must never happen: policy violations, errors, requests elsewhere. */
export async function openPage(page: Page): Promise<{ readonly problems: readonly string[] }> {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.origin !== new URL(page.url() === 'about:blank' ? request.url() : page.url()).origin) {
      problems.push(`request to ${url.origin}`);
    }
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => console.error(`CSP ${event.violatedDirective}: ${event.blockedURI}`));
  });
  // With a listener that stays, dialogs are intercepted all the time: one that opens in the moment of switching over would be lost.
  page.on('filechooser', () => {});
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'Try the sample' })).toBeVisible();
  return { problems };
}

/** The sample model with recipe 2 filled in. */
export async function openSample(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await expect(card(page, 'quantize')).toBeVisible();
  await idle(page);
}

export const card = (page: Page, transform: string): Locator => page.locator(`[data-transform="${transform}"]`);

/** Names of the cards from top to bottom. */
export async function pipeline(page: Page): Promise<string[]> {
  return page.locator('[data-transform]').evaluateAll((cards) => cards.map((each) => each.getAttribute('data-transform') ?? ''));
}

/** Waits until no job is under way. */
export async function idle(page: Page): Promise<void> {
  await expect(page.locator('.status .spinner')).toHaveCount(0, { timeout: 120_000 });
}

/** Runs the pipeline by its key and waits for the end, comparison of outputs included. */
export async function run(page: Page): Promise<void> {
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('[data-state="running"], [data-state="waiting"]')).toHaveCount(0, { timeout: 120_000 });
  await idle(page);
}

/** Presses, moves in steps as a hand does, and releases. */
export async function dragTo(page: Page, from: Locator, to: { readonly x: number; readonly y: number }, release = true): Promise<void> {
  const box = await from.boundingBox();
  if (box === null) throw new Error('nothing to drag');
  await page.mouse.move(box.x + Math.min(box.width / 2, 60), box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 12 });
  if (release) await page.mouse.up();
}

/** The middle of an element, moved by `dy`. */
export async function middle(locator: Locator, dy = 0): Promise<{ x: number; y: number }> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error('not on screen');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 + dy };
}

/** Chooses files in the dialog that `opening` brings up. */
export async function choose(page: Page, opening: () => Promise<void>, files: Parameters<FileChooser['setFiles']>[0]): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), opening()]);
  await chooser.setFiles(files);
}

/** No accessibility rule is broken, contrast included. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']).analyze();
  expect(violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(' | ')}`)).toEqual([]);
}

/** Documents in this browser's storage: how many steps, whether a finished run is kept, and the chosen signature where there is one. */
export function stored(page: Page): Promise<{ readonly steps: number; readonly run: boolean; readonly signature?: string }[]> {
  return page.evaluate(
    () =>
      new Promise<{ steps: number; run: boolean; signature?: string }[]>((resolve, reject) => {
        const opening = indexedDB.open('graffitist-studio');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const all = opening.result.transaction('documents').objectStore('documents').getAll();
          all.onsuccess = () => {
            opening.result.close();
            const documents = all.result as {
              request: { steps: unknown[] };
              choice?: { signature?: string };
              ran: unknown;
              comparison: unknown;
              hasSnapshot: boolean;
            }[];
            resolve(
              documents.map((each) => ({
                steps: each.request.steps.length,
                run: each.ran !== null && each.comparison !== null && each.hasSnapshot,
                ...(each.choice?.signature === undefined ? {} : { signature: each.choice.signature }),
              })),
            );
          };
        };
      }),
  );
}
