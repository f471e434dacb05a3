import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Seconds that the original takes for these transforms on a resnet_v1_152 file, its start included; undefined where GRAFFITIST_PYTHON
 * names no Python that has it.
 */
export function originalSeconds(graph: Uint8Array, transforms: readonly string[]): number | undefined {
  const python = process.env.GRAFFITIST_PYTHON;
  if (python === undefined) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'original-'));
  try {
    const [input, output] = [path.join(folder, 'in.pb'), path.join(folder, 'out.pb')];
    writeFileSync(input, graph);
    const names = ['--inputs', 'input', '--outputs', 'resnet_v1_152/predictions/Softmax', '--input_shape', '224,224,3'];
    const args = ['-m', 'graffitist.graffitize', '--in_graph', input, '--out_graph', output, ...names, '--transforms', ...transforms];
    const started = performance.now();
    const { status, stderr } = spawnSync(python, args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
    if (status !== 0) throw new Error(`The original failed: ${stderr.slice(-400)}`);
    return (performance.now() - started) / 1000;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
