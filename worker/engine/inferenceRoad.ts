import { GraffitistError } from '../errors.ts';
import type { Model } from '../graph/model.ts';
import { isVariable } from '../graph/variables.ts';
import type { OptionValues, PipelineStep, RunRequest } from '../protocol.ts';
import { evaluationForm } from '../transforms/evaluationForm.ts';
import { isFoldedForTraining } from '../transforms/fold/obstacles.ts';
import { checkedInterface } from './run.ts';
import type { StageState } from './stage.ts';

/** The stages of a run, and which of them is trained. */
export interface TrainedStages {
  readonly opened: Model;
  readonly request: RunRequest;
  readonly stages: readonly StageState[];
  /** Number of the stage that is trained, as the protocol counts them: 0 is the graph as opened. */
  readonly trained: number;
}

/** How the inference graph is made that belongs to a trained stage. */
export interface InferenceRoad {
  /** The graph to start from, in evaluation form, with the values from before training. */
  readonly base: Model;
  readonly steps: readonly PipelineStep[];
  /** Batch norms that were folded for training; undefined: they were folded for inference. */
  readonly foldOnly: ReadonlySet<string> | undefined;
}

/** The first transforms whose result is another in inference. */
const REPEATED: ReadonlySet<string> = new Set(['fold_batch_norms', 'preprocess_layers', 'quantize']);
/** What recipe 3c has beyond 3a, behind the fold. */
const CLEANING = ['remove_training_nodes', 'strip_unused_nodes'];

/**
 * RET4, RET5: recipe 3c (facts 2.3) for a run that was trained: what stood before the fold stays done, the steps from there on are made again
 * without `is_training`, and training's nodes go between.
 *
 * @throws GraffitistError `quantizer-conflict` where the graph was quantized before it was opened, `op-training` where it has no evaluation
 *   form
 */
export function inferenceRoad({ opened, request, stages, trained }: TrainedStages): InferenceRoad {
  const active = request.steps.filter(({ bypassed }) => !bypassed).slice(0, trained);
  const first = active.findIndex(({ transform }) => REPEATED.has(transform));
  const start = first < 0 ? active.length : first;
  const before = stages[start - 1]?.model ?? openedFor(opened, request);
  refuseQuantized(before);
  const steps = active.slice(start).map(forInference);
  const folded = active.some(({ transform, options }) => transform === 'fold_batch_norms' && options.is_training === true);
  // A graph of constants alone has nothing of training; without reads of its weights quantize would take others than it took.
  const frozen = !before.graph.nodes.some(isVariable);
  return {
    base: evaluationForm(before).model,
    steps: frozen ? steps : cleaned(steps, active),
    foldOnly: folded ? foldedForTraining(stages[trained - 1]) : undefined,
  };
}

/** The opened graph as a pipeline starts from it. */
function openedFor(opened: Model, { interface: wanted, superuser }: RunRequest): Model {
  return { ...opened, ...checkedInterface(opened, wanted), ...(superuser === true ? { refused: false } : {}) };
}

function forInference(step: PipelineStep): PipelineStep {
  const { is_training: _, ...options }: OptionValues = step.options;
  return { ...step, options: step.transform === 'quantize' ? { ...options, calibrate_quant_layers: false } : options };
}

/** Behind the fold, else first, come the cleaning steps that the run has nowhere. */
function cleaned(steps: readonly PipelineStep[], all: readonly PipelineStep[]): readonly PipelineStep[] {
  if (steps.length === 0) return steps;
  const missing = CLEANING.filter((transform) => all.every((step) => step.transform !== transform));
  const added = missing.map((transform) => ({ id: `retrained ${transform}`, transform, options: {}, bypassed: false }));
  const fold = steps.findIndex(({ transform }) => transform === 'fold_batch_norms');
  return [...steps.slice(0, fold + 1), ...added, ...steps.slice(fold + 1)];
}

function foldedForTraining(stage: StageState | undefined): ReadonlySet<string> {
  return new Set(stage?.model.graph.nodes.filter(isFoldedForTraining).map(({ name }) => name));
}

function refuseQuantized({ graph }: Model): void {
  const quantizer = graph.nodes.find(({ op }) => op === 'LinearQuant');
  if (quantizer === undefined) return;
  throw new GraffitistError(
    'quantizer-conflict',
    'The graph was quantized before it was opened: there is no float graph to make the result of.',
    {
      about: quantizer.name,
      remedy: 'Open the float graph with this checkpoint and run recipe 3a with calibrate_quant_layers=False.',
    },
  );
}
