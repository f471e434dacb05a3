import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { build, type PreviewServer, preview } from 'vite';

const fixture = fileURLToPath(new URL('./fixtures/conformance', import.meta.url));

/** The cases of the conformance suite in a real browser's worker, built as the product is built. */
test.describe('every op in the browser against the float64 reference', () => {
  const outDir = mkdtempSync(path.join(os.tmpdir(), 'conformance-'));
  let server: PreviewServer;
  let address = '';

  test.beforeAll(async () => {
    const shared = {
      configFile: false,
      root: fixture,
      logLevel: 'error',
      build: { outDir, emptyOutDir: true, assetsInlineLimit: 0 },
    } as const;
    await build({ ...shared, worker: { format: 'es' }, build: { ...shared.build, target: 'es2023', chunkSizeWarningLimit: 2000 } });
    server = await preview({ ...shared, preview: { host: '127.0.0.1', port: 0 } });
    address = server.resolvedUrls?.local[0] ?? '';
  });

  test.afterAll(async () => {
    await server.close();
    rmSync(outDir, { recursive: true, force: true });
  });

  for (const backend of ['webgpu', 'wasm'] as const) {
    test(backend, async ({ page }) => {
      await page.goto(address);
      const report = await page.evaluate((name) => window.conformance(name), backend);
      expect(report.failure).toBeUndefined();
      expect(report.description.toLowerCase()).toContain(backend);
      expect(report.verdicts.filter(({ ok }) => !ok)).toEqual([]);
      expect(report.verdicts.length).toBeGreaterThan(1200);
      expect(report.left).toBe(0);
    });
  }
});
