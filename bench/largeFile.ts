/**
 * Claims, on a vgg16 of 550 MB: opened, rewritten (recipes 1 and 2 without calibration) and saved by the command line it takes at most
 * 2.2 times its size in memory beyond an idle process; the same with its weights in a checkpoint, frozen into one file. Reading and
 * indexing takes at most 1.2 times reading, saving at most twice copying a buffer of that size.
 * Run: npx tsx bench/largeFile.ts
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeResult } from './results.ts';

const RUNS = 3;
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'large-'));
const RECIPE_1 = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'];
const INTERFACE = ['--inputs', 'input', '--outputs', 'vgg_16/fc8/squeezed', '--input_shape', '224,224,3'];
const QUANTIZE = 'quantize(calibrate_quant_layers=False)';

function last<T>(output: string): T {
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as T;
}

interface Peak {
  readonly what: string;
  readonly fileMB: number;
  readonly peakMB: number;
  readonly ratio: number;
  readonly seconds: number;
}

/** Peak memory of one run of the command line in a process of its own, over the size of what it reads or writes, whichever is larger. */
function peakOf(what: string, input: string, size: number, extra: readonly string[], transforms: readonly string[]): Peak {
  const files = ['--in_graph', path.join(folder, input), '--out_graph', path.join(folder, 'out.pb')];
  const args = [here('large/commandLine.mjs'), ...extra, ...files, ...INTERFACE, '--transforms', ...transforms];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const { code, peak, ms } = last<{ code: number; peak: number; ms: number }>(stdout);
  if (code !== 0) throw new Error(stderr);
  return { what, fileMB: Math.round(size / 1e6), peakMB: Math.round(peak / 1e6), ratio: peak / size, seconds: ms / 1000 };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

try {
  // In a process of its own: what it takes must not count for the others.
  execFileSync(process.execPath, ['--import', 'tsx', here('large/generate.ts'), folder]);
  execFileSync(process.execPath, [here('../scripts/build.mjs'), 'cli'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const frozen = statSync(path.join(folder, 'frozen/vgg16.pb')).size;
  const data = statSync(path.join(folder, 'vgg16.ckpt.data-00000-of-00001')).size;
  const peaks = [
    peakOf('frozen graph, recipes 1 + 2', 'frozen/vgg16.pb', frozen, [], [...RECIPE_1, QUANTIZE]),
    peakOf('checkpoint, recipes 1 + 2', 'eval.pb', data, [], [...RECIPE_1, QUANTIZE]),
    peakOf('checkpoint, recipe 1, frozen', 'eval.pb', data, ['--freeze'], RECIPE_1),
  ];
  console.table(peaks.map((row) => ({ ...row, ratio: row.ratio.toFixed(2), seconds: row.seconds.toFixed(1) })));
  const args = ['--import', 'tsx', here('large/times.ts'), path.join(folder, 'frozen/vgg16.pb'), String(RUNS)];
  const times = last<Record<'read' | 'open' | 'copy' | 'save', number[]>>(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  const ms = Object.fromEntries(Object.entries(times).map(([what, list]) => [what, Math.round(mean(list))]));
  console.table([ms]);
  const [opening, saving] = [mean(times.open) / mean(times.read), mean(times.save) / mean(times.copy)];
  console.log(`peak ÷ file: ${Math.max(...peaks.map(({ ratio }) => ratio)).toFixed(2)} (claim ≤ 2.2)`);
  console.log(`(read + index) ÷ read: ${opening.toFixed(2)} (claim ≤ 1.2); save ÷ buffer copy: ${saving.toFixed(2)} (claim ≤ 2)`);
  writeResult('largeFile', { peaks, ms, opening, saving });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
