import type { Model } from '../graph/model.ts';

/** What is saved: a model, and the thresholds that stand in no checkpoint yet. */
export interface Exportable {
  readonly model: Model;
  /** log2 t by threshold variable. */
  readonly thresholds: ReadonlyMap<string, number>;
}
