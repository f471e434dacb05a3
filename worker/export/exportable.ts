import type { Tensor } from '../formats/tensor.ts';
import type { Model } from '../graph/model.ts';

/** What is saved: a model, and the thresholds that stand in no checkpoint yet. */
export interface Exportable {
  readonly model: Model;
  /** log2 t by threshold variable. */
  readonly thresholds: ReadonlyMap<string, number>;
  /** Thresholds before left shifts, where there were any: the shifted ones then go into a checkpoint of their own. */
  readonly unshifted?: ReadonlyMap<string, number>;
  /** Thresholds were found here; false where a checkpoint brought them. */
  readonly calibrated?: boolean;
  /** Of an inference graph made of a trained one, that one's variables: they go into the checkpoint beside the graph's own. */
  readonly trainedVariables?: ReadonlyMap<string, Tensor>;
}
