import { errorInfo, GraffitistError } from '../errors.ts';
import { withThresholds } from '../evaluate/compareOutputs.ts';
import type { Tensor } from '../formats/tensor.ts';
import { Graph } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import { ancestors } from '../graph/reach.ts';
import { refuseControlFlow } from '../graph/validate.ts';
import { readVariables } from '../graph/variables.ts';
import type { GraphInterface, JobOptions, OptionValues, PipelineStep, RunReport, RunRequest, StepReport, Warning } from '../protocol.ts';
import { quantizedOutputs } from '../quantize/quantizedOutputs.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import { admitGraph } from '../transforms/admission.ts';
import { resolveConditions } from '../transforms/conditions.ts';
import { applyStep, checkPipeline, settledModel } from '../transforms/pipeline.ts';
import { transformNamed } from '../transforms/registry.ts';
import type { TransformContext, TransformResult } from '../transforms/transform.ts';
import type { StageState } from './stage.ts';
import { loadThresholds } from './thresholds.ts';

/** What a calibration brings to the stage that `quantize` made. */
export type Calibrated = Pick<StageState, 'thresholds' | 'statistics'> & { readonly calibration: NonNullable<StageState['calibration']> };
/** Finds the thresholds of a quantized model, `float` being the network whose answers are right, `options` being those of its `quantize` step; @throws GraffitistError `data-missing` where there are no images */
export type Calibrate = (
  models: { readonly float: Model; readonly placed: Model },
  options: OptionValues,
  job: JobOptions,
) => Promise<Calibrated>;

/** What a run needs of the document and the workers. */
export interface RunServices {
  readonly calibrate: Calibrate;
  /** Contents of a text file of the document. @throws GraffitistError `file-missing` */
  readonly textOf: (fileName: string) => Promise<string>;
  /** A calibration at hand: taken whatever the options of `quantize` say. */
  readonly calibrated?: Calibrated;
  /** What is to be told of the data that thresholds were calibrated on. */
  readonly dataWarnings?: () => Promise<readonly Warning[]>;
}

export interface RunOutcome {
  /** One per active step that was done, in order. */
  readonly stages: readonly StageState[];
  readonly report: RunReport;
}

/**
 * Runs a pipeline from the opened graph on. A step that throws is reported as refused and ends the run.
 * @throws GraffitistError `interface-invalid`, `op-training`, `op-unsupported`, `graph-control-flow`, `cancelled`: nothing was run then
 */
export async function runPipeline(opened: Model, request: RunRequest, services: RunServices, job: JobOptions): Promise<RunOutcome> {
  const started = performance.now();
  // The original's hidden flag leaves its check of ops out: then there is a graph of its to follow.
  const unchecked = request.superuser === true ? { refused: false } : {};
  let model: Model = { ...opened, ...checkedInterface(opened, request.interface), ...unchecked };
  const { graph } = resolveConditions(model);
  refuseControlFlow(graph, model.outputs, model.inputs);
  if (request.superuser !== true) admitGraph(graph, model.outputs, model.inputs);
  const fault = checkPipeline(request.steps)[0];
  const active = request.steps.filter((step) => !step.bypassed).length;
  const stages: StageState[] = [];
  const steps: StepReport[] = [];
  let ended = false;
  for (const step of request.steps) {
    if (step.bypassed || ended) {
      steps.push(emptyReport(step, ended ? 'not-run' : 'bypassed', model));
      continue;
    }
    job.onProgress?.({ phase: 'rewrite', done: stages.length, total: active, etaMs: null, layer: step.transform, bytes: null });
    await breathe();
    if (job.signal?.aborted) throw new GraffitistError('cancelled', 'The run was cancelled.');
    const before = performance.now();
    try {
      if (fault?.step === step.id) throw new GraffitistError('pipeline-order', fault.message, { about: step.transform });
      const result = applyStep(model, step, await contextOf(step, model, stages.at(-1), services.textOf));
      const { stage, ...more } = await finishStep(step, result, stages, services, job);
      steps.push(doneReport(step, model, { ...result, ...more }, stage, performance.now() - before));
      stages.push(stage);
      model = stage.model;
    } catch (error) {
      const info = errorInfo(error);
      if (info.code === 'cancelled') throw error;
      steps.push({ ...emptyReport(step, 'refused', model), ms: performance.now() - before, error: info });
      ended = true;
    }
  }
  return { stages, report: { steps, ms: performance.now() - started } };
}

/** Loads what the step's transform reads beside the model. */
export async function contextOf(
  step: PipelineStep,
  model: Model,
  before: StageState | undefined,
  textOf: RunServices['textOf'],
): Promise<TransformContext> {
  const transform = transformNamed(step.transform);
  const files = new Map<string, string>();
  for (const [name, spec] of Object.entries(transform.options)) {
    const value = step.options[name];
    if (spec.kind === 'file' && typeof value === 'string') files.set(value, await textOf(value));
  }
  if (transform.needsVariables !== true) return { files, variables: await knownVariables(model, transform.looksAt?.(model, step.options)) };
  const { graph } = model;
  const needed = ancestors(graph, model.outputs);
  const part = new Graph(graph.nodes.filter(({ name }) => needed.has(name)));
  return { files, variables: await readVariables({ ...withThresholds(model, before?.thresholds ?? new Map()), graph: part }) };
}

/** Values of some variables, of those that have one. */
async function knownVariables({ variables }: Model, names: readonly string[] = []): Promise<ReadonlyMap<string, Tensor>> {
  const known = new Map<string, Tensor>();
  for (const name of names) if (variables.entries.has(name)) known.set(name, await variables.read(name));
  return known;
}

/** @throws GraffitistError `interface-invalid` */
export function checkedInterface(opened: Model, wanted: GraphInterface): Pick<Model, 'inputs' | 'outputs' | 'inputShape' | 'inputShapes'> {
  const { inputs, outputs, shape } = wanted;
  const invalid = (cause: string, remedy: string, about?: string) =>
    new GraffitistError('interface-invalid', cause, { remedy, ...(about === undefined ? {} : { about }) });
  if (inputs.length === 0) throw invalid('The interface names no input.', 'Name the node that images are fed to.');
  if (outputs.length === 0) throw invalid('The interface names no output.', 'Name the node that gives the result.');
  if (shape === null) throw invalid('The interface has no input shape.', 'Give height, width and channels, for example 224,224,3.');
  for (const name of [...inputs, ...outputs]) {
    if (!opened.graph.has(name))
      throw invalid(`No node named '${name}' found in the graph.`, 'Check the name, or pick the node on the graph.', name);
  }
  return { inputs, outputs, inputShape: shape, inputShapes: new Map(Object.entries(wanted.shapes ?? {})) };
}

/** The stage that a step ends in, and what its report says beside what the transform said. */
interface StepEnd extends Pick<TransformResult, 'changes' | 'warnings'> {
  readonly stage: StageState;
}

async function finishStep(
  step: PipelineStep,
  result: TransformResult,
  stages: readonly StageState[],
  services: RunServices,
  job: JobOptions,
): Promise<StepEnd> {
  const { changes, warnings } = result;
  const before = stages.at(-1);
  const stage: StageState = {
    title: step.transform,
    step: step.id,
    model: result.model,
    changed: new Set(changes.flatMap((change) => change.after)),
    changes: changes.length,
    leftFloat: new Map(step.transform === 'quantize' ? result.skipped.map((skip) => [skip.node, skip.reason]) : []),
    thresholds: before?.thresholds ?? new Map(),
    statistics: before?.statistics ?? new Map(),
    calibration: null,
    ...(before?.quantization === undefined ? {} : { quantization: before.quantization }),
  };
  return step.transform === 'quantize'
    ? finishQuantize(stage, step, result, services, floatModel(stages, result.model), job)
    : { stage, changes, warnings };
}

/** The network whose answers are right for a quantized one: the stage before its biases were corrected for rounding, or before quantize. */
export function floatModel(stages: readonly StageState[], placed: Model): Model {
  const end = stages.findIndex(({ title }) => title === 'correct_biases' || title === 'quantize');
  return (end < 0 ? stages : stages.slice(0, end)).at(-1)?.model ?? placed;
}

/** Thresholds are found or loaded, then come the steps that need them. */
async function finishQuantize(
  stage: StageState,
  step: PipelineStep,
  result: TransformResult,
  { calibrate, calibrated, dataWarnings }: RunServices,
  float: Model,
  job: JobOptions,
): Promise<StepEnd> {
  const placed = result.model;
  const calibrates = step.options.calibrate_quant_layers !== false;
  const found = calibrated ?? (calibrates ? await calibrate({ float, placed }, step.options, job) : null);
  const ofData = found === null ? [] : ((await dataWarnings?.()) ?? []);
  const thresholds = found?.thresholds ?? (await loadThresholds(readQuantizers(placed.graph), placed.variables));
  const finished = result.finish?.(placed, thresholds) ?? {
    model: placed,
    thresholds,
    shifted: false,
    dumped: null,
    changes: [],
    warnings: [],
  };
  const { shifted, dumped } = finished;
  const changes = [...result.changes, ...finished.changes];
  return {
    stage: {
      ...stage,
      ...(found ?? {}),
      model: finished.changes.length === 0 ? placed : settledModel(finished.model),
      thresholds: finished.thresholds,
      changed: new Set(changes.flatMap((change) => change.after)),
      changes: changes.length,
      quantization: {
        ...{ placed, found: thresholds, shifted, calibrated: found !== null },
        dumped: dumped === null ? null : { model: dumped, thresholds: finished.thresholds },
      },
    },
    changes,
    warnings: [...ofData, ...result.warnings, ...finished.warnings, ...missingThresholds(placed, thresholds)],
  };
}

/** QNT30: without calibration the thresholds are to come from a checkpoint. */
function missingThresholds({ graph }: Model, thresholds: ReadonlyMap<string, number>): Warning[] {
  const all = new Set(readQuantizers(graph).map(({ threshold }) => threshold));
  const [first, ...others] = [...all].filter((name) => !thresholds.has(name));
  if (first === undefined) return [];
  const text = `${others.length + 1} of ${all.size} thresholds are in no checkpoint; the graph needs one that holds them.`;
  return [{ rule: 'QNT30', node: first, text }];
}

function emptyReport(step: PipelineStep, state: StepReport['state'], model: Model): StepReport {
  const nodes = model.graph.nodes.length;
  return {
    id: step.id,
    transform: step.transform,
    state,
    nodesBefore: nodes,
    nodesAfter: nodes,
    changes: [],
    skipped: [],
    warnings: [],
    ms: 0,
  };
}

function doneReport(step: PipelineStep, before: Model, result: TransformResult, stage: StageState, ms: number): StepReport {
  return {
    id: step.id,
    transform: step.transform,
    state: 'done',
    nodesBefore: before.graph.nodes.length,
    nodesAfter: stage.model.graph.nodes.length,
    changes: result.changes,
    skipped: result.skipped,
    warnings: result.warnings,
    ms,
    ...quantizedOutputsOf(stage),
    ...(stage.calibration === null ? {} : { calibration: stage.calibration }),
  };
}

function quantizedOutputsOf({ title, model }: StageState): Pick<StepReport, 'quantizedOutputs'> {
  if (title !== 'quantize') return {};
  return { quantizedOutputs: Object.fromEntries(quantizedOutputs(model.graph, model.outputs)) };
}

/** Lets messages through: a worker that rewrites a large graph still answers. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
