/** What to do about a network that quantization has changed: suggestions, the nearest road first. */
import type { OptionValues } from '../protocol.ts';

/** A step to be put before `quantize`. */
export interface SuggestedStep {
  readonly transform: string;
  readonly options: OptionValues;
}

/** What a suggestion changes. */
export type SuggestedChange =
  | { readonly kind: 'none' }
  /** Steps before quantize, in this order. */
  | { readonly kind: 'steps'; readonly steps: readonly SuggestedStep[] }
  /** Options of quantize. */
  | { readonly kind: 'options'; readonly options: OptionValues }
  /** Lines of the file that `bits_list` of quantize names. */
  | { readonly kind: 'bits'; readonly lines: readonly string[] }
  /** Recipe 3: `thaw` where the weights are constants; targets are labels or the float network's answers. */
  | { readonly kind: 'retrain'; readonly thaw: boolean; readonly targets: 'labels' | 'distillation' };

export interface Suggestion {
  readonly rule: string;
  readonly title: string;
  readonly why: string;
  readonly change: SuggestedChange;
}
