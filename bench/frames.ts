/**
 * Claim: a scene of 5,000 boxes stays fluid: while panning and zooming, 95 % of all frames take at most 20 ms at working zoom
 * (the middle one of three runs).
 * Run: npx tsx bench/frames.ts; with --training, of the whole page while the sample network is trained in it (bench/frames/whileTraining.ts).
 *
 * Builds the canvas' fixture page, opens it in Chromium and turns the wheel once per frame, as fast as frames come.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import react from '@vitejs/plugin-react';
import { build } from 'vite';
import { launchChromium } from './frames/launch.ts';
import { frameTimes, percentile } from './frames/percentiles.ts';
import { framesWhileTraining } from './frames/whileTraining.ts';
import { writeResult } from './results.ts';

const BOXES = 5000;
const FRAMES = 240;
const RUNS = 3;

interface Scenario {
  readonly what: string;
  /** Wheel turns per frame: sideways, down, with Ctrl held to zoom; in-out zooms turn round half way. */
  readonly dx: number;
  readonly dy: number;
  readonly zoom: boolean;
  readonly start: number;
}

const SCENARIOS: readonly Scenario[] = [
  { what: 'working zoom, pan down', dx: 0, dy: 12, zoom: false, start: 0.9 },
  { what: 'working zoom, pan aslant', dx: 14, dy: 10, zoom: false, start: 0.9 },
  { what: 'working zoom, zoom to 0.45 and back', dx: 0, dy: 0.42, zoom: true, start: 0.9 },
  { what: 'far, pan', dx: 6, dy: 8, zoom: false, start: 0.12 },
  { what: 'far, zoom to 0.02 and back', dx: 0, dy: 1.6, zoom: true, start: 0.28 },
  { what: 'through all levels and back', dx: 0, dy: 2.2, zoom: true, start: 0.9 },
];

async function serveFixture(): Promise<{ readonly url: string; readonly stop: () => void }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'graph-frames-'));
  const root = fileURLToPath(new URL('../test/browser/fixtures/canvas/', import.meta.url));
  await build({ configFile: false, root, base: './', logLevel: 'error', plugins: [react()], build: { outDir: folder, target: 'es2023' } });
  const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname;
    try {
      const file = name === '/' ? 'index.html' : name;
      response.setHeader('Content-Type', types[path.extname(file)] ?? 'application/octet-stream');
      response.end(readFileSync(path.join(folder, path.normalize(file))));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/?boxes=${BOXES}`,
    stop: () => {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Times between frames while the wheel turns, in ms. */
async function record(page: Page, { dx, dy, zoom, start }: Scenario): Promise<number[]> {
  return page.evaluate((turns) => (window as unknown as { recordFrames: (turns: unknown) => Promise<number[]> }).recordFrames(turns), {
    dx,
    dy,
    zoom,
    start,
    frames: FRAMES,
  });
}

async function framesOfCanvas(): Promise<void> {
  const fixture = await serveFixture();
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 820, height: 620 } });
    await page.goto(fixture.url);
    await page.waitForSelector('.graph-box');
    const counts = await page.evaluate(() => {
      const { scene } = window as unknown as { scene: { nodes: unknown[]; edges: unknown[] } };
      return { boxes: scene.nodes.length, wires: scene.edges.length };
    });
    const rows = [];
    await record(page, { what: 'warm up', dx: 0, dy: 12, zoom: false, start: 0.9 });
    for (const scenario of SCENARIOS) {
      const runs: number[][] = [];
      for (let run = 0; run < RUNS; run++) runs.push((await record(page, scenario)).sort((a, b) => a - b));
      // The run in the middle: what else the machine does should not decide.
      runs.sort((a, b) => percentile(a, 0.95) - percentile(b, 0.95));
      rows.push({ what: scenario.what, ...frameTimes(runs[Math.floor(RUNS / 2)] ?? []) });
    }
    console.log(`${counts.boxes} boxes, ${counts.wires} wires; ms per frame:`);
    console.table(rows);
    const worst = Math.max(...rows.filter(({ what }) => what.startsWith('working')).map(({ p95 }) => p95));
    console.log(`p95 at working zoom: ${worst} ms (claim ≤ 20)`);
    writeResult('frames', { ...counts, rows, worst });
  } finally {
    await browser.close();
    fixture.stop();
  }
}

await (process.argv.includes('--training') ? framesWhileTraining() : framesOfCanvas());
