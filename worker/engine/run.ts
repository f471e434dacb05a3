import { errorInfo, GraffitistError } from '../errors.ts';
import type { Tensor } from '../formats/tensor.ts';
import type { Model } from '../graph/model.ts';
import { refuseControlFlow } from '../graph/validate.ts';
import { readVariables } from '../graph/variables.ts';
import type { GraphInterface, JobOptions, OptionValues, PipelineStep, RunReport, RunRequest, StepReport, Warning } from '../protocol.ts';
import { quantizedOutputs } from '../quantize/quantizedOutputs.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import { admitGraph } from '../transforms/admission.ts';
import { applyStep, checkPipeline } from '../transforms/pipeline.ts';
import { transformNamed } from '../transforms/registry.ts';
import type { TransformContext, TransformResult } from '../transforms/transform.ts';
import type { StageState } from './stage.ts';
import { loadThresholds } from './thresholds.ts';

/** What a calibration brings to the stage that `quantize` made. */
export type Calibrated = Pick<StageState, 'thresholds' | 'statistics'> & { readonly calibration: NonNullable<StageState['calibration']> };
/** Finds the thresholds of a quantized model, `options` being those of its `quantize` step; @throws GraffitistError `data-missing` where there are no images */
export type Calibrate = (model: Model, options: OptionValues, job: JobOptions) => Promise<Calibrated>;

/** What a run needs of the document and the workers. */
export interface RunServices {
  readonly calibrate: Calibrate;
  /** Contents of a text file of the document. @throws GraffitistError `file-missing` */
  readonly textOf: (fileName: string) => Promise<string>;
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
export async function runPipeline(
  opened: Model,
  request: RunRequest,
  { calibrate, textOf }: RunServices,
  job: JobOptions,
): Promise<RunOutcome> {
  const started = performance.now();
  let model: Model = { ...opened, ...checkedInterface(opened, request.interface) };
  refuseControlFlow(model.graph, model.outputs);
  if (request.superuser !== true) admitGraph(model.graph, model.outputs);
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
      const result = applyStep(model, step, await contextOf(step, model, textOf));
      const stage = await finishStep(step, result, calibrate, job);
      steps.push(doneReport(step, model, result, stage, performance.now() - before));
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
async function contextOf(step: PipelineStep, model: Model, textOf: RunServices['textOf']): Promise<TransformContext> {
  const transform = transformNamed(step.transform);
  const files = new Map<string, string>();
  for (const [name, spec] of Object.entries(transform.options)) {
    const value = step.options[name];
    if (spec.kind === 'file' && typeof value === 'string') files.set(value, await textOf(value));
  }
  const variables = transform.needsVariables === true ? await readVariables(model) : new Map<string, Tensor>();
  return { files, variables };
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

async function finishStep(step: PipelineStep, result: TransformResult, calibrate: Calibrate, job: JobOptions): Promise<StageState> {
  const stage: StageState = {
    title: step.transform,
    step: step.id,
    model: result.model,
    changed: new Set(result.changes.flatMap((change) => change.after)),
    changes: result.changes.length,
    leftFloat: new Map(step.transform === 'quantize' ? result.skipped.map((skip) => [skip.node, skip.reason]) : []),
    thresholds: new Map(),
    statistics: new Map(),
    calibration: null,
  };
  if (step.transform !== 'quantize') return stage;
  if (step.options.calibrate_quant_layers !== false) return { ...stage, ...(await calibrate(result.model, step.options, job)) };
  return { ...stage, thresholds: await loadThresholds(readQuantizers(result.model.graph), result.model.variables) };
}

/** QNT30: without calibration the thresholds are to come from a checkpoint. */
function missingThresholds({ title, model, thresholds }: StageState): Warning[] {
  if (title !== 'quantize') return [];
  const all = new Set(readQuantizers(model.graph).map(({ threshold }) => threshold));
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
    warnings: [...result.warnings, ...missingThresholds(stage)],
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
