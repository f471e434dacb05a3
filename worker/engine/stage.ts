import type { Quantizer } from '../quantize/quantizer.ts';
import type { CalibrationReport, QuantizerRow, StageInfo } from '../protocol.ts';
import type { QuantizerStatistics } from '../calibrate/statistics.ts';
import type { Model } from '../graph/model.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import { scaleExponent } from '../quantize/fixedPoint.ts';

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
      method: statistics?.method ?? (log2t === null ? null : 'loaded'),
      clipped: statistics?.clipped ?? null,
      sqnrDb: statistics?.sqnrDb ?? null,
      samples: statistics?.samples ?? null,
      sharedWith: (members.get(quantizer.threshold) ?? []).filter((name) => name !== quantizer.name),
    };
  });
}

export function stageInfo(stage: StageState, index: number): StageInfo {
  return { stage: index, title: stage.title, step: stage.step, changes: stage.changes, nodeCount: stage.model.graph.nodes.length };
}
