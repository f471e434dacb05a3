import type { Graph } from '../graph/graph.ts';
import { isVariable } from '../graph/variables.ts';
import type { Evaluation, RunRequest, Suggestion } from '../protocol.ts';
import { isFromAvgPool } from '../quantize/placement/ops.ts';
import { isTrainingGraph, readQuantizers } from '../quantize/readQuantizers.ts';
import { type RoadFacts, roadsFor } from './roads.ts';
import type { StageState } from './stage.ts';

/** What was judged: a stage that quantize made, beside the network that is right. */
export interface Judged {
  readonly opened: Graph;
  readonly stage: StageState;
  readonly request: RunRequest;
  /** null: the two were not compared. */
  readonly scores: Pick<RoadFacts, 'accuracy' | 'agreement' | 'classes'> | null;
}

/** What an evaluation of two networks says of the second beside the first. */
export function scoresOf({ networks: [float, quantized], comparison }: Evaluation): Judged['scores'] {
  if (comparison === null) return null;
  return {
    accuracy: float?.top1 && quantized?.top1 ? { float: float.top1.value, quantized: quantized.top1.value } : null,
    agreement: comparison.agreement?.value ?? null,
    classes: float?.scored?.classes ?? 0,
  };
}

/** Suggestions for a stage with quantizers, from how it does beside the float network. */
export function suggestionsFor({ opened, stage, request, scores }: Judged): readonly Suggestion[] {
  const { graph } = stage.model;
  if (scores === null || readQuantizers(graph).length === 0) return [];
  const done = request.steps.filter(({ bypassed }) => !bypassed);
  // What comes behind the stage that is judged has no part in it.
  const active = stage.step === null ? done : done.slice(0, done.findIndex(({ id }) => id === stage.step) + 1);
  const options = active.find(({ transform }) => transform === 'quantize')?.options ?? {};
  const layers = depthwiseLayers(graph);
  return roadsFor({
    ...scores,
    transforms: new Set(active.map(({ transform }) => transform)),
    searched: options.weight_search === 'kl',
    trained: (options.calibrate_quant_layers === false && !isTrainingGraph(graph)) || stage.title === 'retrained',
    variables: opened.nodes.some(isVariable),
    depthwise: layers.length,
    narrowDepthwise: layers.filter(({ bits }) => bits < 8).map(({ name }) => name),
  });
}

/** Depthwise layers with quantized weights, and the width of those. */
function depthwiseLayers(graph: Graph): { readonly name: string; readonly bits: number }[] {
  const byNode = new Map(readQuantizers(graph).map((quantizer) => [quantizer.node, quantizer.bits]));
  return graph.nodes.flatMap(({ name, op, edges: [, weights] }) => {
    const bits = op !== 'DepthwiseConv2dNative' || isFromAvgPool(name) ? undefined : byNode.get(weights?.node ?? '');
    return bits === undefined ? [] : [{ name: name.replace(/_Fold(_\d+)?$/, ''), bits }];
  });
}
