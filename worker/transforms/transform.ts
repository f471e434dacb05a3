import type { Tensor } from '../formats/tensor.ts';
import type { Model } from '../graph/model.ts';
import type { Nearest } from '../quantize/explain/nearest.ts';

/** How one option is written, checked and shown; page, command line, recipe and docs all read this. */
export interface OptionSpec {
  /** `file`: the name of a text file that lies beside the graph; `choice`: one of `choices`. */
  readonly kind: 'flag' | 'bits' | 'node' | 'text' | 'file' | 'list' | 'choice';
  readonly choices?: readonly string[];
  readonly default: OptionValue;
  readonly summary: string;
  /** Shown under "more options" unless true. */
  readonly common?: boolean;
}
export type OptionValue = boolean | number | string | null | readonly (string | number)[];
export type OptionValues = Readonly<Record<string, OptionValue>>;

/** A rewrite that happened: rule id of docs/rules.md, nodes before, nodes after. */
export interface Change {
  readonly rule: string;
  /** One line, e.g. `BatchNorm folded into Conv2d_0`. */
  readonly summary: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** A place that looked like a match and was left alone. */
export interface Skip {
  readonly rule: string;
  readonly node: string;
  readonly reason: string;
  readonly remedy: string | undefined;
  /** Where it stopped being one of the patterns, for what stays in float (QNT59). */
  readonly nearest?: Nearest;
}

/** The rewrite was done as the original does it, and the person should know what that means. */
export interface Warning {
  readonly rule: string;
  readonly node: string;
  readonly text: string;
}

export interface TransformResult {
  readonly model: Model;
  readonly changes: readonly Change[];
  readonly skipped: readonly Skip[];
  readonly warnings: readonly Warning[];
  /** What is left to do once the thresholds of the quantizers are known; see `Finish`. */
  readonly finish?: Finish;
}

/**
 * The last steps of `quantize`, which need thresholds (facts 3.7, 9 to 13). `model` is the one that the transform answered.
 * @param thresholds log2 t by threshold variable, as calibration found or a checkpoint held them
 * @throws GraffitistError `threshold-missing` where a step needs one that is not known
 */
export type Finish = (model: Model, thresholds: ReadonlyMap<string, number>) => Finished;

export interface Finished {
  readonly model: Model;
  readonly thresholds: ReadonlyMap<string, number>;
  /** Left shifts changed thresholds: they go into a checkpoint of their own. */
  readonly shifted: boolean;
  /** The model whose quantizer parameters are to be written; null where `dump_quant_params` is off. */
  readonly dumped: Model | null;
  readonly changes: readonly Change[];
  readonly warnings: readonly Warning[];
}

/** What a transform may read beside the model: loaded before it runs, so that it stays a pure function. */
export interface TransformContext {
  /** Contents of the text files that its options of kind `file` name. */
  readonly files: ReadonlyMap<string, string>;
  /** Values of the graph's variables, where the transform says that it needs them, or those that it looks at and that are known. */
  readonly variables: ReadonlyMap<string, Tensor>;
  /** The only batch norms that are folded, by node: those that a training graph of the same network has folded (RET5). Absent: all. */
  readonly foldOnly?: ReadonlySet<string>;
}

/** A pure function from model to model plus a report. */
export interface Transform {
  readonly name: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Must come after these. */
  readonly after: readonly string[];
  /** Must not come after these. */
  readonly notAfter: readonly string[];
  /** It reads the values of the graph's variables. */
  readonly needsVariables?: boolean;
  /** Variables whose values it looks at where they are known, and does without where they are not. */
  readonly looksAt?: (model: Model, options: OptionValues) => readonly string[];
  /** `options` are complete and checked against the schema. @throws GraffitistError */
  apply(model: Model, options: OptionValues, context: TransformContext): TransformResult;
}
