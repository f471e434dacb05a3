import type { QuantizerStatistics } from '../calibrate/statistics.ts';
import type { Exportable } from '../export/exportable.ts';
import type { Graph } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import { noVariables } from '../graph/variables.ts';
import { inferShapes } from '../ops/inferShapes.ts';
import type { CalibrationReport, QuantizerRow, StageInfo } from '../protocol.ts';
import { unquantized } from '../quantize/explain/unquantized.ts';
import { scaleExponent } from '../quantize/fixedPoint.ts';
import { type LeftInFloat, leftInFloat } from '../quantize/leftInFloat.ts';
import type { Quantizer } from '../quantize/quantizer.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import type { SceneInput } from '../scene/input.ts';
import { fixedBatchNorms } from '../train/fixedBatchNorms.ts';
import type { OpenDocument } from './document.ts';
import { quantizerNotes } from './quantizerNotes.ts';
import { loadThresholds } from './thresholds.ts';

/** The document after one step: a value, like the model it holds. */
export interface StageState {
  readonly title: string;
  /** Id of the step that made it; null: as opened. */
  readonly step: string | null;
  readonly model: Model;
  /** Nodes that the step made or rewired. */
  readonly changed: ReadonlySet<string>;
  readonly changes: number;
  /** Nodes that compute and stay in float, and why. */
  readonly leftFloat: ReadonlyMap<string, string>;
  /** log2 t by threshold variable, as far as known. */
  readonly thresholds: ReadonlyMap<string, number>;
  /** By quantizer name; empty where the stage was not calibrated here. */
  readonly statistics: ReadonlyMap<string, QuantizerStatistics>;
  readonly calibration: CalibrationReport | null;
  /** Absent before `quantize`. */
  readonly quantization?: Quantization;
  /** Made of what training found; its thresholds were trained. */
  readonly retrained?: true;
}

/** How a stage was quantized: what calibration starts from when it is done again, and what is written beside the graph. */
export interface Quantization {
  /** As `quantize` placed the quantizers, before the steps that need thresholds. */
  readonly placed: Model;
  /** log2 t by threshold variable, before those steps. */
  readonly found: ReadonlyMap<string, number>;
  /** Left shifts changed thresholds after they were found. */
  readonly shifted: boolean;
  readonly calibrated: boolean;
  /** What `dump_quant_params` writes; null where it is off. */
  readonly dumped: Exportable | null;
}

const quantizersOf = new WeakMap<StageState['model']['graph'], readonly Quantizer[]>();

/** The quantizers of a stage, read back from its graph once. */
export function stageQuantizers(stage: StageState): readonly Quantizer[] {
  const { graph } = stage.model;
  const known = quantizersOf.get(graph);
  if (known !== undefined) return known;
  const quantizers = readQuantizers(graph);
  quantizersOf.set(graph, quantizers);
  return quantizers;
}

/** log2 t of a quantizer: from the run, else from the graph itself; null while not loaded. */
export function thresholdOf(stage: StageState, quantizer: Quantizer): number | null {
  return stage.thresholds.get(quantizer.threshold) ?? quantizer.constantLog2 ?? null;
}

/** The thresholds table. */
export function quantizerRows(stage: StageState): QuantizerRow[] {
  const quantizers = stageQuantizers(stage);
  const origin = stage.retrained === true ? 'trained' : 'loaded';
  const members = new Map<string, string[]>();
  for (const { threshold, name } of quantizers) {
    const list = members.get(threshold);
    if (list === undefined) members.set(threshold, [name]);
    else list.push(name);
  }
  return quantizers.map((quantizer): QuantizerRow => {
    const log2t = thresholdOf(stage, quantizer);
    const statistics = stage.statistics.get(quantizer.name);
    return {
      ...quantizer,
      log2t,
      rawThreshold: log2t === null ? null : 2 ** log2t,
      usedThreshold: log2t === null ? null : 2 ** Math.ceil(log2t),
      exponent: log2t === null ? null : scaleExponent(quantizer, log2t),
      method: statistics?.method ?? (log2t === null ? null : origin),
      clipped: statistics?.clipped ?? null,
      sqnrDb: statistics?.sqnrDb ?? null,
      samples: statistics?.samples ?? null,
      notes: quantizerNotes(quantizer, log2t, statistics),
      sharedWith: (members.get(quantizer.threshold) ?? []).filter((name) => name !== quantizer.name),
    };
  });
}

export function stageInfo(stage: StageState, index: number): StageInfo {
  const { title, step, changes, model } = stage;
  return { stage: index, title, step, changes, nodeCount: model.graph.nodes.length, fixedBatchNorms: countOf(model) };
}

/** A graph does not change, so that it is looked through once. */
const counted = new WeakMap<Model, number>();

function countOf(model: Model): number {
  const found = counted.get(model) ?? fixedBatchNorms(model).batchNorms.length;
  counted.set(model, found);
  return found;
}

/** The document as it was opened. @throws GraffitistError `shape-mismatch` naming the node whose inputs do not fit */
export async function openedStage(document: OpenDocument): Promise<StageState> {
  const { graph, meta, guess } = document;
  const variables = document.checkpoint ?? noVariables;
  const { inputs, outputs, shape } = guess;
  return {
    title: 'Original',
    step: null,
    model: { graph, variables, inputs, outputs, inputShape: shape ?? [], shapes: inferShapes(graph), meta },
    changed: new Set(),
    changes: 0,
    leftFloat: new Map(openedInFloat(graph, inputs).map(({ node, reason }) => [node, reason])),
    thresholds: await loadThresholds(readQuantizers(graph), variables),
    statistics: new Map(),
    calibration: null,
  };
}

/** What stayed in float of a graph that was opened quantized; nothing of any other. */
export function openedInFloat(graph: Graph, inputs: readonly string[]): readonly LeftInFloat[] {
  if (!graph.nodes.some(({ op }) => op === 'LinearQuant')) return [];
  return leftInFloat(unquantized(graph), graph, inputs);
}

const sceneInputs = new WeakMap<StageState, SceneInput>();

/** What pictures of a stage are made from; the same object for the same stage, so that pictures can be kept. */
export function sceneInput(stage: StageState): SceneInput {
  const known = sceneInputs.get(stage);
  if (known !== undefined) return known;
  const { model, thresholds, leftFloat, changed } = stage;
  const input = {
    graph: model.graph,
    quantizers: stageQuantizers(stage),
    thresholds,
    shapes: model.shapes,
    inputs: model.inputs,
    outputs: model.outputs,
    leftFloat,
    changed,
  };
  sceneInputs.set(stage, input);
  return input;
}
