/** Hands that know no pointer. */
import { expect, type Locator, type Page } from '@playwright/test';

/** More than there are stops on the page. */
const MOST_STOPS = 150;

/** Presses Tab (or Shift+Tab) until `target` has the focus. */
export async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    if (await hasFocus(target)) return;
    await page.keyboard.press(key);
  }
  await expect(target, 'reached by Tab').toBeFocused();
}

/** Opens a menu that has the focus and walks down to an entry by arrow keys. */
export async function chooseByKeys(page: Page, menu: Locator, entry: string | RegExp): Promise<void> {
  await tabTo(page, menu);
  await page.keyboard.press('Enter');
  const item = page.getByRole('menuitem', { name: entry });
  await expect(item).toBeVisible();
  for (let stop = 0; stop < MOST_STOPS && !(await hasFocus(item)); stop++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
}

/** A press of the pointer anywhere is an error, which fails the test. */
export async function forbidThePointer(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.addEventListener('pointerdown', () => console.error('A pointer was used.'), { capture: true });
  });
}

function hasFocus(target: Locator): Promise<boolean> {
  return target.evaluateAll((found) => found.length === 1 && found[0] === document.activeElement);
}
