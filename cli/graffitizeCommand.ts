import path from 'node:path';
import { requestFromArguments } from '../worker/engine/commandLine.ts';
import { parseRecipe, requestOf } from '../worker/engine/recipe.ts';
import { GraffitistError } from '../worker/errors.ts';
import type { BackendName, DocumentSummary, Engine, FileRole, RunReport, RunRequest, StepReport } from '../worker/protocol.ts';
import { readModelFiles, readSource } from './files.ts';
import { createNodeEngine } from './nodeEngine.ts';
import { checkFolder, checkOutput, writeOutputs } from './outputs.ts';
import { progressView } from './progress.ts';

/** The original's arguments (facts 2.1) under its own names, and ours. */
export interface GraffitizeOptions {
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

/** Reads, rewrites, calibrates and writes. Nothing is written unless every step was done. */
export async function graffitizeCommand(options: GraffitizeOptions): Promise<number> {
  const inGraph = required(options.in_graph, '--in_graph');
  const outGraph = required(options.out_graph, '--out_graph');
  refuseLater(inGraph, options);
  const request = await readRequest(options);
  const progress = progressView(options.json === true);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const engine = createNodeEngine({ backend: backendName(options.backend) });
  try {
    const job = { onProgress: progress.update, signal: stop.signal };
    const sources = await readModelFiles(inGraph, { checkpoint: options.in_ckpt, calibration: options.calibration });
    await checkOutput(outGraph, sources);
    // The checkpoint goes beside the input graph, as the original writes it.
    if (options.freeze !== true && calibrates(request)) await checkFolder(path.dirname(inGraph));
    const summary = await engine.open(sources, job);
    const report = await engine.run({ ...request, ...(options.superuser === true ? { superuser: true } : {}) }, job);
    progress.end();
    const refused = report.steps.find((step) => step.error !== undefined)?.error;
    if (refused !== undefined) throw new GraffitistError(refused.code, refused.cause, refused);
    const written = await writeResults(engine, {
      outGraph,
      folder: path.dirname(inGraph),
      freeze: options.freeze === true,
      calibrated: isCalibrated(report),
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

function backendName(text: string): BackendName {
  if (text === 'wasm' || text === 'webgpu' || text === 'reference') return text;
  throw new GraffitistError('option-invalid', `'${text}' is not a backend.`, {
    about: '--backend',
    remedy: 'Choose wasm, webgpu or reference.',
  });
}

function refuseLater(inGraph: string, options: GraffitizeOptions): void {
  if (options.saved_model_tag === undefined) return;
  throw new GraffitistError('transform-later', 'SavedModel input is not supported yet.', {
    about: inGraph,
    remedy: 'Export the graph as a GraphDef .pb and keep its checkpoint beside it.',
  });
}

async function readRequest(options: GraffitizeOptions): Promise<RunRequest & { readonly superuser?: boolean }> {
  const recipe =
    options.recipe === undefined ? null : parseRecipe(await (await readSource(options.recipe, 'Recipe file')).blob.text(), options.recipe);
  const base = recipe === null ? null : requestOf(recipe);
  const given = requestFromArguments({
    inputs: options.inputs ?? base?.interface.inputs ?? [required(undefined, '--inputs')],
    outputs: options.outputs ?? base?.interface.outputs ?? [required(undefined, '--outputs')],
    input_shape: options.input_shape ?? shapesOf(base?.interface) ?? [required(undefined, '--input_shape')],
    transforms: options.transforms ?? [],
  });
  return { interface: given.interface, steps: options.transforms === undefined && base !== null ? base.steps : given.steps };
}

function shapesOf(found: RunRequest['interface'] | undefined): string[] | undefined {
  if (found?.shape === undefined || found.shape === null) return undefined;
  const { inputs, shape, shapes } = found;
  return shapes === undefined ? [shape.join(',')] : inputs.map((name) => (shapes[name] ?? shape).join(','));
}

/**
 * The graph goes to `--out_graph`. Where thresholds were calibrated, checkpoint and state file go beside the input graph, as the
 * original writes them; a checkpoint that was only read is not written again.
 */
export async function writeResults(
  engine: Engine,
  target: { readonly outGraph: string; readonly folder: string; readonly freeze: boolean; readonly calibrated: boolean },
): Promise<string[]> {
  const files = await engine.download(target.freeze ? 'frozen' : 'graffitist');
  const outputs = files
    .filter(({ name }) => target.calibrated || name.endsWith('.pb'))
    .map(({ name, blob }) => ({ path: name.endsWith('.pb') ? target.outGraph : path.join(target.folder, name), blob }));
  await writeOutputs(outputs);
  return outputs.map((output) => output.path);
}

function calibrates({ steps }: RunRequest): boolean {
  return steps.some((step) => step.transform === 'quantize' && !step.bypassed && step.options.calibrate_quant_layers !== false);
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
  for (const warning of calibration.warnings) lines.push(`  warning: ${warning.node}: ${warning.text} [${warning.rule}]`);
  if (calibration.inexact.length > 0) lines.push(`  last bit may depend on the backend: ${calibration.inexact.join(', ')}`);
  return lines;
}
