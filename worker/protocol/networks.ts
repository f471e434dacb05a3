/** Well-known networks: what is said of one that was recognised, and the recipes that it has. */
import type { GraphInterface } from '../protocol.ts';

/** Recipes of a network: 1, 2 (INT8, INT4 weights), 3a and 3c of the original's README. */
export type NetworkRecipe = 'optimized' | 'int8' | 'int4' | 'train-int8' | 'train-int4' | 'retrained-int8' | 'retrained-int4';

/** What is done to images before a network sees them. */
export type Preprocessing = 'inception' | 'vgg' | 'darknet' | 'inception-caffe' | 'mobilenet-caffe' | 'vgg-caffe';

type TopOneAndFive = readonly [top1: number, top5: number];

/** ImageNet accuracy in percent, as published with the original. */
export interface PublishedAccuracy {
  readonly float: TopOneAndFive;
  readonly staticInt8: TopOneAndFive;
  readonly retrainedFloat: TopOneAndFive;
  /** INT8, weights retrained alone. */
  readonly retrainedWeights: TopOneAndFive;
  /** INT8, weights and thresholds retrained. */
  readonly retrainedInt8: TopOneAndFive;
  /** The same with INT4 weights; null: not published. */
  readonly retrainedInt4: TopOneAndFive | null;
}

/** A well-known network, as it was recognised in the opened graph; names are the graph's own. */
export interface NetworkSummary {
  /** `mobilenet_v1` */
  readonly name: string;
  /** `MobileNet v1` */
  readonly title: string;
  /** In what it departs from the published form: "input 128×128×3", "10 outputs". */
  readonly variant: readonly string[];
  readonly interface: GraphInterface;
  readonly firstLayer: string;
  readonly lastLayer: string;
  /** Presets for the graph at hand: `mobilenet_v1/int8`. */
  readonly presets: readonly string[];
  /** What is done to a photograph before the network sees it, by its name and in words. */
  readonly preprocessing: { readonly name: Preprocessing; readonly text: string };
  readonly accuracy: PublishedAccuracy | null;
}
