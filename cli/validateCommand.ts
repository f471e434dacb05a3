import { appendFile } from 'node:fs/promises';
import { GraffitistError } from '../worker/errors.ts';
import { confusionCsv, toCsv, toJson } from '../worker/evaluate/report.ts';
import type { DocumentSummary, Engine, GraphInterface, JobOptions, NetworkRef, ValidateRequest } from '../worker/protocol.ts';
import { type DataArguments, dataRequest, imageRule } from './dataArguments.ts';
import { readModelFiles } from './files.ts';
import { genCalibSetCommand } from './genCalibSetCommand.ts';
import { backendName, listFiles, requestFor } from './graffitizeCommand.ts';
import { modelPath } from './modelFolder.ts';
import { createNodeEngine } from './nodeEngine.ts';
import { checkOutput, writeOutputs } from './outputs.ts';
import { progressView } from './progress.ts';
import { readRecipeArgument } from './recipeArgument.ts';
import { evaluationText, resultLines } from './validateText.ts';

/** What `graffitize validate` takes: the arguments of the original's validate_imagenet_tf.py (facts 7) under its own names, and ours. */
export interface ValidateOptions extends DataArguments {
  readonly in_graph?: string;
  readonly against?: string;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly input_shape?: readonly string[];
  readonly in_ckpt?: string;
  readonly against_ckpt?: string;
  readonly saved_model_tag?: string;
  readonly recipe?: string;
  readonly transforms?: readonly string[];
  readonly calibration?: readonly string[];
  readonly superuser?: boolean;
  readonly batch_size?: string;
  readonly limit?: string;
  readonly seed?: string;
  readonly backend: string;
  readonly no_check?: boolean;
  /** As in the original's script: makes a calibration set instead. */
  readonly gen_calib_set?: boolean;
  readonly calib_set_size?: string;
  readonly csv?: string;
  readonly confusion?: string;
  readonly append?: string;
  readonly json?: boolean;
}

/** Runs one or two networks over images: accuracy, and how the second differs from the first. Or makes a calibration set of the images. */
export async function validateCommand(options: ValidateOptions): Promise<number> {
  const { calib_set_size: size } = options;
  if (options.gen_calib_set === true) return genCalibSetCommand({ ...options, ...(size === undefined ? {} : { size }) });
  const graph = await modelPath(required(options.in_graph));
  const limits = countsOf(options);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const progress = progressView(options.json === true);
  const job = { onProgress: progress.update, signal: stop.signal };
  const engine = createNodeEngine({ backend: backendName(options.backend) });
  try {
    for (const file of [options.csv, options.confusion, options.append]) if (file !== undefined) await checkOutput(file, []);
    const networks = await openNetworks(engine, graph, options, job);
    const data = await engine.openData(await dataRequest(options), job);
    const images = imageRule(options, data.images);
    const checked = options.no_check === true ? [] : await engine.checkData(images, job);
    progress.end();
    for (const warning of [...data.warnings, ...checked]) warn(warning);
    const evaluation = await engine.validate({ ...networks, images, ...limits }, job);
    progress.end();
    for (const warning of evaluation.warnings) warn(warning);
    await writeOutputs([
      ...(options.csv === undefined ? [] : [{ path: options.csv, blob: new Blob([toCsv(evaluation)]) }]),
      ...(options.confusion === undefined ? [] : [{ path: options.confusion, blob: new Blob([confusionCsv(evaluation)]) }]),
    ]);
    if (options.append !== undefined) await appendFile(options.append, resultLines(evaluation, data.title));
    process.stdout.write(options.json === true ? toJson(evaluation) : evaluationText(evaluation, data));
    return 0;
  } finally {
    progress.end();
    await engine.dispose();
  }
}

/** Opens the graph, runs its pipeline where one is given, and says what is evaluated: the graph, alone or beside another or its result. */
async function openNetworks(
  engine: Engine,
  graph: string,
  options: ValidateOptions,
  job: JobOptions,
): Promise<Pick<ValidateRequest, 'networks' | 'interface'>> {
  const { against, in_ckpt: checkpoint, calibration, saved_model_tag: tag } = options;
  const recipe = options.recipe === undefined ? null : await readRecipeArgument(options.recipe);
  const isRun = recipe !== null || options.transforms !== undefined;
  if (isRun && against !== undefined) {
    throw new GraffitistError('option-invalid', 'A network is compared with the result of its pipeline or with another one.', {
      about: '--against',
      remedy: 'Leave out --against, or --recipe and --transforms.',
    });
  }
  const lists = isRun ? listFiles(requestFor({ ...PLACES, ...options }, recipe?.request ?? null)) : [];
  const summary = await engine.open(await readModelFiles(graph, { checkpoint, calibration, lists }), job, { tag });
  const original: NetworkRef = { kind: 'stage', stage: 0, title: summary.files[0]?.name ?? summary.name };
  if (isRun) {
    const base = recipe?.forDocument(summary) ?? { interface: summary.guess, steps: [] };
    const request = requestFor(options, base);
    const report = await engine.run({ ...request, ...(options.superuser === true ? { superuser: true } : {}) }, job);
    const refused = report.steps.find((step) => step.error !== undefined)?.error;
    if (refused !== undefined) throw new GraffitistError(refused.code, refused.cause, refused);
    return { networks: [original, { kind: 'stage', stage: (await engine.stages()).length - 1, title: options.recipe ?? 'result' }] };
  }
  const wanted = interfaceOf(options, summary);
  const given = wanted === null ? {} : { interface: wanted };
  if (against === undefined) return { networks: [original], ...given };
  const files = await readModelFiles(await modelPath(against), { checkpoint: options.against_ckpt });
  return { networks: [original, { kind: 'files', files }], ...given };
}

/** Stands for the interface while only a pipeline's text files are looked for. */
const PLACES = { inputs: ['input'], outputs: ['output'], input_shape: ['1'] };

/** What the arguments say of the interface, the rest as it was guessed; null where they say nothing. */
function interfaceOf({ inputs, outputs, input_shape: shape }: ValidateOptions, { guess }: DocumentSummary): GraphInterface | null {
  if (inputs === undefined && outputs === undefined && shape === undefined) return null;
  const base = { interface: { ...guess, inputs: inputs ?? guess.inputs, outputs: outputs ?? guess.outputs }, steps: [] };
  if (shape === undefined && guess.shape === null) return base.interface;
  return requestFor({ ...(shape === undefined ? {} : { input_shape: shape }) }, base).interface;
}

function countsOf({ limit, seed, batch_size: batch }: ValidateOptions): Pick<ValidateRequest, 'limit' | 'seed' | 'batchSize'> {
  const counted = (text: string, about: string, least: number): number => {
    if (/^\d+$/.test(text) && Number(text) >= least) return Number(text);
    throw new GraffitistError('option-invalid', `'${text}' is no number of ${about.slice(2)}.`, {
      about,
      remedy: `Give a whole number from ${least} on.`,
    });
  };
  return {
    ...(limit === undefined ? {} : { limit: counted(limit, '--limit', 1) }),
    ...(seed === undefined ? {} : { seed: counted(seed, '--seed', 0) }),
    ...(batch === undefined ? {} : { batchSize: counted(batch, '--batch_size', 1) }),
  };
}

function required(value: string | undefined): string {
  if (value !== undefined) return value;
  throw new GraffitistError('option-invalid', 'The argument --in_graph is required.', {
    about: '--in_graph',
    remedy: 'graffitize validate -h lists every argument.',
  });
}

function warn({ rule, text, remedy }: { readonly rule: string; readonly text: string; readonly remedy: string | null }): void {
  process.stderr.write(`warning: ${text}${remedy === null ? '' : ` ${remedy}`} [${rule}]\n`);
}
