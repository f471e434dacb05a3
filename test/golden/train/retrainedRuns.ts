import { openDocument } from '../../../worker/engine/document.ts';
import { type Calibrated, type RunServices, runPipeline } from '../../../worker/engine/run.ts';
import { openedStage, type StageState } from '../../../worker/engine/stage.ts';
import { openCheckpoint } from '../../../worker/formats/checkpoint.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { Model, VariableSource } from '../../../worker/graph/model.ts';
import type { GraphInterface, RunRequest, SourceFile } from '../../../worker/protocol.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import type { VariableValues } from '../../../worker/train/types.ts';
import { parseExpression } from '../../../worker/transforms/expression.ts';

/** A pipeline that has run: what `retrainedStage` starts from. */
export interface RunToTrain {
  readonly opened: Model;
  readonly request: RunRequest;
  readonly stages: readonly StageState[];
  readonly trained: number;
  readonly textOf: (name: string) => Promise<string>;
}

/** log2 t by variable, for those that a quantized graph reads. */
export type ThresholdsOf = (variables: readonly string[]) => ReadonlyMap<string, number>;

/** Opens files and runs transforms, each step done; in the place of a calibration `thresholds` says what it finds. @throws what refused a step */
export async function runToTrain(
  files: readonly SourceFile[],
  graphInterface: GraphInterface,
  transforms: readonly string[],
  thresholds: ThresholdsOf = () => new Map(),
): Promise<RunToTrain> {
  const { model: opened } = await openedStage(await openDocument(files));
  const steps = transforms.map((text, index) => ({ id: `${index + 1}`, ...parseExpression(text), bypassed: false }));
  const request = { interface: graphInterface, steps };
  const textOf = async (name: string): Promise<string> => {
    throw new Error(`No file '${name}'.`);
  };
  const calibrate = async ({ placed: { graph } }: { readonly placed: Model }): Promise<Calibrated> => {
    const found = thresholds([...new Set(readQuantizers(graph).map(({ threshold }) => threshold))]);
    const [counts, lists] = [
      { images: 0, quantizers: found.size, ms: 0, searchMs: 0, recomputed: 0, peakBytes: 0 },
      { inexact: [], warnings: [] },
    ];
    const calibration = { ...counts, ...lists, backend: 'none' };
    return { thresholds: found, statistics: new Map(), calibration };
  };
  const services: RunServices = { textOf, calibrate };
  const { stages, report } = await runPipeline(opened, request, services, {});
  const refused = report.steps.find(({ error }) => error !== undefined)?.error;
  if (refused !== undefined) throw new Error(`${refused.about}: ${refused.cause}`);
  return { opened, request, stages, trained: stages.length, textOf };
}

/** All float32 variables of a checkpoint, as a run would hand them over. */
export async function valuesOf(source: VariableSource): Promise<VariableValues> {
  const values = new Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>();
  for (const [name, { dtype, shape }] of source.entries) {
    if (dtype === 'float32') values.set(name, { shape, values: Float32Array.from(tensorNumbers(await source.read(name))) });
  }
  return values;
}

/** @throws where there is none among the files */
export async function checkpointAmong(files: readonly SourceFile[]): Promise<VariableSource> {
  const found = await openCheckpoint(files);
  if (found === undefined) throw new Error('There is no checkpoint among these files.');
  return found;
}
