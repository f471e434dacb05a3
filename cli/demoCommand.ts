import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { recipeSteps } from '../worker/engine/recipes.ts';
import { GraffitistError } from '../worker/errors.ts';
import type { ImageRuleName } from '../worker/protocol.ts';
import { dataRequest } from './dataArguments.ts';
import { readModelFiles } from './files.ts';
import { isCalibrated, reportText, writeResults } from './graffitizeCommand.ts';
import { quantizerCells } from './inspectCommand.ts';
import { createNodeEngine } from './nodeEngine.ts';
import { checkFolder } from './outputs.ts';
import { progressView } from './progress.ts';
import { table } from './table.ts';
import { evaluationText } from './validateText.ts';

const sample = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../public/sample');

/** The main job on the sample model: float network to static INT8, with tables of what happened and of what it does to accuracy. */
export async function demoCommand(out: string): Promise<number> {
  const index = JSON.parse(await (await import('node:fs/promises')).readFile(path.join(sample, 'index.json'), 'utf8')) as {
    readonly graph: string;
    readonly data: string;
    readonly preprocessing: ImageRuleName;
    readonly interface: { readonly inputs: string[]; readonly outputs: string[]; readonly shape: number[] };
  };
  await checkFolder(out);
  const progress = progressView(false);
  const engine = createNodeEngine({ backend: 'wasm' });
  try {
    const job = { onProgress: progress.update };
    const summary = await engine.open(await readModelFiles(path.join(sample, index.graph), {}), job);
    const report = await engine.run({ interface: index.interface, steps: recipeSteps('static-int8') }, job);
    const refused = report.steps.find((step) => step.error !== undefined)?.error;
    if (refused !== undefined) throw new GraffitistError(refused.code, refused.cause, refused);
    const stages = await engine.stages();
    const quantizers = await engine.quantizers(stages.length - 1);
    const data = await engine.openData(await dataRequest({ data: [path.join(sample, index.data)] }), job);
    const evaluation = await engine.validate(
      {
        networks: [
          { kind: 'stage', stage: 0, title: 'float' },
          { kind: 'stage', stage: stages.length - 1, title: 'static INT8' },
        ],
        images: { name: index.preprocessing },
      },
      job,
    );
    progress.end();
    const written = await writeResults(engine, {
      graph: path.join(out, `${path.basename(index.graph, '.pb')}_int8.pb`),
      container: 'pb',
      folder: out,
      freeze: true,
      calibrated: isCalibrated(report),
    });
    const head = ['quantizer', 'kind', 'bits', 'scale', 'threshold', 'shared with'];
    process.stdout.write(`${table(head, quantizers.map(quantizerCells))}\n\n${reportText(summary, report, written)}`);
    process.stdout.write(`\n${evaluationText(evaluation, data)}`);
    const [float, quantized] = evaluation.networks.map(({ top1 }) => top1?.value ?? 0);
    if ((quantized ?? 0) < (float ?? 0) / 2) {
      process.stdout.write(
        'As with real MobileNets, one power-of-2 threshold per tensor does not fit channels of very different range:\n' +
          'the thresholds table shows the depthwise weights with the widest scales (public/sample/README.md).\n',
      );
    }
    return 0;
  } finally {
    progress.end();
    await engine.dispose();
  }
}
