import { parseImageRule } from '../worker/data/imageRuleText.ts';
import { GraffitistError } from '../worker/errors.ts';
import type {
  CalibrationSetRequest,
  DataSummary,
  DataWarning,
  DocumentSummary,
  Engine,
  JobOptions,
  PinnedTraining,
  RunReport,
  RunRequest,
  TrainingOptions,
  TrainRequest,
} from '../worker/protocol.ts';
import { imageRule } from './dataArguments.ts';
import { pinnedSet } from './recipeData.ts';
import { presetFor } from './trainArguments.ts';
import { pipelineToTrain } from './trainPipeline.ts';
import type { TrainPlan } from './trainPlan.ts';

export interface PreparedTraining {
  readonly summary: DocumentSummary;
  /** Of the pipeline that made the graph to train. */
  readonly report: RunReport;
  readonly request: TrainRequest;
}

/** Opens graph and images, calibrates, and makes the graph to train. */
export async function prepareTraining(engine: Engine, plan: TrainPlan, job: JobOptions): Promise<PreparedTraining> {
  const { options, training, recipe, pinned, valData } = plan;
  const opened = await engine.open(plan.sources, job, { tag: options.saved_model_tag });
  const pipeline = pipelineToTrain(options, recipe, training.mode === 'float', opened);
  const data = await engine.openData(plan.data, job);
  refuseMissingLabels(training, data);
  const images = imageRule(options, pinned === null ? data.images : parseImageRule(pinned.images));
  const checked = options.no_check === true || options.resume === true ? [] : await engine.checkData(images, job);
  warn([...data.warnings, ...checked]);
  const set = calibrationSetOf(pipeline, opened, { size: plan.calibrationSize, seed: training.seed ?? 0, images });
  const summary = set === null ? opened : await withCalibrationSet(engine, set, job);
  const report = await engine.run({ ...pipeline, ...(options.superuser === true ? { superuser: true } : {}) }, job);
  const refused = report.steps.find((step) => step.error !== undefined)?.error;
  if (refused !== undefined) throw new GraffitistError(refused.code, refused.cause, refused);
  const held = valData === null ? (plan.heldOut ?? heldOutOf(pinned, data.count)) : 0;
  const storeEvery = plan.storeEvery ?? pinned?.storeEvery;
  const request: TrainRequest = {
    preset: presetFor(options.preset ?? pinned?.preset, training, Math.max(1, data.count - held)),
    ...{ options: training, images },
    validation: valData === null ? { kind: 'held-out', images: held } : { kind: 'data', data: valData },
    ...(storeEvery === undefined ? {} : { storeEvery }),
  };
  return { summary, report, request };
}

/** TRC5: held out where nothing else is said. */
const HELD_OUT = { part: 1 / 10, most: 1000 } as const;

/** As the recipe says it. @throws GraffitistError `data-missing` where it names a set of its own */
function heldOutOf(pinned: PinnedTraining | null, count: number): number {
  if (pinned === null) return Math.max(1, Math.min(HELD_OUT.most, Math.floor(count * HELD_OUT.part)));
  if (pinned.validation.kind === 'held-out') return pinned.validation.images;
  throw new GraffitistError('data-missing', `The recipe was validated on other data: ${pinned.validation.files.join(', ')}.`, {
    about: '--recipe',
    remedy: 'Name them with --val_data, or hold some images out with --val_images.',
  });
}

/** Told before calibration, which may take minutes; the engine would tell it behind that. */
function refuseMissingLabels({ targets = 'labels' }: Partial<TrainingOptions>, { labels }: DataSummary): void {
  if (targets === 'distillation' || labels !== null) return;
  throw new GraffitistError('data-missing', 'The images have no labels to train by.', {
    about: '--data',
    remedy: "Give labels with --labels, or train towards the float network's own outputs with --targets distillation.",
  });
}

/**
 * TRC5: the calibration set that is made where none is there: as the recipe says it, else chosen from the images that are trained on by the
 * run's seed. Null: none is needed.
 */
function calibrationSetOf(
  { steps, calibration: pinned }: RunRequest,
  { calibration }: DocumentSummary,
  own: CalibrationSetRequest,
): CalibrationSetRequest | null {
  const quantize = steps.find(({ transform, bypassed }) => transform === 'quantize' && !bypassed);
  if (calibration !== null || quantize === undefined || quantize.options.calibrate_quant_layers === false) return null;
  if (pinned?.images === undefined || pinned.size === undefined) return own;
  return pinnedSet(pinned.images, pinned.size, pinned);
}

async function withCalibrationSet(engine: Engine, request: CalibrationSetRequest, job: JobOptions): Promise<DocumentSummary> {
  const set = await engine.makeCalibrationSet(request, job);
  warn(set.warnings);
  return engine.add([set.array, set.list], job);
}

function warn(warnings: readonly DataWarning[]): void {
  for (const { rule, text, remedy } of warnings) process.stderr.write(`warning: ${text}${remedy === null ? '' : ` ${remedy}`} [${rule}]\n`);
}
