import { GraffitistError } from '../errors.ts';
import type { Backend, DeviceWork } from '../execute/backend.ts';
import { Differentiator } from '../execute/differentiate/differentiate.ts';
import type { Tensor } from '../formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../formats/tensorValues.ts';
import { type Edge, type Graph, type GraphNode, parseEdge } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import { ancestors } from '../graph/reach.ts';
import { withMovingStatistics } from '../quantize/movingStatistics.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import { crossEntropy } from './lossHeads.ts';
import type { BatchStatistics, StepResult, Targets, VariableValues } from './types.ts';

export interface TrainingStepOptions {
  readonly model: Pick<Model, 'graph' | 'variables'>;
  readonly backend: Backend;
  /** The node that gives the logits. */
  readonly logits: string;
  /** Variables whose gradients are wanted. */
  readonly trained: Iterable<string>;
  /** Further variables whose values every step brings: moving statistics. All others are read from the model once. */
  readonly given?: Iterable<string>;
  /** Nodes whose sum is the regularization loss. */
  readonly regularization?: readonly string[];
}

/** How the network stands before a step. */
export interface StepState {
  readonly variables: VariableValues;
  /** What `freeze_bn` is fed; a graph without that switch goes on as it is. */
  readonly batchNormFrozen: boolean;
  /** Threshold variables whose quantizers' `freeze_th` are fed true. */
  readonly frozen?: Iterable<string>;
}

export interface PassOverBatch {
  /** Data by input, batch first. */
  readonly feeds: ReadonlyMap<string, Tensor>;
  readonly targets: Targets;
  /** Over how many images the loss is averaged, where the feeds are a part of a batch. */
  readonly images?: number;
  readonly signal?: AbortSignal;
}

/** A step over one batch. */
export type TrainingStepRequest = StepState & PassOverBatch;

/** Derivatives of the loss by what the backend was given of the network: folded weights, scales, biases. By edge. */
export type Slopes = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

/** What a pass was taken over a batch, or a part of one: everything but what follows from its slopes. */
export type MeasuredPass = Pick<StepResult, 'loss' | 'batchStatistics' | 'logits'> & {
  readonly slopes: Slopes;
  /** The most bytes that the backend held. */
  readonly peakBytes: number;
  /** What its device was given; null: it has none. */
  readonly work: DeviceWork | null;
};

/** What follows from the slopes of a whole batch, and from the variables alone. */
export type StepGradients = Pick<StepResult, 'gradients' | 'regularization' | 'regularizationGradients'>;

export type MeasuredStep = StepResult & Pick<MeasuredPass, 'peakBytes' | 'work'>;

/**
 * GRD7: loss and gradients of one step of a training graph on a backend: `begin` with the variables, a `pass` for each part of the batch,
 * `end` with the sum of their slopes. Nothing is updated here. While batch norms are frozen the graph computes on moving statistics alone
 * (CAL12), and no statistics are taken.
 */
export class TrainingStep {
  readonly #options: TrainingStepOptions;
  readonly #frozenGraph: Graph;
  /** The switch of the batch norms; undefined where the graph has none. */
  readonly #switch: string | undefined;
  /** Placeholders `freeze_th` by threshold variable. */
  readonly #thresholdSwitches: ReadonlyMap<string, readonly string[]>;
  readonly #ready = new Map<boolean, ReadyStep>();
  #begun: ReadyStep | undefined;

  constructor(options: TrainingStepOptions) {
    const { graph } = options.model;
    this.#options = options;
    this.#switch = graph.nodes.find(({ op, name }) => op === 'PlaceholderWithDefault' && /^freeze_bn(_\d+)?$/.test(name))?.name;
    // Thresholds are frozen one by one: their switches are fed.
    this.#frozenGraph = withMovingStatistics(graph, (name) => name === this.#switch);
    this.#thresholdSwitches = thresholdSwitches(graph);
  }

  /** A step over one batch. @throws GraffitistError as `begin` and `pass` do */
  async run({ variables, batchNormFrozen, frozen, ...batch }: TrainingStepRequest): Promise<MeasuredStep> {
    await this.begin({ variables, batchNormFrozen, ...(frozen === undefined ? {} : { frozen }) }, [...batch.feeds.keys()]);
    const { slopes, ...found } = await this.pass(batch);
    return { ...found, ...this.end(slopes) };
  }

  /**
   * Takes over the variables and computes what follows from them alone.
   * @param inputs what every pass feeds
   * @throws GraffitistError `op-not-differentiable`, `variable-missing`, whatever stops an execution
   */
  async begin({ variables, batchNormFrozen, frozen = [] }: StepState, inputs: readonly string[]): Promise<void> {
    const ready = this.#for(batchNormFrozen, inputs);
    await ready.differentiator.update(new Map([...tensorsOf(variables), ...this.#switches(batchNormFrozen, new Set(frozen))]));
    this.#begun = ready;
  }

  /**
   * Forward and back over a batch or a part of one. Takes statistics of it where batch norms are not frozen.
   * @throws GraffitistError `input-unfed`, `data-shape` where targets and logits differ in number, `cancelled`, whatever stops an execution
   */
  async pass({ feeds, targets, images, signal }: PassOverBatch): Promise<MeasuredPass> {
    const { differentiator, batchNorms } = this.#now();
    const [count = 1] = feeds.values().next().value?.shape ?? [];
    const { work } = this.#options.backend;
    const before = work?.();
    const found = await differentiator.pass({
      feeds,
      head: crossEntropy(checkedTargets(targets, count), images ?? count),
      ...(signal === undefined ? {} : { signal }),
    });
    return {
      loss: found.loss,
      logits: floats(found.output),
      batchStatistics: statisticsOf(found.fetched, batchNorms),
      slopes: new Map([...found.slopes].map(([edge, slope]) => [edge, { shape: slope.shape, values: floats(slope) }])),
      peakBytes: found.peakBytes,
      work: before === undefined || work === undefined ? null : since(before, work()),
    };
  }

  /** Gradients by variable from the slopes of the whole batch, and the regularization. */
  end(slopes: Slopes): StepGradients {
    const found = this.#now().differentiator.gradients(tensorsOf(slopes));
    return {
      gradients: narrow(found.gradients),
      regularization: found.variableLoss,
      regularizationGradients: narrow(found.variableLossGradients),
    };
  }

  /** Frees what was uploaded. The backend stays. */
  dispose(): void {
    for (const { differentiator } of this.#ready.values()) differentiator.dispose();
    this.#ready.clear();
    this.#begun = undefined;
  }

  #now(): ReadyStep {
    if (this.#begun === undefined) throw new Error('A step was not begun.');
    return this.#begun;
  }

  #for(batchNormFrozen: boolean, feeds: readonly string[]): ReadyStep {
    const there = this.#ready.get(batchNormFrozen);
    if (there !== undefined) return there;
    const { model, backend, logits, trained, given = [], regularization = [] } = this.#options;
    const graph = batchNormFrozen ? this.#frozenGraph : model.graph;
    const output = parseEdge(logits);
    const batchNorms = batchNormsTakingStatistics(graph, output);
    const weights = new Set(trained);
    const differentiator = new Differentiator(graph, {
      ...{ variables: model.variables, backend, feeds, output, trained: weights },
      changing: new Set([...weights, ...given, ...this.#switches(batchNormFrozen, new Set()).keys()]),
      fetches: batchNorms.flatMap((node) => [1, 2].map((port): Edge => ({ node, port }))),
      variableLosses: regularization.map(parseEdge),
    });
    const ready = { differentiator, batchNorms };
    this.#ready.set(batchNormFrozen, ready);
    return ready;
  }

  #switches(batchNormFrozen: boolean, frozen: ReadonlySet<string>): ReadonlyMap<string, Tensor> {
    const flag = (on: boolean): Tensor => makeTensor('bool', [], [Number(on)]);
    const thresholds = [...this.#thresholdSwitches].flatMap(([variable, names]) =>
      names.map((name) => [name, flag(frozen.has(variable))] as const),
    );
    return new Map([
      // Frozen is how the switch stands where nothing feeds it.
      ...(this.#switch === undefined || batchNormFrozen ? [] : [[this.#switch, flag(false)] as const]),
      ...thresholds,
    ]);
  }
}

/** A graph to differentiate, and its batch norms in training mode. */
interface ReadyStep {
  readonly differentiator: Differentiator;
  readonly batchNorms: readonly string[];
}

function thresholdSwitches(graph: Graph): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { name, threshold } of readQuantizers(graph)) {
    const flag = `${name}/freeze_th`;
    if (graph.has(flag)) found.set(threshold, [...(found.get(threshold) ?? []), flag]);
  }
  return found;
}

/** Batch norms in training mode that the output depends on. */
function batchNormsTakingStatistics(graph: Graph, output: Edge): readonly string[] {
  const takes = (node: GraphNode): boolean => {
    const training = node.attr('is_training');
    return node.op.startsWith('FusedBatchNorm') && !(training?.kind === 'bool' && !training.value);
  };
  const needed = ancestors(graph, [output.node]);
  return graph.nodes.filter((node) => needed.has(node.name) && takes(node)).map(({ name }) => name);
}

function tensorsOf(values: VariableValues): ReadonlyMap<string, Tensor> {
  return new Map([...values].map(([name, one]) => [name, makeTensor('float32', one.shape, one.values)]));
}

function checkedTargets(targets: Targets, images: number): Targets {
  const there = targets.kind === 'labels' ? targets.labels.length : targets.rows.length;
  if (targets.kind === 'labels' ? there === images : there % images === 0 && there > 0) return targets;
  throw new GraffitistError('data-shape', `${there} ${targets.kind} do not fit ${images} images.`, {
    remedy: 'Give one target per image.',
  });
}

function narrow(gradients: ReadonlyMap<string, Float64Array>): ReadonlyMap<string, Float32Array> {
  return new Map([...gradients].map(([name, values]) => [name, Float32Array.from(values)]));
}

/** Mean and variance of each batch norm, which were fetched in turn. */
function statisticsOf(fetched: readonly Tensor[], batchNorms: readonly string[]): ReadonlyMap<string, BatchStatistics> {
  return new Map(batchNorms.map((node, i) => [node, { mean: floats(fetched[2 * i]), variance: floats(fetched[2 * i + 1]) }]));
}

function floats(tensor: Tensor | undefined): Float32Array {
  return Float32Array.from(tensor === undefined ? [] : tensorNumbers(tensor));
}

function since(before: DeviceWork, after: DeviceWork): DeviceWork {
  return {
    dispatches: after.dispatches - before.dispatches,
    uploads: after.uploads - before.uploads,
    uploadedBytes: after.uploadedBytes - before.uploadedBytes,
    reads: after.reads - before.reads,
    readBytes: after.readBytes - before.readBytes,
  };
}
