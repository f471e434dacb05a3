import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { build, type PreviewServer, preview } from 'vite';
import product from '../../vite.config.ts';
import { imageForms } from '../images/forms.ts';

const fixture = fileURLToPath(new URL('./fixtures/images', import.meta.url));

/** The image decoder in a worker, built as the product is built and under the product's policy. */
test.describe('images in the browser', () => {
  const outDir = mkdtempSync(path.join(os.tmpdir(), 'images-'));
  let server: PreviewServer;

  test.beforeAll(async () => {
    const shared = { configFile: false, root: fixture, logLevel: 'error' } as const;
    const built = { outDir, emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false } } as const;
    await build({ ...shared, worker: { format: 'es' }, build: built });
    const headers = product.preview?.headers ?? {};
    server = await preview({ ...shared, build: built, preview: { host: '127.0.0.1', port: 0, headers } });
  });

  test.afterAll(async () => {
    await server.close();
    rmSync(outDir, { recursive: true, force: true });
  });

  test('IMG1: every form has the pixels of TensorFlow, as in Node', async ({ page }) => {
    const response = await page.goto(server.resolvedUrls?.local[0] ?? '');
    expect(response?.headers()['content-security-policy']).toContain("script-src 'self' 'wasm-unsafe-eval'");
    const { decoded, differing, refusal } = await page.evaluate(() => window.decodeImages());
    expect(differing).toEqual([]);
    expect(decoded).toBe(imageForms().length);
    expect(refusal).toMatch(/^The image cannot be read: the file ends at byte \d+, before the picture does\.$/);
  });
});
