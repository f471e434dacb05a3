import path from 'node:path';
import { genericRecipes } from '../worker/engine/recipes.ts';
import { GraffitistError } from '../worker/errors.ts';
import type { DocumentSummary, Engine, JobOptions, RunRequest, TrainingOptions, TrainOutcome, TrainRequest } from '../worker/protocol.ts';
import { isTrainable, trainingSteps } from '../worker/zoo/trainingRoad.ts';
import { type DataArguments, dataRequest, imageRule } from './dataArguments.ts';
import { readModelFiles } from './files.ts';
import { backendName, listFiles, requestFor } from './graffitizeCommand.ts';
import { modelPath } from './modelFolder.ts';
import { createNodeEngine } from './nodeEngine.ts';
import { checkFolder, checkOutput, writeOutputs } from './outputs.ts';
import { readRecipeArgument } from './recipeArgument.ts';
import { trainingArguments } from './trainingOptionArguments.ts';
import { trainProgress } from './trainProgress.ts';
import { trainCsv, trainText } from './trainText.ts';

/** What `graffitize train` takes: the arguments of the original's train_imagenet_tf.py (facts 8.1) under its own names, and ours. */
export interface TrainCommandOptions extends DataArguments {
  readonly in_graph?: string;
  readonly in_ckpt?: string;
  readonly saved_model_tag?: string;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly input_shape?: readonly string[];
  readonly transforms?: readonly string[];
  readonly recipe?: string;
  readonly calibration?: readonly string[];
  readonly val_data?: readonly string[];
  readonly val_images?: string;
  readonly preset?: string;
  readonly out_dir?: string;
  readonly resume?: boolean;
  readonly store_every?: string;
  readonly log?: string;
  readonly backend: string;
  readonly json?: boolean;
  /** Options of the run, as `trainingArguments` reads them. */
  readonly [option: string]: unknown;
}

/** A run of more steps than this has the published constants, unless a preset is named. */
const SHORT = 5000;
/** Images held out for validation where nothing is said: a tenth, at most so many. */
const HELD_OUT = { part: 10, most: 1000 } as const;
/** Images of the calibration set that is made where none is there. */
const CALIBRATION = 50;

/** Trains weights and thresholds, and writes the inference graph with what was found. Ctrl-C pauses; `--resume` goes on. */
export async function trainCommand(options: TrainCommandOptions): Promise<number> {
  const graph = await modelPath(required(options.in_graph, '--in_graph'));
  const given = trainingArguments(options);
  const out = options.out_dir ?? `${graph.replace(/\.[^./\\]+$/, '')}_trained`;
  await checkFolder(out);
  for (const file of [options.log]) if (file !== undefined) await checkOutput(file, []);
  const engine = createNodeEngine({ backend: backendName(options.backend), runFolder: path.join(out, 'run') });
  const progress = trainProgress(engine, options.json === true);
  const job = { onProgress: progress.update, signal: stopsOnSignal(engine) };
  try {
    const request = await runPipeline(engine, graph, options, given, job);
    const outcome =
      options.resume === true ? await resume(engine, options, job) : await engine.train(await trainRequest(options, given, request), job);
    progress.end();
    if (options.log !== undefined) await writeLog(engine, options.log);
    return await finish(engine, outcome, out, options.json === true);
  } finally {
    progress.end();
    await engine.dispose();
  }
}

/** The first Ctrl-C pauses the run, or ends what comes before it; the second ends it. */
function stopsOnSignal(engine: Engine): AbortSignal {
  const stop = new AbortController();
  let asked = false;
  process.on('SIGINT', () => {
    if (asked) stop.abort();
    asked = true;
    void engine.training(Number.POSITIVE_INFINITY).then((view) => {
      if (view?.state === 'running') return engine.pauseTraining();
      if (view?.state !== 'pausing') stop.abort();
      return undefined;
    });
  });
  return stop.signal;
}

interface OpenedData {
  readonly images: TrainRequest['images'];
  readonly count: number;
  readonly quantized: boolean;
}

/** Opens graph and data, makes a calibration set where there is none, and runs what makes a graph to train. */
async function runPipeline(
  engine: Engine,
  graph: string,
  options: TrainCommandOptions,
  given: Partial<TrainingOptions>,
  job: JobOptions,
): Promise<OpenedData> {
  const { in_ckpt: checkpoint, calibration, saved_model_tag: tag } = options;
  const recipe = options.recipe === undefined ? null : await readRecipeArgument(options.recipe);
  const planned =
    recipe !== null || options.transforms !== undefined ? requestFor({ ...PLACES, ...options }, recipe?.request ?? null) : null;
  const lists = planned === null ? [] : listFiles(planned);
  const summary = await engine.open(await readModelFiles(graph, { checkpoint, calibration, lists }), job, { tag });
  const data = await engine.openData(await dataRequest(options), job);
  for (const warning of data.warnings) warn(warning);
  const images = imageRule(options, data.images);
  const base = recipe?.forDocument(summary) ?? (await defaultRequest(engine, summary, given.mode === 'float'));
  const request = requestFor(options, base);
  const quantizes = request.steps.some(({ transform, bypassed }) => transform === 'quantize' && !bypassed);
  if (quantizes && summary.calibration === null) await makeCalibrationSet(engine, images, given.seed ?? 0, job);
  const report = await engine.run(request, job);
  const refused = report.steps.find((step) => step.error !== undefined)?.error;
  if (refused !== undefined) throw new GraffitistError(refused.code, refused.cause, refused);
  return { images, count: data.count, quantized: quantizes };
}

/** Stands for the interface while only a pipeline's text files are looked for. */
const PLACES = { inputs: ['input'], outputs: ['output'], input_shape: ['1'] };

/** Recipe 3a for what was opened: thawed before where it was exported for evaluation; without quantizers where floats are tuned. */
async function defaultRequest(engine: Engine, summary: DocumentSummary, float: boolean): Promise<RunRequest> {
  const recipes = [...(await engine.recipes()), ...genericRecipes(summary.guess)];
  const recipe = recipes.find(({ name }) => name === 'train-int8');
  if (recipe === undefined) throw new GraffitistError('internal', 'There is no recipe for training.');
  const steps = trainingSteps(summary.form, recipe, []).map((step, index) => ({ id: `${index + 1}`, ...step }));
  const wanted = float
    ? steps.filter(({ transform }) => transform !== 'quantize' && (transform !== 'fold_batch_norms' || isTrainable(summary.form)))
    : steps;
  return { interface: summary.guess, steps: wanted };
}

async function makeCalibrationSet(engine: Engine, images: TrainRequest['images'], seed: number, job: JobOptions): Promise<void> {
  const set = await engine.makeCalibrationSet({ images, size: CALIBRATION, seed }, job);
  for (const warning of set.warnings) warn(warning);
  await engine.add([set.array, set.list], job);
}

async function trainRequest(
  options: TrainCommandOptions,
  given: Partial<TrainingOptions>,
  { images, count }: OpenedData,
): Promise<TrainRequest> {
  const every = options.store_every === undefined ? {} : { storeEvery: wholeNumber(options.store_every, '--store_every') };
  const validation = await validationOf(options, count);
  const training = validation.kind === 'held-out' ? count - validation.images : count;
  const steps = given.steps ?? ((given.epochs ?? 5) * training) / (given.batchSize ?? 24);
  return { preset: presetOf(options.preset, steps), options: given, images, validation, ...every };
}

function presetOf(text: string | undefined, steps: number): TrainRequest['preset'] {
  if (text === undefined) return steps > SHORT ? 'published' : 'short';
  if (text === 'short' || text === 'published') return text;
  throw new GraffitistError('option-invalid', `'${text}' is no preset.`, { about: '--preset', remedy: 'Choose short or published.' });
}

async function validationOf(options: TrainCommandOptions, count: number): Promise<TrainRequest['validation']> {
  if (options.val_data !== undefined) {
    if (options.val_images !== undefined) {
      throw new GraffitistError('option-invalid', 'Validation images are given, and a number of images to hold out.', {
        about: '--val_images',
        remedy: 'Leave out --val_images or --val_data.',
      });
    }
    return { kind: 'data', data: await dataRequest({ ...options, data: options.val_data }) };
  }
  const held = Math.max(1, Math.min(HELD_OUT.most, Math.floor(count / HELD_OUT.part)));
  return { kind: 'held-out', images: options.val_images === undefined ? held : wholeNumber(options.val_images, '--val_images') };
}

async function resume(engine: Engine, options: TrainCommandOptions, job: JobOptions): Promise<TrainOutcome> {
  const validation = options.val_data === undefined ? undefined : await validationOf(options, 0);
  const view = await engine.restoreTraining(validation);
  if (view === null) {
    throw new GraffitistError('training-state', 'No run of this graph and pipeline that could go on is stored there.', {
      about: '--resume',
      remedy: 'Give the arguments of the run that was paused, --out_dir among them, or start a new one.',
    });
  }
  process.stderr.write(`Goes on after step ${view.step} of ${view.setup.steps}.\n`);
  return engine.resumeTraining(job);
}

async function finish(engine: Engine, outcome: TrainOutcome, out: string, json: boolean): Promise<number> {
  if (outcome.ended === 'paused') {
    const view = await engine.training(Number.POSITIVE_INFINITY);
    process.stderr.write(`Paused after step ${view?.step} of ${view?.setup.steps}. The same command with --resume goes on.\n`);
    return 130;
  }
  const parts = [
    ...(await engine.download('frozen')),
    ...(await engine.download('graffitist')).map((file) => ({ ...file, name: path.join('graffitist', file.name) })),
    ...(await engine.download('recipe')),
    ...(await engine.download('training-report')),
  ];
  const outputs = parts.map(({ name, blob }) => ({ path: path.join(out, name), blob }));
  await writeOutputs(outputs);
  await engine.discardTraining();
  const written = outputs.map((output) => output.path);
  process.stdout.write(json ? `${JSON.stringify({ report: outcome.report, written }, null, 2)}\n` : trainText(outcome.report, written));
  return 0;
}

async function writeLog(engine: Engine, file: string): Promise<void> {
  const view = await engine.training(0);
  if (view !== null) await writeOutputs([{ path: file, blob: new Blob([trainCsv(view)]) }]);
}

function required(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw new GraffitistError('option-invalid', `The argument ${name} is required.`, {
    about: name,
    remedy: 'graffitize train -h lists every argument.',
  });
}

function wholeNumber(text: string, about: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 1) return Number(text);
  throw new GraffitistError('option-invalid', `'${text}' is no whole number.`, { about, remedy: 'Give a whole number from 1 on.' });
}

function warn({ rule, text, remedy }: { readonly rule: string; readonly text: string; readonly remedy: string | null }): void {
  process.stderr.write(`warning: ${text}${remedy === null ? '' : ` ${remedy}`} [${rule}]\n`);
}
