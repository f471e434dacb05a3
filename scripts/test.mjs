// npm test: install what is missing, then format, types, lint, import rules, unused code, unit, golden and browser tests.
// The last line counts tests; every check before them counts as one.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { ensureInstalled, root } from './install.mjs';

ensureInstalled();
const { ensureBuilt } = await import('./build.mjs');
const { ensureChromium } = await import('./chromium.mjs');

const total = { passed: 0, failed: 0, skipped: 0 };
const bin = (name) => path.join(root, 'node_modules', '.bin', name);
const reports = path.join(root, '.cache', 'test-reports');
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

function run(title, command, args, env = {}) {
  const started = performance.now();
  console.log(`\n── ${title}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  console.log(`── ${title}: ${status === 0 ? 'ok' : 'FAILED'} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return status === 0;
}

/** A port that nobody listens on now. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function check(title, command, args) {
  if (run(title, command, args)) total.passed += 1;
  else total.failed += 1;
}

/** Adds a runner's own counts; a runner that failed without counting a failure is one failure. */
function count(ok, read) {
  let counts;
  try {
    counts = read();
  } catch {
    counts = { passed: 0, failed: 0, skipped: 0 };
  }
  total.passed += counts.passed;
  total.failed += counts.failed + (!ok && counts.failed === 0 ? 1 : 0);
  total.skipped += counts.skipped;
}

check('format and lint', bin('biome'), ['check', '--error-on-warnings']);
check('types', bin('tsc'), ['-p', 'tsconfig.json']);
check('types of the engine, without DOM and Node', bin('tsc'), ['-p', 'tsconfig.worker.json']);
check('types of the page', bin('tsc'), ['-p', 'tsconfig.page.json']);
check('import rules', bin('depcruise'), ['--config', '.dependency-cruiser.json', 'src', 'worker', 'cli']);
check('unused code', bin('knip'), []);

ensureBuilt('cli');
for (const project of ['unit', 'golden', 'cli']) {
  const file = path.join(reports, `${project}.json`);
  const ok = run(`${project} tests`, bin('vitest'), [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  count(ok, () => {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    return { passed: report.numPassedTests, failed: report.numFailedTests, skipped: report.numPendingTests + report.numTodoTests };
  });
}

const chromium = await ensureChromium();
if (chromium === undefined) {
  total.failed += 1;
} else {
  ensureBuilt('page');
  const file = path.join(reports, 'browser.json');
  const ok = run('browser tests', bin('playwright'), ['test'], {
    CHROMIUM: chromium,
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
    TEST_PORT: String(await freePort()),
  });
  count(ok, () => {
    const { stats } = JSON.parse(readFileSync(file, 'utf8'));
    return { passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped };
  });
}

console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
