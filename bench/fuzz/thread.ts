import { parentPort, workerData } from 'node:worker_threads';
import { runCase } from './cases.ts';
import { fuzzTargets } from './targets.ts';

/** What the thread is told; `at` counts the cases that are done, for whoever watches. */
export interface ThreadData {
  readonly target: string;
  readonly first: number;
  readonly count: number;
  readonly at: SharedArrayBuffer;
}

/** What it answers at the end. */
export interface ThreadReport {
  readonly values: number;
  readonly refused: number;
  readonly findings: readonly { readonly number: number; readonly error: string }[];
  /** The most that the process grew by during one case, in bytes. */
  readonly growth: { readonly number: number; readonly bytes: number };
}

const { target: name, first, count, at } = workerData as ThreadData;
const target = fuzzTargets().find((one) => one.name === name);
if (target === undefined) throw new Error(`There is no target '${name}'.`);
const done = new Int32Array(at);
const findings: { number: number; error: string }[] = [];
let [values, refused] = [0, 0];
let growth = { number: first, bytes: 0 };
for (let number = first; number < first + count; number++) {
  const before = process.resourceUsage().maxRSS * 1024;
  const outcome = await runCase(target, number);
  const bytes = process.resourceUsage().maxRSS * 1024 - before;
  // The first cases load and compile the code.
  if (number > first + 50 && bytes > growth.bytes) growth = { number, bytes };
  if (outcome === 'value') values++;
  else if (outcome === 'refused') refused++;
  else findings.push({ number, error: outcome.error });
  Atomics.add(done, 0, 1);
}
parentPort?.postMessage({ values, refused, findings, growth } satisfies ThreadReport);
