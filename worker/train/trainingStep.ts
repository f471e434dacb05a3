import { GraffitistError } from '../errors.ts';
import type { Backend, DeviceWork } from '../execute/backend.ts';
import { type Differentiation, Differentiator } from '../execute/differentiate/differentiate.ts';
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

export interface TrainingStepRequest {
  /** Data by input, batch first. */
  readonly feeds: ReadonlyMap<string, Tensor>;
  readonly targets: Targets;
  /** Over how many images the loss is averaged, where the feeds are a part of a batch. */
  readonly images?: number;
  readonly variables: VariableValues;
  /** What `freeze_bn` is fed; a graph without that switch goes on as it is. */
  readonly batchNormFrozen: boolean;
  /** Threshold variables whose quantizers' `freeze_th` are fed true. */
  readonly frozen?: Iterable<string>;
  readonly signal?: AbortSignal;
}

/** The step, the most bytes that the backend held during it, and what its device was given; null: it has none. */
export type MeasuredStep = StepResult & { readonly peakBytes: number; readonly work: DeviceWork | null };

/**
 * GRD7: loss and gradients of one step of a training graph on a backend. Nothing is updated here. While batch norms are frozen the graph
 * computes on moving statistics alone (CAL12), and no statistics are taken.
 */
export class TrainingStep {
  readonly #options: TrainingStepOptions;
  readonly #frozenGraph: Graph;
  /** The switch of the batch norms; undefined where the graph has none. */
  readonly #switch: string | undefined;
  /** Placeholders `freeze_th` by threshold variable. */
  readonly #thresholdSwitches: ReadonlyMap<string, readonly string[]>;
  readonly #ready = new Map<boolean, { readonly differentiator: Differentiator; readonly batchNorms: readonly string[] }>();

  constructor(options: TrainingStepOptions) {
    const { graph } = options.model;
    this.#options = options;
    this.#switch = graph.nodes.find(({ op, name }) => op === 'PlaceholderWithDefault' && /^freeze_bn(_\d+)?$/.test(name))?.name;
    // Thresholds are frozen one by one: their switches are fed.
    this.#frozenGraph = withMovingStatistics(graph, (name) => name === this.#switch);
    this.#thresholdSwitches = thresholdSwitches(graph);
  }

  /**
   * @throws GraffitistError `op-not-differentiable`, `input-unfed`, `variable-missing`, `data-shape` where targets and logits differ in
   *   number, `cancelled`, whatever stops an execution
   */
  async run(request: TrainingStepRequest): Promise<MeasuredStep> {
    const { feeds, targets, variables, batchNormFrozen, frozen = [], signal } = request;
    const { differentiator, batchNorms } = this.#for(batchNormFrozen, [...feeds.keys()]);
    const [images = 1] = feeds.values().next().value?.shape ?? [];
    const { work } = this.#options.backend;
    const before = work?.();
    const found = await differentiator.run({
      feeds,
      values: new Map([...tensorsOf(variables), ...this.#switches(batchNormFrozen, new Set(frozen))]),
      head: crossEntropy(checkedTargets(targets, images), request.images ?? images),
      ...(signal === undefined ? {} : { signal }),
    });
    return { ...stepResult(found, batchNorms), work: before === undefined || work === undefined ? null : since(before, work()) };
  }

  /** Frees what was uploaded. The backend stays. */
  dispose(): void {
    for (const { differentiator } of this.#ready.values()) differentiator.dispose();
    this.#ready.clear();
  }

  #for(batchNormFrozen: boolean, feeds: readonly string[]) {
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

function tensorsOf(variables: VariableValues): readonly (readonly [string, Tensor])[] {
  return [...variables].map(([name, { shape, values }]) => [name, makeTensor('float32', shape, values)]);
}

function checkedTargets(targets: Targets, images: number): Targets {
  const there = targets.kind === 'labels' ? targets.labels.length : targets.rows.length;
  if (targets.kind === 'labels' ? there === images : there % images === 0 && there > 0) return targets;
  throw new GraffitistError('data-shape', `${there} ${targets.kind} do not fit ${images} images.`, {
    remedy: 'Give one target per image.',
  });
}

function stepResult(found: Differentiation, batchNorms: readonly string[]): Omit<MeasuredStep, 'work'> {
  const narrow = (gradients: ReadonlyMap<string, Float64Array>): ReadonlyMap<string, Float32Array> =>
    new Map([...gradients].map(([name, values]) => [name, Float32Array.from(values)]));
  const floats = (tensor: Tensor | undefined): Float32Array => Float32Array.from(tensor === undefined ? [] : tensorNumbers(tensor));
  const statistics = batchNorms.map((node, i): [string, BatchStatistics] => [
    node,
    { mean: floats(found.fetched[2 * i]), variance: floats(found.fetched[2 * i + 1]) },
  ]);
  return {
    loss: found.loss,
    regularization: found.variableLoss,
    gradients: narrow(found.gradients),
    regularizationGradients: narrow(found.variableLossGradients),
    batchStatistics: new Map(statistics),
    logits: floats(found.output),
    peakBytes: found.peakBytes,
  };
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
