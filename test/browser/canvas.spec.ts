import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import react from '@vitejs/plugin-react';
import { build, type InlineConfig, type PreviewServer, preview } from 'vite';
import { hasShared, shared } from '../sharedFolder.ts';

const fixture = fileURLToPath(new URL('./fixtures/canvas', import.meta.url));

/** The canvas alone, built as the product is built, under the product's rules for styles and scripts. */
test.describe('the canvas of the graph', () => {
  const outDir = mkdtempSync(path.join(os.tmpdir(), 'canvas-'));
  let server: PreviewServer;
  let address = '';
  const problems: string[] = [];

  test.beforeAll(async () => {
    const config: InlineConfig = { configFile: false, root: fixture, logLevel: 'error', plugins: [react()] };
    await build({
      ...config,
      build: { outDir, emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
    });
    server = await preview({
      ...config,
      build: { outDir },
      preview: {
        host: '127.0.0.1',
        port: 0,
        headers: {
          'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'",
        },
      },
    });
    address = server.resolvedUrls?.local[0] ?? '';
  });

  test.afterAll(async () => {
    await server.close();
    rmSync(outDir, { recursive: true, force: true });
  });

  test.beforeEach(({ page }) => {
    problems.length = 0;
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('favicon')) problems.push(message.text());
    });
  });

  test.afterEach(() => {
    expect(problems.filter((text) => !text.includes('404'))).toEqual([]);
  });

  const boxes = (page: Page): Locator => page.locator('.graph-box');
  const canvas = (page: Page): Locator => page.getByRole('application', { name: 'Graph' });
  const selection = (page: Page) => page.locator('[data-selection]').getAttribute('data-selection');

  async function openNetwork(page: Page, count: number, query = ''): Promise<void> {
    await page.goto(`${address}?boxes=${count}${query}`);
    await expect(boxes(page).first()).toBeVisible();
  }

  async function openResidual(page: Page, query = ''): Promise<void> {
    const body = gunzipSync(readFileSync(shared('cases/nets/resnet_v1_50/recipe3c_int8.pb.gz')));
    await page.route(
      (url) => url.pathname === '/graph.pb',
      (route) => route.fulfill({ body }),
    );
    await page.goto(`${address}?graph=/graph.pb${query}`);
    await expect(boxes(page).first()).toBeVisible();
  }

  test('of 5,000 boxes those in sight are drawn; far out one canvas shows and finds them all', async ({ page }) => {
    await openNetwork(page, 5000);
    const scene = await page.evaluate(() => (window as unknown as { scene: { nodes: unknown[] } }).scene.nodes.length);
    expect(scene).toBeGreaterThan(4900);
    expect(await boxes(page).count()).toBeLessThan(250);
    await page.getByRole('button', { name: 'Fit' }).click();
    await expect(page.locator('canvas.graph-far')).toBeVisible();
    await expect(boxes(page)).toHaveCount(0);
    const drawn = await page.locator('canvas.graph-far').evaluate((element: HTMLCanvasElement) => {
      const { data } = element.getContext('2d')?.getImageData(0, 0, element.width, element.height) ?? { data: [] };
      return data.filter((value, i) => i % 4 === 3 && value > 0).length;
    });
    expect(drawn).toBeGreaterThan(10_000);

    // What lies under the pointer is chosen, though nothing is there but pixels.
    for (let i = 0; i < 5; i++) await page.getByRole('button', { name: 'Zoom in' }).click();
    const found = await page.evaluate(() => {
      const { scene } = window as unknown as {
        scene: { nodes: { id: string; x: number; y: number; width: number; height: number; kind: string }[] };
      };
      const transform = document.querySelector<HTMLElement>('.react-flow__viewport')?.style.transform ?? '';
      const [x = 0, y = 0, zoom = 1] = [...transform.matchAll(/-?[\d.]+(?:e-?\d+)?/g)].map(Number);
      const middle = (node: (typeof scene.nodes)[number]) => ({
        x: (node.x + node.width / 2) * zoom + x,
        y: (node.y + node.height / 2) * zoom + y,
      });
      const node = scene.nodes.find(
        (each) => each.kind === 'layer' && middle(each).x > 300 && middle(each).y > 200 && middle(each).y < 500,
      );
      return node === undefined ? null : { id: node.id, ...middle(node) };
    });
    await expect(page.locator('canvas.graph-far')).toBeVisible();
    const bounds = await canvas(page).boundingBox();
    await page.mouse.click((found?.x ?? 0) + (bounds?.x ?? 0), (found?.y ?? 0) + (bounds?.y ?? 0));
    expect(await selection(page)).toBe(found?.id);
    await expect(page.locator('.graph-hint')).toContainText(found?.id ?? '');
  });

  test('keys walk along wires and rows, and the view follows', async ({ page }) => {
    await openNetwork(page, 60);
    await canvas(page).focus();
    const walked: (string | null)[] = [];
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowLeft', 'ArrowUp']) {
      await page.keyboard.press(key);
      walked.push(await selection(page));
    }
    expect(walked.slice(0, 2)).toEqual(['input', 't0_stem']);
    expect(walked[4]).toBe(walked[2]);
    expect(walked[5]).toBe('t0_stem');
    await expect(page.getByRole('status')).toContainText('t0_stem, layer, Conv2D 1×1 s1 · 4→4');
    for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowDown');
    await expect(page.locator('.graph-box.selected')).toBeInViewport();
    await page.keyboard.press('Escape');
    expect(await selection(page)).toBe('');
  });

  test('Enter opens a group and Escape closes it; what was touched stays where it was', async ({ page }) => {
    test.skip(!hasShared && !process.env.CI, 'needs the reference cases beside the checkout');
    await openResidual(page);
    const unit = page.locator('.graph-box.group', { hasText: 'block1 / unit_2' });
    const before = await unit.boundingBox();
    await unit.getByText('block1 / unit_2').click();
    await page.keyboard.press('Enter');
    await expect(unit).not.toHaveClass(/open/);
    const closed = await unit.boundingBox();
    expect(closed?.y).toBeCloseTo(before?.y ?? 0, 0);
    await page.keyboard.press('Enter');
    await expect(unit).toHaveClass(/open/);
    expect((await unit.boundingBox())?.y).toBeCloseTo(before?.y ?? 0, 0);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
    await expect(unit).not.toHaveClass(/open/);
    expect(await selection(page)).toBe('group:resnet_v1_50/block1/unit_2');
    await unit.dblclick();
    await expect(unit).toHaveClass(/open/);
  });

  test('a hovered quantizer shows what shares its threshold', async ({ page }) => {
    test.skip(!hasShared && !process.env.CI, 'needs the reference cases beside the checkout');
    await openResidual(page);
    const operand = page.locator('.react-flow__node', { hasText: 'shortcut' }).first().locator('.on-wire');
    await operand.hover();
    await expect(page.locator('.graph-tag.marked')).toHaveCount(2);
    await page.mouse.move(5, 400);
    await expect(page.locator('.graph-tag.marked')).toHaveCount(0);
    await page.locator('.graph-box.op', { hasText: 'Add · ReLU' }).first().click();
    await expect(page.locator('.graph-tag.marked')).toHaveCount(2);
  });

  for (const theme of ['light', 'dark']) {
    test(`contrast and names hold in the ${theme} theme`, async ({ page }) => {
      test.skip(!hasShared && !process.env.CI, 'needs the reference cases beside the checkout');
      await openResidual(page, `&theme=${theme}&marks&select=group:resnet_v1_50/block1/unit_1`);
      const { violations } = await new AxeBuilder({ page })
        .include('.graph-canvas')
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
        .analyze();
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, any }) => `${target.join(' ')} ${any[0]?.message}`).join(' | ')}`),
      ).toEqual([]);
    });
  }
});
