import { GraffitistError } from '../worker/errors.ts';
import type {
  DataRequest,
  DataSummary,
  DataWarning,
  DocumentSummary,
  Engine,
  JobOptions,
  RunReport,
  RunRequest,
  SourceFile,
  TrainingOptions,
  TrainRequest,
} from '../worker/protocol.ts';
import { dataRequest, imageRule } from './dataArguments.ts';
import { readModelFiles } from './files.ts';
import { backendName, listFiles, reportText } from './graffitizeCommand.ts';
import { modelPath } from './modelFolder.ts';
import { createNodeEngine } from './nodeEngine.ts';
import { checkOutput } from './outputs.ts';
import { progressView } from './progress.ts';
import { optionsGiven, presetFor, type TrainArguments } from './trainArguments.ts';
import { checkTrainFolder, dropRun, keepArguments, resumedArguments, type TrainFolder, trainFolder } from './trainFolder.ts';
import { Interrupt } from './trainInterrupt.ts';
import { writeTrained } from './trainOutputs.ts';
import { pipelineToTrain, readTrainRecipe, stepsNamed, type TrainRecipe } from './trainPipeline.ts';
import { pausedText, trainReportText } from './trainText.ts';
import { trainWatched } from './trainWatch.ts';
import { wholeNumber } from './wholeNumber.ts';

/**
 * Retrains a network: makes the graph to train, trains it, writes the inference graph that comes of it. Ctrl-C pauses, `--resume` goes on.
 * @param named the arguments that were written, by their names
 * @returns 0, or 130 where it was paused
 */
export async function trainCommand(given: TrainArguments, named: readonly string[]): Promise<number> {
  const plan = await planOf(given.resume === true ? await resumedArguments(given, named) : given);
  const { options, folder } = plan;
  const quiet = options.json === true;
  const engine = createNodeEngine({ backend: backendName(options.backend), runFolder: folder.run });
  const interrupt = new Interrupt(() => engine.pauseTraining());
  const progress = progressView(quiet);
  try {
    const job = { onProgress: progress.update, signal: interrupt.signal };
    const { summary, report, request } = await prepare(engine, plan, job);
    progress.end();
    await keepArguments(folder, options);
    const outcome = await trainWatched(engine, request, options.resume === true, { quiet, log: options.log, interrupt });
    if (outcome.ended === 'paused') {
      const view = await engine.training();
      if (view !== null) process.stderr.write(pausedText(view.step, view.setup, folder.results));
      return 130;
    }
    const written = await writeTrained(engine, folder.results, summary.name);
    await engine.discardTraining();
    await dropRun(folder);
    const training = outcome.report;
    process.stdout.write(
      quiet
        ? `${JSON.stringify({ document: summary, run: report, training, written }, null, 2)}\n`
        : `${reportText(summary, report, [])}\n${trainReportText(training)}${written.map((file) => `wrote ${file}\n`).join('')}`,
    );
    return 0;
  } finally {
    progress.end();
    interrupt.dispose();
    await engine.dispose();
  }
}

/** Everything that arguments say, read and checked before any work. */
interface Plan {
  readonly options: TrainArguments;
  readonly folder: TrainFolder;
  readonly training: Partial<TrainingOptions>;
  readonly recipe: TrainRecipe;
  readonly sources: readonly SourceFile[];
  readonly data: DataRequest;
  /** Images to validate on that are a set of their own. */
  readonly valData: DataRequest | null;
  readonly heldOut: number | null;
  readonly calibrationSize: number;
  readonly storeEvery: number | null;
}

async function planOf(options: TrainArguments): Promise<Plan> {
  const {
    in_ckpt: checkpoint,
    calibration,
    val_data: valData,
    val_images: held,
    store_every: every,
    calib_set_size: size = '50',
  } = options;
  const graph = await modelPath(required(options.in_graph));
  const training = optionsGiven(options);
  presetFor(options.preset, training, 1);
  if (valData !== undefined && held !== undefined) {
    throw new GraffitistError('option-invalid', 'Images are held out, and others are given to validate on.', {
      about: '--val_images',
      remedy: 'Leave out --val_images or --val_data.',
    });
  }
  const recipe = await readTrainRecipe(options.recipe);
  const folder = trainFolder(options);
  const plan: Plan = {
    ...{ options, folder, training, recipe },
    heldOut: held === undefined ? null : wholeNumber(held, '--val_images', 1),
    calibrationSize: wholeNumber(size, '--calib_set_size', 1),
    storeEvery: every === undefined ? null : wholeNumber(every, '--store_every', 1),
    sources: await readModelFiles(graph, { checkpoint, calibration, lists: listFiles({ steps: stepsNamed(options, recipe) }) }),
    data: await dataRequest(options),
    valData: valData === undefined ? null : await dataRequest({ ...options, data: valData }),
  };
  if (options.log !== undefined) await checkOutput(options.log, []);
  if (options.resume !== true) await checkTrainFolder(folder, options, plan.sources);
  return plan;
}

interface Prepared {
  readonly summary: DocumentSummary;
  /** Of the pipeline that made the graph to train. */
  readonly report: RunReport;
  readonly request: TrainRequest;
}

/** Opens graph and images, calibrates, and makes the graph to train. */
async function prepare(engine: Engine, plan: Plan, job: JobOptions): Promise<Prepared> {
  const { options, training, recipe, valData, storeEvery } = plan;
  const opened = await engine.open(plan.sources, job, { tag: options.saved_model_tag });
  const pipeline = pipelineToTrain(options, recipe, training.mode === 'float', opened);
  const data = await engine.openData(plan.data, job);
  refuseMissingLabels(training, data);
  const images = imageRule(options, data.images);
  const checked = options.no_check === true || options.resume === true ? [] : await engine.checkData(images, job);
  warn([...data.warnings, ...checked]);
  const summary = needsCalibrationSet(pipeline, opened) ? await withCalibrationSet(engine, plan, images, job) : opened;
  const report = await engine.run({ ...pipeline, ...(options.superuser === true ? { superuser: true } : {}) }, job);
  const refused = report.steps.find((step) => step.error !== undefined)?.error;
  if (refused !== undefined) throw new GraffitistError(refused.code, refused.cause, refused);
  const held = plan.heldOut ?? Math.max(1, Math.min(HELD_OUT.most, Math.floor(data.count * HELD_OUT.part)));
  const request: TrainRequest = {
    preset: presetFor(options.preset, training, Math.max(1, data.count - (valData === null ? held : 0))),
    ...{ options: training, images },
    validation: valData === null ? { kind: 'held-out', images: held } : { kind: 'data', data: valData },
    ...(storeEvery === null ? {} : { storeEvery }),
  };
  return { summary, report, request };
}

/** TRC5: held out where nothing else is said. */
const HELD_OUT = { part: 1 / 10, most: 1000 } as const;

/** Told before calibration, which may take minutes; the engine would tell it behind that. */
function refuseMissingLabels({ targets = 'labels' }: Partial<TrainingOptions>, { labels }: DataSummary): void {
  if (targets === 'distillation' || labels !== null) return;
  throw new GraffitistError('data-missing', 'The images have no labels to train by.', {
    about: '--data',
    remedy: "Give labels with --labels, or train towards the float network's own outputs with --targets distillation.",
  });
}

function needsCalibrationSet({ steps }: RunRequest, { calibration }: DocumentSummary): boolean {
  const quantize = steps.find(({ transform, bypassed }) => transform === 'quantize' && !bypassed);
  return calibration === null && quantize !== undefined && quantize.options.calibrate_quant_layers !== false;
}

/** TRC5: chosen from the images that are trained on, by the run's seed. */
async function withCalibrationSet(
  engine: Engine,
  { training, calibrationSize }: Plan,
  images: TrainRequest['images'],
  job: JobOptions,
): Promise<DocumentSummary> {
  const set = await engine.makeCalibrationSet({ images, size: calibrationSize, seed: training.seed ?? 0 }, job);
  warn(set.warnings);
  return engine.add([set.array, set.list], job);
}

function required(value: string | undefined): string {
  if (value !== undefined) return value;
  throw new GraffitistError('option-invalid', 'The argument --in_graph is required.', {
    about: '--in_graph',
    remedy: 'graffitize train -h lists every argument.',
  });
}

function warn(warnings: readonly DataWarning[]): void {
  for (const { rule, text, remedy } of warnings) process.stderr.write(`warning: ${text}${remedy === null ? '' : ` ${remedy}`} [${rule}]\n`);
}
