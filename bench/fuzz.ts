/**
 * Claim: whatever damages a file, reading it ends in a value or in a typed error, never hangs and never takes more memory than the
 * file's size excuses. 100,000 seeded mutations over every format.
 * Run: npx tsx bench/fuzz.ts [--cases 100000] [--target NAME [--case NUMBER]]
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { caseBytes, runCase } from './fuzz/cases.ts';
import { fuzzTargets, reproduce, type Target } from './fuzz/targets.ts';
import type { ThreadData, ThreadReport } from './fuzz/thread.ts';
import { writeResult } from './results.ts';
import { threadStart } from './typescriptThread.ts';

/** A case that takes longer hangs: the slowest honest one takes some milliseconds. */
const BUDGET_MS = 20_000;
/** Process growth in one case that is looked into. */
const MOST_GROWTH = 256 * 2 ** 20;
const HEAP_MB = 1024;
const LISTED = 5;

const { values: options } = parseArgs({
  options: { cases: { type: 'string', default: '100000' }, target: { type: 'string' }, case: { type: 'string' } },
});

const start = threadStart(new URL('./fuzz/thread.ts', import.meta.url));

type Ending = { readonly report: ThreadReport } | { readonly fault: string; readonly number: number };

/** Runs cases of one target in a thread; a case that hangs or kills the thread ends it. */
function runThread(target: Target, count: number, first: number): Promise<Ending> {
  const at = new SharedArrayBuffer(4);
  const done = new Int32Array(at);
  const workerData: ThreadData = { target: target.name, first, count, at };
  const worker = new Worker(start, { eval: true, workerData, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
  return new Promise((resolve) => {
    let [seen, since] = [0, Date.now()];
    const finish = (ending: Ending): void => {
      clearInterval(watch);
      worker.removeAllListeners('exit');
      void worker.terminate();
      resolve(ending);
    };
    const watch = setInterval(() => {
      const now = Atomics.load(done, 0);
      if (now !== seen) [seen, since] = [now, Date.now()];
      else if (Date.now() - since > BUDGET_MS) finish({ fault: `no end after ${BUDGET_MS / 1000} s`, number: first + now });
    }, 500);
    worker.once('message', (report: ThreadReport) => finish({ report }));
    worker.once('error', (error) => finish({ fault: error.message, number: first + Atomics.load(done, 0) }));
    worker.once('exit', (code) => finish({ fault: `the thread ended with code ${code}`, number: first + Atomics.load(done, 0) }));
  });
}

interface Row {
  readonly target: string;
  readonly cases: number;
  readonly values: number;
  readonly refused: number;
  readonly findings: number;
  readonly seconds: number;
  readonly growthMB: number;
}

async function fuzz(target: Target, cases: number): Promise<Row> {
  const started = performance.now();
  const found: { readonly number: number; readonly error: string }[] = [];
  let [values, refused, growth] = [0, 0, 0];
  let first = 0;
  // After a case that ended the thread the next thread goes on behind it.
  while (first < cases && found.length < 100) {
    const ending = await runThread(target, cases - first, first);
    if ('fault' in ending) {
      found.push({ number: ending.number, error: ending.fault });
      first = ending.number + 1;
      continue;
    }
    const { report } = ending;
    found.push(...report.findings);
    values += report.values;
    refused += report.refused;
    growth = Math.max(growth, report.growth.bytes);
    if (report.growth.bytes > MOST_GROWTH) {
      found.push({ number: report.growth.number, error: `the process grew by ${Math.round(report.growth.bytes / 2 ** 20)} MiB` });
    }
    break;
  }
  for (const { number, error } of found.slice(0, LISTED))
    console.log(`${target.name}, case ${number}: ${error}\n  ${reproduce(target.name, number)}`);
  return {
    target: target.name,
    cases,
    values,
    refused,
    findings: found.length,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    growthMB: Math.round(growth / 2 ** 20),
  };
}

const targets = fuzzTargets().filter(({ name }) => options.target === undefined || name === options.target);
const [only] = targets;
if (options.case !== undefined && only !== undefined) {
  const file = path.join(tmpdir(), `${only.name.replaceAll(/\W+/g, '_')}-${options.case}`);
  writeFileSync(file, caseBytes(only, Number(options.case)));
  console.log(`The damaged file is ${file}.`);
  console.log(await runCase(only, Number(options.case)));
} else {
  const each = Math.ceil(Number(options.cases) / targets.length);
  const rows: Row[] = [];
  for (const target of targets) rows.push(await fuzz(target, each));
  console.table(rows);
  const findings = rows.reduce((sum, row) => sum + row.findings, 0);
  const cases = rows.reduce((sum, row) => sum + row.cases, 0);
  console.log(`${cases} mutations, ${findings} findings (claim: 0)`);
  writeResult('fuzz', { cases, findings, rows });
  if (findings > 0) process.exitCode = 1;
}
