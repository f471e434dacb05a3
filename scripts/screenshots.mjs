// Takes docs/screenshot.png of the sample model after the whole road, and with --all every state in both themes and sizes under .cache/screenshots:
// the road, then the scenes of screenshotScenes.mjs.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureChromium } from './chromium.mjs';
import { ensureInstalled, mustRun, root } from './install.mjs';
import { scenes } from './screenshotScenes.mjs';

ensureInstalled();
ensureBuilt('page');
const executablePath = await ensureChromium();
const { preview } = await import('vite');
const { chromium } = await import('@playwright/test');
const server = await preview({ root, configFile: `${root}/vite.config.ts`, logLevel: 'warn', preview: { port: 4190 } });
const address = server.resolvedUrls?.local[0] ?? 'http://127.0.0.1:4190/';
const browser = await chromium.launch({ executablePath, args: ['--enable-unsafe-webgpu'] });
const all = process.argv.includes('--all');
const folder = path.join(root, '.cache', 'screenshots');
mkdirSync(folder, { recursive: true });

const sizes = all
  ? [
      { width: 1440, height: 900 },
      { width: 1280, height: 720 },
    ]
  : [{ width: 1440, height: 900 }];
const schemes = all ? ['light', 'dark'] : ['light'];
for (const viewport of sizes) {
  for (const colorScheme of schemes) {
    const page = await browser.newPage({ viewport, colorScheme });
    const shot = (name) => page.screenshot({ path: path.join(folder, `${name}-${viewport.width}-${colorScheme}.png`) });
    await page.goto(address);
    await page.getByRole('button', { name: /sample/i }).waitFor();
    if (all) await shot('empty');
    await page
      .getByRole('button', { name: /sample/i })
      .first()
      .click();
    await page.getByRole('button', { name: /run pipeline/i }).waitFor();
    await page.waitForTimeout(1500);
    if (all) await shot('opened');
    await page.getByRole('button', { name: /run pipeline/i }).click();
    if (all) {
      await page.waitForTimeout(600);
      await shot('running');
    }
    await page
      .getByText(/calibrated \d+/i)
      .first()
      .waitFor({ timeout: 120_000 });
    await page.waitForTimeout(1500);
    await page.getByPlaceholder('Filter…').fill('pointwise/Relu');
    await page.getByRole('row', { name: /Conv2d_3_pointwise\/Relu_act/ }).click();
    await page.waitForTimeout(800);
    await shot('done');
    if (!all) await page.screenshot({ path: path.join(root, 'docs', 'screenshot.png') });
    await page.close();
  }
}
if (all) {
  // With names behind --all, these scenes alone.
  const made = path.join(root, '.cache', 'screenshot-files');
  mustRun(process.execPath, [
    path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs'),
    path.join(root, 'scripts', 'screenshotFiles.ts'),
    made,
  ]);
  const wanted = process.argv.slice(process.argv.indexOf('--all') + 1);
  for (const [name, scene] of Object.entries(scenes(made, path.resolve(root, '..', 'shared', 'cases', 'nets')))) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const viewport of sizes) {
      for (const colorScheme of schemes) {
        const page = await browser.newPage({ viewport, colorScheme });
        page.on('filechooser', () => {});
        await page.goto(address);
        await page.getByRole('button', { name: /sample/i }).waitFor();
        await scene(page);
        await page.screenshot({ path: path.join(folder, `${name}-${viewport.width}-${colorScheme}.png`) });
        await page.close();
      }
    }
  }
}
await browser.close();
await new Promise((resolve) => server.httpServer.close(resolve));
process.exit(0);
