import type { Rate, TrainingSetup } from '../../protocol.ts';
import type { RoadFacts } from '../roads.ts';
import type { PreparedRun } from './prepare.ts';
import type { RunMemory } from './runMemory.ts';

/** The network before the first step beside the float one. */
export function scoresOf(
  { score, classes }: PreparedRun,
  float: Rate,
  { value }: Rate,
): Pick<RoadFacts, 'accuracy' | 'agreement' | 'classes'> {
  const counts = score === 'top1';
  return { accuracy: counts ? { float: float.value, quantized: value } : null, agreement: counts ? null : value, classes };
}

/** What a run is begun with, as page and report show it. */
export function setupOf(
  { plan, training, validation, score, start, parts, ...prepared }: PreparedRun,
  { statistics }: RunMemory,
  float: Rate,
  backend: string,
): Omit<TrainingSetup, 'suggestions'> {
  const sizes = plan.weights.map((name) => start.get(name)?.values.length ?? 0);
  const again = new Map(statistics?.thresholds);
  const thresholds = prepared.thresholds.map((one) => ({ ...one, start: again.get(one.variable) ?? one.start }));
  return {
    ...{ options: plan.options, steps: plan.schedule.steps, microBatches: parts, thresholds, score, backend },
    images: { training: training.images.length, validation: validation.images.length },
    weights: { variables: sizes.length, parameters: sizes.reduce((sum, size) => sum + size, 0) },
    floatScore: float.value,
  };
}
