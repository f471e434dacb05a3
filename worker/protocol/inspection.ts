/** What is shown of a node, a quantizer, and what quantization did to the outputs. */
import type { Shape } from '../formats/tensor.ts';
import type { Nearest } from '../quantize/explain/nearest.ts';
import type { Quantizer } from '../quantize/quantizer.ts';

export interface AttributeRow {
  readonly name: string;
  readonly value: string;
}

export interface TensorPreview {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** First elements, row major. */
  readonly values: readonly number[];
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
}

export interface NodeDetail {
  readonly name: string;
  readonly op: string;
  readonly device: string;
  readonly inputs: readonly { readonly name: string; readonly shape: Shape }[];
  readonly controls: readonly string[];
  readonly outputs: readonly { readonly shape: Shape; readonly users: readonly string[] }[];
  readonly attributes: readonly AttributeRow[];
  readonly values: TensorPreview | null;
  /** Quantizers on this node or box. */
  readonly quantizers: readonly string[];
  /** Which steps made, changed or left it alone, and why. */
  readonly why: readonly WhyRow[];
}

export interface WhyRow {
  readonly step: string;
  readonly rule: string;
  readonly text: string;
  readonly remedy: string | null;
  readonly nearest?: Nearest;
}

export interface QuantizerRow extends Quantizer {
  /** log2 of the raw threshold; null: not loaded. Never 0 in its place. */
  readonly log2t: number | null;
  /** 2^log2t and 2^ceil(log2t). */
  readonly rawThreshold: number | null;
  readonly usedThreshold: number | null;
  /** Scale = 2^exponent; fraction bits = -exponent. */
  readonly exponent: number | null;
  /** How the threshold was found; `loaded`: from the files, `trained`: by a training run here. */
  readonly method: 'MAX' | '3SD' | 'KL-J' | 'searched' | 'loaded' | 'trained' | null;
  /** Share of samples outside the range, and signal to quantization noise, over the calibration images. */
  readonly clipped: number | null;
  readonly sqnrDb: number | null;
  readonly samples: number | null;
  /** What a person should know of it, in sentences (QNT56). */
  readonly notes: readonly string[];
  /** Other quantizers on the same threshold. */
  readonly sharedWith: readonly string[];
}

export interface HistogramView {
  readonly quantizer: string;
  /** |x| from 0 to max in equal bins (coarsened for drawing, at most 256). */
  readonly max: number;
  readonly counts: readonly number[];
  /** Bins of the search itself. */
  readonly searchBins: number;
}

export interface OutputComparison {
  readonly images: number;
  readonly rows: readonly {
    readonly image: number;
    readonly float: readonly { readonly index: number; readonly value: number }[];
    readonly quantized: readonly { readonly index: number; readonly value: number }[];
    readonly largestDifference: number;
  }[];
  readonly agreement: number;
  readonly largestDifference: number;
}

export interface SearchHit {
  readonly node: string;
  readonly op: string;
}
