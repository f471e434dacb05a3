import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { requestFromArguments } from '../worker/engine/commandLine.ts';
import { GraffitistError } from '../worker/errors.ts';
import type {
  BackendName,
  CalibrationReport,
  DocumentSummary,
  Engine,
  FileRole,
  GraphContainer,
  RunReport,
  RunRequest,
  StepReport,
} from '../worker/protocol.ts';
import { transformNamed } from '../worker/transforms/registry.ts';
import type { DataArguments } from './dataArguments.ts';
import { graphPath, readModelFiles } from './files.ts';
import { createNodeEngine } from './nodeEngine.ts';
import { checkFolder, checkOutput, writeOutputs } from './outputs.ts';
import { progressView } from './progress.ts';
import { readRecipeArgument } from './recipeArgument.ts';
import { addRecipeData, checkRecipeData } from './recipeData.ts';

/** The original's arguments (facts 2.1) under its own names, and ours. */
export interface GraffitizeOptions extends Pick<DataArguments, 'data' | 'labels'> {
  readonly in_graph?: string;
  readonly out_graph?: string;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly input_shape?: readonly string[];
  readonly transforms?: readonly string[];
  readonly recipe?: string;
  readonly calibration?: readonly string[];
  readonly in_ckpt?: string;
  readonly freeze?: boolean;
  readonly backend: string;
  readonly saved_model_tag?: string;
  readonly superuser?: boolean;
  readonly json?: boolean;
}

/** The rule by which a run on other data than its recipe's is told, whatever else is printed. */
const OTHER_DATA = 'CSET9';

/** Reads, rewrites, calibrates and writes. Nothing is written unless every step was done. */
export async function graffitizeCommand(options: GraffitizeOptions): Promise<number> {
  const inGraph = await graphPath(required(options.in_graph, '--in_graph'));
  const outGraph = required(options.out_graph, '--out_graph');
  const recipe = options.recipe === undefined ? null : await readRecipeArgument(options.recipe);
  const planned = requestFor(options, recipe?.request ?? null);
  checkRecipeData(options, planned.calibration);
  const progress = progressView(options.json === true);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const engine = createNodeEngine({ backend: backendName(options.backend) });
  try {
    const job = { onProgress: progress.update, signal: stop.signal };
    const sources = await readModelFiles(inGraph, {
      checkpoint: options.in_ckpt,
      calibration: options.calibration,
      lists: listFiles(planned),
    });
    const target = await outputTarget(outGraph);
    await checkOutput(target.graph, sources);
    // The checkpoint and the quantizer parameters go beside the input graph, as the original writes them.
    if ((options.freeze !== true && writesCheckpoint(planned)) || dumps(planned)) await checkFolder(path.dirname(inGraph));
    const summary = await engine.open(sources, job, { tag: options.saved_model_tag });
    const request = recipe === null ? planned : requestFor(options, recipe.forDocument(summary));
    await addRecipeData(engine, options, request.calibration, job);
    const report = await engine.run({ ...request, ...(options.superuser === true ? { superuser: true } : {}) }, job);
    progress.end();
    for (const { rule, text } of report.steps.flatMap(({ warnings }) => warnings)) {
      if (rule === OTHER_DATA) process.stderr.write(`warning: ${text} [${rule}]\n`);
    }
    const refused = report.steps.find((step) => step.error !== undefined)?.error;
    if (refused !== undefined) throw new GraffitistError(refused.code, refused.cause, refused);
    const written = await writeResults(engine, {
      ...target,
      folder: path.dirname(inGraph),
      freeze: options.freeze === true,
      calibrated: isCalibrated(report),
      dumped: dumps(request),
    });
    process.stdout.write(
      options.json === true ? `${JSON.stringify({ document: summary, report, written }, null, 2)}\n` : reportText(summary, report, written),
    );
    return 0;
  } finally {
    progress.end();
    await engine.dispose();
  }
}

function required(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw new GraffitistError('option-invalid', `The argument ${name} is required.`, {
    about: name,
    remedy: 'graffitize -h lists every argument.',
  });
}

export function backendName(text: string): BackendName {
  if (text === 'wasm' || text === 'webgpu' || text === 'reference') return text;
  throw new GraffitistError('option-invalid', `'${text}' is not a backend.`, {
    about: '--backend',
    remedy: 'Choose wasm, webgpu or reference.',
  });
}

/** The recipe, with what the arguments say in its place. */
export function requestFor(
  options: Pick<GraffitizeOptions, 'inputs' | 'outputs' | 'input_shape' | 'transforms'>,
  base: RunRequest | null,
): RunRequest {
  const given = requestFromArguments({
    inputs: options.inputs ?? base?.interface.inputs ?? [required(undefined, '--inputs')],
    outputs: options.outputs ?? base?.interface.outputs ?? [required(undefined, '--outputs')],
    input_shape: options.input_shape ?? shapesOf(base?.interface) ?? [required(undefined, '--input_shape')],
    transforms: options.transforms ?? [],
  });
  return {
    interface: given.interface,
    steps: options.transforms === undefined && base !== null ? base.steps : given.steps,
    ...(base?.calibration === undefined ? {} : { calibration: base.calibration }),
  };
}

function shapesOf(found: RunRequest['interface'] | undefined): string[] | undefined {
  if (found?.shape === undefined || found.shape === null) return undefined;
  const { inputs, shape, shapes } = found;
  return shapes === undefined ? [shape.join(',')] : inputs.map((name) => (shapes[name] ?? shape).join(','));
}

/** Where results go: the graph's own file, and what it is put into, which its name tells. */
interface OutputTarget {
  readonly graph: string;
  readonly container: 'pb' | Exclude<GraphContainer, 'saved-model-zip'>;
}

/**
 * `x.pbtxt`, `x.meta`, a path that ends in saved_model.pb, a folder (a new one with a slash behind it, an empty one, one that holds a
 * SavedModel already); else a `.pb`. A SavedModel is not scattered among other files.
 */
async function outputTarget(outGraph: string): Promise<OutputTarget> {
  if (/\.pbtxt$/i.test(outGraph)) return { graph: outGraph, container: 'pbtxt' };
  if (/\.meta$/i.test(outGraph)) return { graph: outGraph, container: 'meta' };
  if (path.basename(outGraph) === 'saved_model.pb') return { graph: outGraph, container: 'saved-model' };
  const there = (await stat(outGraph).catch(() => null))?.isDirectory() ? await readdir(outGraph) : null;
  const isFolder = there === null ? /[/\\]$/.test(outGraph) : there.length === 0 || there.includes('saved_model.pb');
  return isFolder ? { graph: path.join(outGraph, 'saved_model.pb'), container: 'saved-model' } : { graph: outGraph, container: 'pb' };
}

/** Files that go beside the input graph, whatever the graph is put into. */
const PARAMETERS: ReadonlySet<string> = new Set(['quantization_params.json', 'quantized_weights.h5']);
const WEIGHTS = /^checkpoint$|\.ckpt\.(index|data-|meta)/;

/**
 * The graph goes to `--out_graph`, the other files of a SavedModel beside it. Where thresholds were calibrated or shifted, checkpoint and
 * state file go beside the input graph, and so do dumped parameters, as the original writes them; a checkpoint that was only read is not
 * written again.
 */
export async function writeResults(
  engine: Engine,
  target: OutputTarget & { readonly folder: string; readonly freeze: boolean; readonly calibrated: boolean; readonly dumped?: boolean },
): Promise<string[]> {
  const form = target.freeze ? 'frozen' : 'graffitist';
  const main = await engine.download(target.container === 'pb' ? form : `${form}-${target.container}`);
  const files = target.freeze && target.dumped === true ? [...main, ...(await engine.download('quant-params'))] : main;
  const isNew = target.calibrated || files.some(({ name }) => name.endsWith('_fastmode.ckpt.index'));
  const savedModel = target.container === 'saved-model';
  const pathOf = (name: string): string =>
    path.join(savedModel && !PARAMETERS.has(name) ? path.dirname(target.graph) : target.folder, name);
  const outputs = files
    .filter(({ name }, i) => i === 0 || savedModel || isNew || !WEIGHTS.test(name))
    .map(({ name, blob }, i) => ({ path: i === 0 ? target.graph : pathOf(name), blob }));
  await writeOutputs(outputs);
  for (const note of files.flatMap(({ notes = [] }) => notes)) process.stderr.write(`note: ${note}\n`);
  return outputs.map((output) => output.path);
}

function quantizeOptions({ steps }: RunRequest): RunRequest['steps'][number]['options'] | undefined {
  return steps.find((step) => step.transform === 'quantize' && !step.bypassed)?.options;
}

function writesCheckpoint(request: RunRequest): boolean {
  const options = quantizeOptions(request);
  return options !== undefined && (options.calibrate_quant_layers !== false || typeof options.left_shift_list === 'string');
}

function dumps(request: RunRequest): boolean {
  return quantizeOptions(request)?.dump_quant_params === true;
}

/** Text files that options name. */
export function listFiles({ steps }: Pick<RunRequest, 'steps'>): string[] {
  const named = steps
    .filter((step) => !step.bypassed)
    .flatMap(({ transform, options }) => {
      const specs = Object.entries(transformNamed(transform).options);
      return specs.filter(([, spec]) => spec.kind === 'file').map(([name]) => options[name]);
    });
  return [...new Set(named.filter((name) => typeof name === 'string'))];
}

export function isCalibrated(report: RunReport): boolean {
  return report.steps.some((step) => step.calibration !== undefined);
}

/** What a run is made from, so that a person sees which checkpoint and images were taken. */
const sourceLabels: Partial<Record<FileRole, string>> = { graph: 'graph', 'checkpoint-index': 'checkpoint', calibration: 'calibration' };

/** Per step what changed and what was left alone, then the calibration and the files. */
export function reportText(summary: DocumentSummary, report: RunReport, written: readonly string[]): string {
  const lines = summary.files.flatMap((file) => {
    const label = sourceLabels[file.role];
    return label === undefined ? [] : [`${label.padEnd(24)}${file.error === undefined ? file.detail : 'cannot be read'} (${file.name})`];
  });
  for (const step of report.steps) lines.push(...stepText(step));
  for (const file of written) lines.push(`wrote ${file}`);
  return `${lines.join('\n')}\n`;
}

/** SRCH6 */
function searchText({ moved, of, before, after, tried, rounds }: NonNullable<CalibrationReport['search']>): string {
  const distances = `${before.toPrecision(3)} → ${after.toPrecision(3)}`;
  return `search moved ${moved} of ${of} weight thresholds: distance of the answers ${distances}, ${tried} candidates in ${rounds} rounds`;
}

function stepText(step: StepReport): string[] {
  const lines = [`${step.transform.padEnd(24)}${step.nodesAfter} nodes, ${step.changes.length} changes, ${step.skipped.length} left alone`];
  for (const skip of step.skipped)
    lines.push(`  left alone: ${skip.node}: ${skip.reason}${skip.remedy === undefined ? '' : ` (${skip.remedy})`} [${skip.rule}]`);
  for (const warning of step.warnings) lines.push(`  warning: ${warning.node}: ${warning.text} [${warning.rule}]`);
  for (const [output, quantized] of Object.entries(step.quantizedOutputs ?? {}))
    lines.push(`  quantized output: ${output} at ${quantized}`);
  const calibration = step.calibration;
  if (calibration === undefined) return lines;
  const seconds = (calibration.ms / 1000).toFixed(1);
  lines.push(
    `  calibrated ${calibration.quantizers} quantizers on ${calibration.images} images in ${seconds} s on ${calibration.backend}, ${calibration.recomputed} tensors computed again`,
  );
  if (calibration.search !== undefined) lines.push(`  ${searchText(calibration.search)}`);
  for (const warning of calibration.warnings) lines.push(`  warning: ${warning.node}: ${warning.text} [${warning.rule}]`);
  if (calibration.inexact.length > 0) lines.push(`  last bit may depend on the backend: ${calibration.inexact.join(', ')}`);
  return lines;
}
