import type { TrainingOptionInfo } from '../protocol.ts';
import { trainingOptions, trainingOptionsSchema } from '../train/options.ts';

/** The options of a training run with the descriptions and defaults of their schema, in its order. */
export function trainingOptionInfos(): readonly TrainingOptionInfo[] {
  const defaults = trainingOptions();
  return (Object.keys(trainingOptionsSchema.shape) as TrainingOptionInfo['name'][]).map((name) => ({
    name,
    summary: trainingOptionsSchema.shape[name].description ?? '',
    default: defaults[name],
  }));
}
