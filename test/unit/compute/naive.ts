import { binEdges, binWidth, countInto, extremesOf, sqrtBins } from '../../../worker/calibrate/histogram.ts';
import { hasCandidates, KljSearch } from '../../../worker/calibrate/klj.ts';
import { withThresholds } from '../../../worker/evaluate/compareOutputs.ts';
import type { Backend } from '../../../worker/execute/backend.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { Model } from '../../../worker/graph/model.ts';
import { calibrationOrder } from '../../../worker/quantize/calibrationOrder.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';

/**
 * Calibration as the original does it: for every quantizer the whole network before it is run again on all images, its input taken,
 * the threshold chosen and set. Slow and plain: what the sweep is held against.
 */
export async function naiveThresholds(model: Model, images: Tensor, backend: Backend): Promise<Map<string, number>> {
  const byNode = new Map(readQuantizers(model.graph).map((quantizer) => [quantizer.node, quantizer]));
  const thresholds = new Map([...byNode.values()].map(({ threshold }) => [threshold, 0]));
  const samples = new Map<string, Float32Array>();
  for (const node of calibrationOrder(model.graph)) {
    const quantizer = byNode.get(node);
    if (quantizer === undefined) throw new Error(node);
    const { variables } = withThresholds(model, thresholds);
    const result = await runGraph(model.graph, { variables, feeds: new Map([['input', images]]), fetches: [quantizer.source], backend });
    const values = Float32Array.from(tensorNumbers(result.get(quantizer.source) as Tensor));
    const all = Float32Array.of(...(samples.get(quantizer.threshold) ?? []), ...values);
    samples.set(quantizer.threshold, all);
    thresholds.set(quantizer.threshold, Math.fround(Math.log2(thresholdOf(all, quantizer))));
  }
  return thresholds;
}

function thresholdOf(
  values: Float32Array,
  { name, bits, signed }: { readonly name: string; readonly bits: number; readonly signed: boolean },
): number {
  const bins = sqrtBins(extremesOf(values));
  const levels = 2 ** (bits - (signed ? 1 : 0));
  if (name.includes('weight_quant') || !hasCandidates(bins.count, levels)) return bins.last;
  const counts = new Uint32Array(bins.count);
  countInto(counts, values, binEdges(bins));
  const search = new KljSearch(counts, levels);
  let best = { index: 0, distance: Number.POSITIVE_INFINITY };
  for (let index = search.firstCandidate; index <= search.lastCandidate; index++) {
    const distance = search.distance(index);
    if (distance < best.distance) best = { index, distance };
  }
  return (best.index + 0.5) * binWidth(bins);
}
