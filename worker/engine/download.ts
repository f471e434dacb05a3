import { GraffitistError } from '../errors.ts';
import { withThresholds } from '../evaluate/compareOutputs.ts';
import type { Exportable } from '../export/exportable.ts';
import { type Container, frozenFiles, graffitistFiles, variableFiles } from '../export/files.ts';
import { type CodesOf, quantParamFiles } from '../export/quantParams.ts';
import { zipFiles } from '../export/zip.ts';
import { sha256 } from '../formats/sha256.ts';
import type { DownloadForm, GraphContainer, JobOptions, RunRequest, SourceFile } from '../protocol.ts';
import type { OpenDocument } from './document.ts';
import { pinnedCalibration } from './pinnedCalibration.ts';
import { recipeOf } from './recipe.ts';
import { reportFile, type TrainedRun, trainedVariables } from './retrainedFiles.ts';
import { type StageState, stageQuantizers } from './stage.ts';

/** What there is to save. */
export interface Saved {
  readonly document: OpenDocument;
  readonly stage: StageState;
  readonly request: RunRequest | null;
  readonly codesOf: CodesOf;
  /** Lists of calibration sets that were made, for the recipe. */
  readonly lists: readonly SourceFile[];
  /** The training run that made the stage; null: none did. */
  readonly training: TrainedRun | null;
}

/**
 * The files of one download, the graph first.
 * @throws GraffitistError `variable-missing`, `threshold-missing`; `recipe-invalid` where no run was made, `option-invalid` where quantizer
 *   parameters are asked for and were not dumped, `training-state` where the report is asked for and nothing was trained
 */
export async function downloadFiles(form: DownloadForm, saved: Saved, job: JobOptions): Promise<SourceFile[]> {
  if (form === 'recipe') return [await recipeFile(saved)];
  if (form === 'zip') return [await zipFile(saved, job)];
  if (form === 'checkpoint') return checkpointOf(saved);
  if (form === 'quant-params') return parameterFiles(saved);
  if (form === 'training-report') return [trainingReport(saved)];
  const [kind, container] = formParts(form);
  const files = await graphFiles(kind, saved, container === 'saved-model-zip' ? 'saved-model' : container);
  return container === 'saved-model-zip' ? [await zipFiles(files, `${fileName(saved)}_saved_model.zip`, job)] : files;
}

type GraphKind = 'frozen' | 'graffitist';

function formParts(
  form: Exclude<DownloadForm, 'recipe' | 'training-report' | 'zip' | 'checkpoint' | 'quant-params'>,
): readonly [GraphKind, GraphContainer | 'pb'] {
  const [kind, container] = /^(frozen|graffitist)(?:-(.*))?$/.exec(form)?.slice(1) ?? [];
  return [kind as GraphKind, (container ?? 'pb') as GraphContainer | 'pb'];
}

async function graphFiles(kind: GraphKind, saved: Saved, container: Container): Promise<SourceFile[]> {
  return kind === 'frozen' ? frozenFiles(saved.stage, fileName(saved), container) : allGraffitistFiles(saved, container);
}

/** EXP2, EXP10 … EXP12: what the original writes, quantizer parameters among it where they were dumped. */
async function allGraffitistFiles(saved: Saved, container: Container): Promise<SourceFile[]> {
  const { stage, document } = saved;
  const { quantization } = stage;
  const source = {
    ...stage,
    ...(quantization === undefined ? {} : { calibrated: quantization.calibrated }),
    ...(quantization?.shifted === true ? { unshifted: quantization.found } : {}),
    ...(await trainedPart(saved)),
  };
  const files = await graffitistFiles(source, fileName(saved), document.checkpoint?.prefix ?? null, container);
  return quantization?.dumped == null ? files : [...files, ...(await parameterFiles(saved))];
}

/** RET12 */
async function trainedPart({ training }: Saved): Promise<Pick<Exportable, 'trainedVariables'>> {
  return training === null ? {} : { trainedVariables: await trainedVariables(training) };
}

function trainingReport({ training, document }: Saved): SourceFile {
  if (training !== null) return reportFile(training.report, document.name);
  throw new GraffitistError('training-state', 'Nothing was trained that a report could be about.', { remedy: 'Train first.' });
}

async function parameterFiles({ stage, codesOf }: Saved): Promise<SourceFile[]> {
  const dumped = stage.quantization?.dumped;
  if (dumped == null) {
    throw new GraffitistError('option-invalid', 'Quantizer parameters are written where quantize has dump_quant_params=True.', {
      about: 'dump_quant_params',
      remedy: 'Set the option and run again.',
    });
  }
  return quantParamFiles(dumped, (model, nodes) => codesOf(withThresholds(model, dumped.thresholds), nodes));
}

async function checkpointOf(saved: Saved): Promise<SourceFile[]> {
  const files = await variableFiles({ ...saved.stage, ...(await trainedPart(saved)) }, `${fileName(saved)}.ckpt`);
  if (files.length > 0) return files;
  throw new GraffitistError('variable-missing', 'The graph has no variables: its weights are constants.', {
    remedy: 'Save the graph instead.',
  });
}

/** An unchanged graph keeps its name; otherwise the name tells what was done. */
function fileName({ document, stage, training }: Saved): string {
  if (training !== null) return `${document.name}_retrained`;
  if (stage.step === null) return document.name;
  return `${document.name}_${stageQuantizers(stage).length > 0 ? 'quant' : 'opt'}`;
}

async function recipeFile({ document, request, lists, training }: Saved): Promise<SourceFile> {
  if (request === null)
    throw new GraffitistError('recipe-invalid', 'There is no run to save as a recipe.', { remedy: 'Run the pipeline first.' });
  const { graphFile, calibration } = document;
  const pinned = training === null ? request : { ...request, training: training.pinned };
  const recipe = recipeOf(pinned, {
    model: { name: graphFile.name, sha256: await sha256(graphFile.blob) },
    calibration:
      calibration === null ? (request.calibration ?? null) : await pinnedCalibration(calibration.file, [...lists, ...document.files]),
  });
  return { name: `${document.name}_recipe.json`, blob: new Blob([`${JSON.stringify(recipe, null, 2)}\n`]) };
}

/** Both forms, the recipe, and the report where it was trained; the graph with variables goes into a folder of its own, for its name is the frozen one's. */
async function zipFile(saved: Saved, job: JobOptions): Promise<SourceFile> {
  const frozen = await graphFiles('frozen', saved, 'pb');
  const variables = await graphFiles('graffitist', saved, 'pb');
  const recipe = saved.request === null ? [] : [await recipeFile(saved)];
  const folder = variables.map((file) => ({ ...file, name: `graffitist/${file.name}` }));
  const report = saved.training === null ? [] : [trainingReport(saved)];
  return zipFiles([...frozen, ...folder, ...recipe, ...report], `${saved.document.name}.zip`, job);
}
