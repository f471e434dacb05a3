import { isVariable } from '../graph/variables.ts';
import type { Evaluation, NetworkRef, PipelineStep } from '../protocol.ts';
import { kindOf, layerOfClone, scopeOfLinearQuant } from '../quantize/naming.ts';
import { isFromAvgPool } from '../quantize/placement/ops.ts';
import { isTrainingGraph } from '../quantize/readQuantizers.ts';
import type { StageSource } from './networks.ts';
import type { RoadFacts } from './roads.ts';
import { type StageState, stageQuantizers } from './stage.ts';

/** Where facts about a stage come from, beside what was measured. */
export interface RoadSource extends Pick<StageSource, 'stageAt'> {
  /** The pipeline that made the stages. */
  readonly runSteps: () => readonly PipelineStep[];
}

/** Bits below which channels of a depthwise layer do not fit one threshold. */
const NARROW = 8;

/**
 * What is known of a network that this document quantized, from an evaluation beside its float form; null: the second network is none of
 * this document's, has no quantizers, or the first one has some too.
 */
export function roadFacts(
  refs: readonly NetworkRef[],
  { networks, comparison }: Pick<Evaluation, 'networks' | 'comparison'>,
  { stageAt, runSteps }: RoadSource,
): RoadFacts | null {
  const [first, second] = refs;
  if (comparison === null || second?.kind !== 'stage') return null;
  const stage = stageAt(second.stage);
  const floatHas = first?.kind === 'stage' && stageQuantizers(stageAt(first.stage)).length > 0;
  const quantizers = stageQuantizers(stage);
  if (quantizers.length === 0 || floatHas) return null;
  const [float, quantized] = networks;
  const labelled = float?.top1 != null && quantized?.top1 != null;
  const steps = stepsOf(stage, runSteps());
  const layers = depthwiseWeights(stage);
  return {
    accuracy: labelled ? { float: float?.top1?.value ?? 0, quantized: quantized?.top1?.value ?? 0 } : null,
    agreement: comparison.agreement?.value ?? null,
    classes: quantized?.scored?.classes ?? 1,
    transforms: new Set(steps.map(({ transform }) => transform)),
    searched: steps.some(({ transform, options }) => transform === 'quantize' && options.weight_search === 'kl'),
    trained: stage.retrained === true || isTrainingGraph(stage.model.graph),
    variables: stageAt(0).model.graph.nodes.some(isVariable),
    narrowDepthwise: layers.filter(({ bits }) => bits < NARROW).map(({ layer }) => layer),
    depthwise: layers.length,
  };
}

/** Steps that led to a stage. */
function stepsOf({ step }: StageState, steps: readonly PipelineStep[]): readonly PipelineStep[] {
  const last = steps.findIndex(({ id }) => id === step);
  return steps.slice(0, last + 1).filter(({ bypassed }) => !bypassed);
}

/** Depthwise layers with quantized weights, as a list of bits calls them, and how wide they are. */
function depthwiseWeights(stage: StageState): readonly { readonly layer: string; readonly bits: number }[] {
  const { graph } = stage.model;
  const bits = new Map(stageQuantizers(stage).map((quantizer) => [quantizer.name, quantizer.bits]));
  return graph.nodes.flatMap(({ op, name, edges }) => {
    if (op !== 'DepthwiseConv2dNative' || isFromAvgPool(name)) return [];
    const scopes = edges.filter(({ node }) => graph.find(node)?.op === 'LinearQuant').map(({ node }) => scopeOfLinearQuant(node));
    const width = bits.get(scopes.find((scope) => kindOf(scope) === 'weight') ?? '');
    return width === undefined ? [] : [{ layer: layerOfClone(name), bits: width }];
  });
}
