// The states of training that screenshots.mjs --all takes, on the sample.

/** @param {{ settled: (page: import('@playwright/test').Page) => Promise<void> }} hands */
export function trainingScenes({ settled }) {
  const field = (page, name) => page.getByRole('region', { name: /options of the run/i }).getByLabel(name, { exact: true });

  async function sample(page) {
    await page
      .getByRole('button', { name: /sample/i })
      .first()
      .click();
    await page.getByText('100 images · 10 classes').first().waitFor();
    await settled(page);
    await page.getByRole('tab', { name: 'Training' }).click();
    await page.waitForTimeout(300);
  }

  async function ready(page) {
    await sample(page);
    await page.getByRole('button', { name: 'Thaw and use recipe 3a' }).click();
    await page.getByRole('button', { name: 'Run it now' }).click();
    await page.waitForTimeout(300);
    await settled(page);
  }

  async function started(page, steps) {
    await ready(page);
    await field(page, 'Steps').fill(String(steps));
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    await page
      .getByText(/step \d+ of/)
      .first()
      .waitFor({ timeout: 60_000 });
  }

  const atStep = (page, step) =>
    page.waitForFunction((wanted) => Number(document.querySelector('.training-bar')?.getAttribute('value') ?? 0) >= wanted, step, {
      timeout: 120_000,
    });

  async function paused(page) {
    await started(page, 60);
    await atStep(page, 12);
    await page.getByRole('radio', { name: 'Thresholds' }).check();
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByRole('button', { name: 'Resume', exact: true }).waitFor({ timeout: 60_000 });
    await page.getByRole('region', { name: 'Trained thresholds' }).press('ArrowDown');
    await page.waitForTimeout(900);
  }

  return {
    'training-refused': sample,
    'training-idle': ready,
    'training-running': async (page) => {
      await started(page, 60);
      await atStep(page, 25);
    },
    'training-paused': paused,
    'training-asking': async (page) => {
      await paused(page);
      await page.getByRole('button', { name: 'Discard', exact: true }).click();
    },
    'training-restored': async (page) => {
      await paused(page);
      await page.waitForTimeout(1500);
      await page.reload();
      await page.getByText('Training paused').waitFor({ timeout: 60_000 });
      await settled(page);
    },
    'training-ended': async (page) => {
      await started(page, 20);
      await page.getByRole('radio', { name: 'Report' }).waitFor({ timeout: 120_000 });
      await settled(page);
    },
  };
}
