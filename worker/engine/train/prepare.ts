import type { NetworkToTrain } from '../../compute/messages.ts';
import { portableModel } from '../../compute/portableModel.ts';
import type { OpenedData } from '../../data/types.ts';
import { GraffitistError } from '../../errors.ts';
import { withThresholds } from '../../evaluate/compareOutputs.ts';
import { type OpenNetwork, prepareNetworks } from '../../evaluate/network.ts';
import { tensorNumbers } from '../../formats/tensorValues.ts';
import { Graph } from '../../graph/graph.ts';
import type { Model } from '../../graph/model.ts';
import { isVariable, readVariables, variableName } from '../../graph/variables.ts';
import type { Stage, TrainedThreshold, TrainRequest } from '../../protocol.ts';
import type { Quantizer } from '../../quantize/quantizer.ts';
import { readQuantizers } from '../../quantize/readQuantizers.ts';
import { logitsOf } from '../../train/logits.ts';
import { type TrainingOptions, trainingOptions } from '../../train/options.ts';
import { changedVariables, type TrainingPlan, trainingPlan } from '../../train/plan.ts';
import { regularizationLosses } from '../../train/regularization.ts';
import { scheduleOf, shortRun } from '../../train/schedule.ts';
import { bytesPerImage, partsOf } from '../../train/stepBytes.ts';
import type { VariableValues } from '../../train/types.ts';
import { variablesHash } from '../../train/variablesHash.ts';
import { openNetworks, type StageSource } from '../networks.ts';
import { exampleShape } from '../validate.ts';
import { type ImagesOf, type SplitServices, splitImages } from './split.ts';

/** Everything about a run that is known before its first step. */
export interface PreparedRun {
  readonly request: TrainRequest;
  readonly stage: Stage;
  /** The graph that is trained, its thresholds as they were calibrated. */
  readonly trained: OpenNetwork;
  /** The network before quantizers: what accuracy is held against, and the teacher where there is one. */
  readonly float: OpenNetwork;
  readonly input: string;
  /** Of an image, without batch. */
  readonly shape: readonly number[];
  readonly classes: number;
  readonly logits: string;
  readonly plan: TrainingPlan;
  readonly thresholds: readonly TrainedThreshold[];
  /** Every variable that the run changes, as it is at the start, and all thresholds. */
  readonly start: VariableValues;
  readonly startHash: string;
  /** Parts that a batch is cut into. */
  readonly parts: number;
  readonly training: ImagesOf;
  readonly validation: ImagesOf;
  readonly score: 'top1' | 'agreement';
}

export interface PrepareServices extends StageSource, SplitServices {
  /** How many stages there are, the opened graph included. */
  readonly stages: () => number;
}

/**
 * TRN25: what a request means for the stages and the data at hand.
 * @throws GraffitistError `pipeline-order` where the stage cannot be trained, `threshold-missing`, `option-invalid`, `data-missing`,
 *   `data-shape`, `interface-invalid`, `variable-missing`
 */
export async function prepareRun(request: TrainRequest, services: PrepareServices): Promise<PreparedRun> {
  const stage = request.stage ?? services.stages() - 1;
  const given = trainingOptions(request.options);
  const quantizeStage = firstQuantized(stage, services);
  if ((quantizeStage === null) !== (given.mode === 'float')) throw wrongStage(given.mode);
  if (stage === 0 || quantizeStage === 0) throw openedStage();
  const [trained] = await openNetworks([{ kind: 'stage', stage, title: 'trained' }], undefined, services);
  const [float] = await openNetworks(
    [{ kind: 'stage', stage: floatStage(quantizeStage ?? stage + 1, services), title: 'float' }],
    undefined,
    services,
  );
  if (trained === undefined || float === undefined) throw new GraffitistError('internal', 'A stage could not be opened.');
  refuseUncalibrated(trained);
  refuseMissingLabels(given, services.data);
  const shape = exampleShape([trained], request.images, services.data);
  const [network] = prepareNetworks([trained], shape).networks;
  if (network?.scored == null) {
    throw new GraffitistError('interface-invalid', 'No output has a row of scores per image, so that there is no loss to train by.', {
      about: trained.model.outputs[0] ?? '',
      remedy: 'Name the output that holds the classes.',
    });
  }
  const model = withThresholds(trained.model, trained.thresholds);
  const split = splitImages(request.validation, given.seed, services);
  const options = resolvedOptions(request, given, model, split.training.images.length);
  const plan = trainingPlan(model, options, split.training.images.length);
  const start = await startValues(model, plan);
  const { input } = network;
  const logits = logitsOf(model.graph, network.outputs[network.scored.at] ?? '', network.scored.loss);
  return {
    ...{ request, stage, float, shape, plan, input, logits, start, ...split },
    trained: { ...trained, model },
    classes: network.scored.classes,
    thresholds: trainedThresholds(trained, plan),
    startHash: await variablesHash(start),
    parts: partsOf(options, bytesPerImage(model.graph, { input, shape, logits })),
    score: split.validation.data.summary.labels === null ? 'agreement' : 'top1',
  };
}

/** What workers open of a run. */
export function networkToTrain(
  { float, input, shape, logits, plan }: Pick<PreparedRun, 'float' | 'input' | 'shape' | 'logits' | 'plan'>,
  model: Model,
): NetworkToTrain {
  const teaches = plan.options.targets === 'distillation';
  const [teacher] = teaches ? prepareNetworks([float], shape).networks : [];
  return {
    ...{ model: portableModel(model), input, shape, logits },
    trained: [...plan.weights, ...plan.thresholds],
    given: changedVariables(plan),
    regularization: plan.weights.length === 0 ? [] : regularizationLosses(model),
    teacher:
      teacher?.scored == null
        ? null
        : {
            model: teacher.model,
            input: teacher.input,
            output: teacher.outputs[teacher.scored.at] ?? '',
            kind: teacher.scored.loss,
          },
  };
}

function firstQuantized(last: Stage, { stageAt }: StageSource): Stage | null {
  for (let stage = 0; stage <= last; stage++) if (stageAt(stage).model.graph.nodes.some(({ op }) => op === 'LinearQuant')) return stage;
  return null;
}

/** The stage before quantizers, and before biases were shifted by what they do: that is no float network any more (COR1). */
function floatStage(quantized: Stage, { stageAt }: StageSource): Stage {
  let stage = quantized - 1;
  while (stage > 0 && stageAt(stage).title === 'correct_biases') stage--;
  return stage;
}

function wrongStage(mode: TrainingOptions['mode']): GraffitistError {
  return mode === 'float'
    ? new GraffitistError('pipeline-order', 'The graph has quantizers, and float fine-tuning is for graphs without.', {
        about: 'mode',
        remedy: 'Train weights and thresholds, or run a pipeline without quantize.',
      })
    : new GraffitistError('pipeline-order', 'The graph has no quantizers to train.', {
        about: 'mode',
        remedy: 'Run recipe 3a, which ends in quantize(is_training=True), or take the mode float.',
      });
}

/** What is made of a run starts from the graph before it was quantized (recipe 3c). */
function openedStage(): GraffitistError {
  return new GraffitistError('pipeline-order', 'Trained is what a pipeline has made, and this is the graph as it was opened.', {
    remedy: 'Open the graph without quantizers, and run a pipeline: recipe 3a, or for float weights one without quantize.',
  });
}

/** Thresholds that neither the run nor the graph knows. */
function refuseUncalibrated({ model, thresholds }: OpenNetwork): void {
  const missing = readQuantizers(model.graph).find((one) => one.constantLog2 === undefined && !thresholds.has(one.threshold));
  if (missing === undefined) return;
  throw new GraffitistError('threshold-missing', `The threshold of '${missing.name}' is not known.`, {
    about: missing.name,
    remedy: 'Run quantize with calibration, or add the checkpoint that holds the thresholds.',
  });
}

function refuseMissingLabels({ targets }: TrainingOptions, { summary }: OpenedData): void {
  if (targets === 'distillation' || summary.labels !== null) return;
  throw new GraffitistError('data-missing', 'The images have no labels to train by.', {
    about: 'targets',
    remedy: "Give labels, or take the float network's own answers as targets (distillation).",
  });
}

/** Options that were given win over those of the preset. */
function resolvedOptions({ preset, options }: TrainRequest, given: TrainingOptions, model: Model, images: number): TrainingOptions {
  if (preset === 'published') return given;
  const thresholds = trainingPlan(model, given, images).thresholds.length;
  const short = shortRun(given, scheduleOf(given, images).steps, thresholds, images);
  const own = Object.entries(options).filter(([, value]) => value !== undefined);
  return trainingOptions({ ...short, ...Object.fromEntries(own) });
}

function trainedThresholds({ model, thresholds }: OpenNetwork, plan: TrainingPlan): TrainedThreshold[] {
  const members = new Map<string, Quantizer[]>();
  for (const quantizer of readQuantizers(model.graph)) {
    members.set(quantizer.threshold, [...(members.get(quantizer.threshold) ?? []), quantizer]);
  }
  return plan.thresholds.map((variable) => {
    const quantizers = members.get(variable) ?? [];
    const [first] = quantizers;
    return {
      variable,
      quantizers: quantizers.map(({ name }) => name),
      bits: first?.bits ?? 8,
      signed: first?.signed ?? true,
      start: thresholds.get(variable) ?? 0,
    };
  });
}

/** Values of what is trained and moved, read once; thresholds come from the model, where calibration put them. */
async function startValues(model: Model, plan: TrainingPlan): Promise<VariableValues> {
  const wanted = new Set(changedVariables(plan));
  const part = new Graph(model.graph.nodes.filter((node) => isVariable(node) && wanted.has(variableName(node))));
  const values = await readVariables({ graph: part, variables: model.variables });
  return new Map(
    [...values].map(([name, { shape, ...tensor }]) => [name, { shape, values: Float32Array.from(tensorNumbers({ shape, ...tensor })) }]),
  );
}
