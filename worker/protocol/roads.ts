/** What to do next, from how a quantized network stands beside its float one. */

import type { TrainingOptions } from '../train/options.ts';
import type { OptionValues } from '../transforms/transform.ts';

/** A transform to put into the pipeline. */
export interface SuggestedStep {
  readonly transform: string;
  readonly options: OptionValues;
  /** The transform that it goes directly before; null: the first place. */
  readonly before: string | null;
}

/** One thing to do. Whatever is empty or null does not change. */
export interface Suggestion {
  /** ROAD1 … of docs/rules.md. */
  readonly rule: string;
  /** A few words, an order: "Equalize layers". */
  readonly title: string;
  /** One or two sentences with the numbers that it follows from. */
  readonly why: string;
  readonly steps: readonly SuggestedStep[];
  /** Options of `quantize` that change. */
  readonly options: OptionValues;
  /** Text files that those options name. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** Options of a training run of the graph that the steps make; null: none is suggested. */
  readonly training: Partial<TrainingOptions> | null;
}
