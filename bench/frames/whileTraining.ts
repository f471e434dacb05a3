import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { build, preview } from 'vite';
import type { Turns } from '../../test/browser/fixtures/canvas/frames.ts';
import { writeResult } from '../results.ts';
import { launchChromium } from './launch.ts';
import { frameTimes, tenths } from './percentiles.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FRAMES = 180;
/** More than a bench takes. */
const STEPS = 100_000;

const PAN: Turns = { dx: 0, dy: 12, zoom: false, start: 0.9, frames: FRAMES };
const ZOOM: Turns = { dx: 0, dy: 0.42, zoom: true, start: 0.9, frames: FRAMES };

/**
 * Claim: a run does not make the page stutter: while the sample network is trained with the Training tab open, its charts and words take at
 * most 5 % of the main thread's time in scripts, so that 95 % of the frames take as long as without a run where a core is free for them.
 */
export async function framesWhileTraining(): Promise<void> {
  const server = await preview({ root: ROOT, configFile: `${ROOT}vite.config.ts`, logLevel: 'warn', preview: { port: 4197 } });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(server.resolvedUrls?.local[0] ?? 'http://127.0.0.1:4197/');
    await page.evaluate(await turnsScript());
    await openSample(page);
    const rows = [await measured(page, 'no run, pan', PAN), await measured(page, 'no run, zoom', ZOOM)];
    await startTraining(page);
    for (const section of ['Progress', 'Thresholds']) {
      await page.getByRole('group', { name: 'Section of the training' }).getByRole('radio', { name: section }).check();
      rows.push(await measured(page, `${section}, nothing moved`, null));
      rows.push(await measured(page, `${section}, pan`, PAN), await measured(page, `${section}, zoom`, ZOOM));
    }
    const steps = await stepsDone(page);
    console.log(`${steps} steps were done meanwhile; ms per frame, and how much of its time the main thread was busy:`);
    console.table(rows);
    const own = rows.filter(({ what }) => what.endsWith('nothing moved')).map(({ script }) => script);
    console.log(`scripts of a run that nobody touches: ${own.join(', ')} (claim ≤ 5 %)`);
    writeResult('framesWhileTraining', { steps, rows });
  } finally {
    await browser.close();
    await new Promise((resolve) => server.httpServer.close(resolve));
  }
}

/** The wheel as the canvas' bench turns it, as a script that gives the page `turning`. */
async function turnsScript(): Promise<string> {
  const built = await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    build: { write: false, lib: { entry: 'test/browser/fixtures/canvas/frames.ts', formats: ['iife'], name: 'turning' } },
  });
  const [output] = [built].flat();
  if (output === undefined || !('output' in output)) throw new Error('Nothing was built.');
  return `${output.output[0].code};globalThis.turning=turning`;
}

async function openSample(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /sample/i })
    .first()
    .click();
  await page.getByText('100 images · 10 classes').first().waitFor();
  await page.getByRole('tab', { name: 'Training' }).click();
  await page.getByRole('button', { name: 'Thaw and use recipe 3a' }).click();
  await page.getByRole('button', { name: 'Run it now' }).click();
  await page
    .getByText(/calibrated \d+/i)
    .first()
    .waitFor({ timeout: 120_000 });
  await page.waitForTimeout(2000);
}

async function startTraining(page: Page): Promise<void> {
  await page.getByLabel('Steps', { exact: true }).fill(String(STEPS));
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.waitForFunction(() => Number(document.querySelector('.training-bar')?.getAttribute('value') ?? 0) >= 30, null, {
    timeout: 120_000,
  });
}

const stepsDone = (page: Page): Promise<number> =>
  page.evaluate(() => Number(document.querySelector('.training-bar')?.getAttribute('value') ?? 0));

/** Frame times of a scenario, and the share of the main thread's time that it and the run took. */
async function measured(page: Page, what: string, turns: Turns | null) {
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable');
  const busy = async () => {
    const { metrics } = await client.send('Performance.getMetrics');
    const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
    return {
      at: of('Timestamp'),
      task: of('TaskDuration'),
      script: of('ScriptDuration'),
      layout: of('LayoutDuration') + of('RecalcStyleDuration'),
    };
  };
  const before = await busy();
  const times = await page.evaluate(
    ({ asked, count }) => {
      const { turning } = globalThis as unknown as { turning: typeof import('../../test/browser/fixtures/canvas/frames.ts') };
      return asked === null ? turning.watchFrames(count) : turning.recordFrames(asked);
    },
    { asked: turns, count: FRAMES },
  );
  const after = await busy();
  await client.detach();
  const share = (part: 'task' | 'script' | 'layout') => `${tenths((100 * (after[part] - before[part])) / (after.at - before.at))} %`;
  return { what, ...frameTimes(times), busy: share('task'), script: share('script'), layout: share('layout') };
}
