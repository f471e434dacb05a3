/**
 * Claim: calibration finds the same thresholds on WebGPU as on wasm, to the last bit. The times of a forward pass and of calibration are
 * reported for both; where the only adapter is software they say nothing about a GPU.
 * Run: npx tsx bench/calibrationWebgpu.ts [images]
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { build } from 'vite';
import type { Measured } from '../test/browser/fixtures/compute/main.ts';
import { shared } from '../test/shared.ts';
import { readNpy, writeNpy } from '../worker/formats/npy.ts';
import { writeResult } from './results.ts';

const IMAGES = Number(process.argv[2] ?? 8);
const GRAPH = shared('models/mobilenet_v1_0.25_128/frozen_graph.pb');
const DATA = shared('cases/imagenet_mobilenet/calibration_set.npy');
const SYSTEM_CHROMIUM = '/usr/bin/chromium';
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

async function serve(): Promise<{ readonly url: string; readonly stop: () => void }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'compute-page-'));
  const root = fileURLToPath(new URL('../test/browser/fixtures/compute/', import.meta.url));
  await build({
    configFile: false,
    root,
    base: './',
    logLevel: 'error',
    worker: { format: 'es' },
    build: { outDir: folder, target: 'es2023', assetsInlineLimit: 0 },
  });
  const all = readNpy(readFileSync(DATA), 'calibration_set.npy');
  const shape = [IMAGES, ...all.shape.slice(1)];
  writeFileSync(
    path.join(folder, 'images.npy'),
    writeNpy({ ...all, shape, bytes: all.bytes.subarray(0, (all.bytes.length / (all.shape[0] ?? 1)) * IMAGES) }),
  );
  writeFileSync(path.join(folder, 'graph.pb'), readFileSync(GRAPH));
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname;
    try {
      const file = name === '/' ? 'index.html' : name;
      response.setHeader('Content-Type', TYPES[path.extname(file)] ?? 'application/octet-stream');
      response.end(readFileSync(path.join(folder, path.normalize(file))));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: () => {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

if (!existsSync(GRAPH)) {
  console.log('The real network is not there; nothing was measured.');
  process.exit();
}
const { url, stop } = await serve();
const executablePath = process.env.CHROMIUM ?? (existsSync(SYSTEM_CHROMIUM) ? SYSTEM_CHROMIUM : undefined);
const browser = await chromium.launch({ args: ['--enable-unsafe-webgpu'], ...(executablePath === undefined ? {} : { executablePath }) });
try {
  const page = await browser.newPage();
  await page.goto(url);
  const results: Measured[] = [];
  for (const backend of ['wasm', 'webgpu'] as const) {
    const request = {
      backend,
      workers: 1,
      graph: 'graph.pb',
      images: 'images.npy',
      output: 'MobilenetV1/Predictions/Softmax',
      shape: [128, 128, 3],
    };
    await page.waitForFunction(() => 'measure' in window);
    results.push(
      await page.evaluate((asked) => (window as unknown as { measure(request: unknown): Promise<Measured> }).measure(asked), request),
    );
  }
  const rows = results.map(({ backend, forwardMs, calibrationMs, searchMs, inexact }) => ({
    backend,
    images: IMAGES,
    forwardMs: Math.round(forwardMs),
    calibrationMs: Math.round(calibrationMs),
    searchMs: Math.round(searchMs),
    withoutSearch: Number(((calibrationMs - searchMs) / forwardMs).toFixed(2)),
    whole: Number((calibrationMs / forwardMs).toFixed(2)),
    inexact: inexact.length,
  }));
  console.table(rows);
  const [wasm, webgpu] = results.map(({ thresholds }) => new Map(thresholds));
  const differing = [...(wasm ?? [])].filter(([name, log2]) => webgpu?.get(name) !== log2).map(([name]) => name);
  console.log(`${wasm?.size} thresholds, ${differing.length} of them different on WebGPU (claim 0)`);
  writeResult('calibration-webgpu', { images: IMAGES, rows, differing });
  if (differing.length > 0) process.exitCode = 1;
} finally {
  await browser.close();
  stop();
}
