// npm run test:interop: real TensorFlow loads every form that the command line writes, and computes what the engine computes.
// The last line counts checks, as npm test's does; an environment that cannot be had is one skipped check.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled, root } from './install.mjs';
import { ensureEnvironment, environments } from './interopPython.mjs';

ensureInstalled();
const { ensureBuilt } = await import('./build.mjs');

const total = { passed: 0, failed: 0, skipped: 0 };
const files = path.join(root, '.cache', 'interop', 'files');
const tests = path.join(root, 'test', 'interop');
rmSync(files, { recursive: true, force: true });
mkdirSync(files, { recursive: true });

function run(title, command, args, env = {}) {
  const started = performance.now();
  console.log(`\n── ${title}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  console.log(`── ${title}: ${status === 0 ? 'ok' : 'FAILED'} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return status === 0;
}

/** Adds what a runner counted; one that ended badly without counting a failure is one failure. */
function count(ok, read) {
  let counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    counts = read();
  } catch {
    ok = false;
  }
  total.passed += counts.passed;
  total.failed += counts.failed + (!ok && counts.failed === 0 ? 1 : 0);
  total.skipped += counts.skipped;
}

/** The Python of every environment that can be had; one that must be there and is not is a failure, another a skip. */
const pythons = environments.map((environment) => {
  let why;
  try {
    const made = ensureEnvironment(environment);
    if (made.leftOut === undefined) return made.python;
    why = made.leftOut;
  } catch (error) {
    why = error.message;
  }
  console.log(`── ${environment.name} is ${environment.required ? 'MISSING' : 'left out'}: ${why}.`);
  total[environment.required ? 'failed' : 'skipped'] += 1;
  return undefined;
});

ensureBuilt('cli');
const tsx = path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');
const keras = path.join(files, 'keras');
const script = path.join(tests, 'tensorflow', 'keras_model.py');
if (pythons[0] !== undefined) mkdirSync(keras);
const modern = pythons[0] !== undefined && run('a SavedModel of Keras', pythons[0], [script, keras], { PYTHONDONTWRITEBYTECODE: '1' });
if (pythons[0] !== undefined && !modern) total.failed += 1;
const written = run('files from the command line', process.execPath, [tsx, path.join(tests, 'main.ts'), files, ...(modern ? [keras] : [])]);
if (!written) total.failed += 1;

const compare = path.join(root, '..', 'shared', 'tools', 'compare_graphs.py');
const first = pythons.findIndex((python) => python !== undefined);

function check(i, title, kinds) {
  const report = path.join(files, `report-${i}-${kinds[0]}.json`);
  const args = [path.join(tests, 'tensorflow', 'check.py'), path.join(files, 'manifest.json'), report, ...kinds];
  const ok = run(`${environments[i].name} ${title}`, pythons[i], args, { INTEROP_COMPARE: compare, PYTHONDONTWRITEBYTECODE: '1' });
  count(ok, () => {
    const { results } = JSON.parse(readFileSync(report, 'utf8'));
    const number = (state) => results.filter((result) => result.state === state).length;
    return { passed: number('passed'), failed: number('failed'), skipped: 0 };
  });
}

pythons.forEach((python, i) => {
  if (python === undefined || !written) return;
  // What no TensorFlow needs to look at is counted once, and the comparison of graphs needs a newer Python than 1.14 has.
  check(i, 'loads them', [
    'graph',
    'checkpoint',
    'train',
    ...(i === first ? ['failed', 'same', 'dump', 'answers'] : []),
    ...(i === 0 ? ['golden'] : []),
  ]);
  if (i === 0) check(i, 'serves SavedModels', ['eager']);
});

/** Tests that read what a Python script of TensorFlow made: `<name>.py FOLDER` first, then every `*.test.ts` with INTEROP_DIR. */
const suites = readdirSync(tests).filter((name) => name.endsWith('.test.ts'));
const generators = readdirSync(tests).filter((name) => name.endsWith('.py'));
if (pythons[0] !== undefined && suites.length > 0) {
  const made = generators.every((name) => run(name, pythons[0], [path.join(tests, name), files], { PYTHONDONTWRITEBYTECODE: '1' }));
  if (!made) total.failed += 1;
  const report = path.join(files, 'vitest.json');
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--project', 'interop', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const ok = run('ops, images and records against TensorFlow', process.execPath, args, { INTEROP_DIR: files });
  count(ok, () => {
    const counts = JSON.parse(readFileSync(report, 'utf8'));
    return { passed: counts.numPassedTests, failed: counts.numFailedTests, skipped: counts.numPendingTests + counts.numTodoTests };
  });
}

if (!existsSync(compare)) console.log('The reference cases are not there: only the sample was checked.');
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
