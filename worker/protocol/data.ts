/** Images and labels: what is opened, how a picture becomes what the network is fed, and what an evaluation answers. */
import type { ErrorInfo } from '../errors.ts';
import type { GraphInterface, OpenChoice, SourceFile, Stage } from '../protocol.ts';
import type { Suggestion } from './roads.ts';

// ---------------------------------------------------------------- what is opened

/**
 * Where labels come from. `auto`: what the data carries (records, a label array), else class folders, else WNIDs in file names, else none.
 * `folders`: sorted folder names are classes 0, 1, 2 …; `wnid`: the ImageNet class of a WNID in the folder's or file's name, in sorted
 * order or darknet's; `csv`: rows `file,label`, label a number, a WNID or a folder name.
 */
export type LabelRule =
  | { readonly kind: 'auto' }
  | { readonly kind: 'none' }
  | { readonly kind: 'carried' }
  | { readonly kind: 'folders' }
  | { readonly kind: 'wnid'; readonly order: 'imagenet' | 'darknet' }
  | { readonly kind: 'csv'; readonly file: string };

export interface DataRequest {
  readonly files: readonly SourceFile[];
  readonly labels?: LabelRule;
  /** Added to every label: −1 where labels count from 1. `auto`: told from the labels and the network's number of classes. */
  readonly labelOffset?: number | 'auto';
}

/** A file or example that is not evaluated, and why. */
export interface LeftOut {
  readonly name: string;
  readonly error: ErrorInfo;
}

/** Something that a person should know before a long run: a rule id, a sentence, the way out. */
export interface DataWarning {
  readonly rule: string;
  readonly text: string;
  readonly remedy: string | null;
  /** A rule for images that mends it, where there is one: one click takes it. */
  readonly images?: ImageRule;
}

export interface DataSummary {
  /** `validation: 51 JPEG files in one folder` */
  readonly title: string;
  readonly kind: 'files' | 'records' | 'arrays';
  readonly count: number;
  readonly bytes: number;
  /** The rule that `auto` came to, and how many different labels there are; labels of records are known when they are read. */
  readonly labels: { readonly rule: LabelRule; readonly offset: number; readonly classes: number | null } | null;
  /** By label; empty where the data names none. */
  readonly classNames: readonly string[];
  /** How many of the files could not be taken; the first of them. */
  readonly leftOut: { readonly count: number; readonly first: readonly LeftOut[] };
  /** Shape of one array row; null for pictures, which have their own sizes. */
  readonly shape: readonly number[] | null;
  /** What the network's preset, else the kind of data suggests. */
  readonly images: ImageRule;
  readonly warnings: readonly DataWarning[];
}

// ---------------------------------------------------------------- from picture to input

/** Named preprocessings: those of networks (facts 7), `signed` (x / 127.5 − 1), `unit` (x / 255), `bytes` (x as it is), `none` (fed as given). */
export type ImageRuleName =
  | 'inception'
  | 'vgg'
  | 'darknet'
  | 'inception-caffe'
  | 'mobilenet-caffe'
  | 'vgg-caffe'
  | 'signed'
  | 'unit'
  | 'bytes'
  | 'none';

/** By name, or spelled out. The size is the network's input; height and width. */
export type ImageRule = { readonly name: ImageRuleName; readonly size?: readonly [number, number] } | CustomImageRule;

/** y = (x / divisor − mean) · scale, per channel, after cropping and resizing as TensorFlow 1.x's bilinear does. */
export interface CustomImageRule {
  readonly name: 'custom';
  readonly size?: readonly [number, number];
  /** `central`: this share of both sides, then resized; `short-side`: resized so that the short side has so many pixels, then cropped. */
  readonly crop:
    | { readonly kind: 'central'; readonly share: number }
    | { readonly kind: 'short-side'; readonly pixels: number }
    | { readonly kind: 'none' };
  readonly channels: 'rgb' | 'bgr' | 'grey';
  readonly divisor: number;
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}

// ---------------------------------------------------------------- evaluation

/**
 * A network to evaluate: a stage of the open document, or other files (a graph, its checkpoint) with the same inputs. `title`: what the
 * result calls it, else the stage's title or the graph's file name.
 */
export type NetworkRef =
  | { readonly kind: 'stage'; readonly stage: Stage; readonly title?: string }
  | { readonly kind: 'files'; readonly files: readonly SourceFile[]; readonly choice?: OpenChoice; readonly title?: string };

export interface ValidateRequest {
  /** One network, or two to compare: the first is the one held as right where there are no labels. */
  readonly networks: readonly [NetworkRef] | readonly [NetworkRef, NetworkRef];
  readonly images: ImageRule;
  /** So many of the images: the first, or a seeded choice; absent: all. */
  readonly limit?: number;
  readonly seed?: number;
  /** Where the guess is wrong: inputs, outputs and shape of every network that has nodes of these names. */
  readonly interface?: GraphInterface;
  /** At most so many images at a time. */
  readonly batchSize?: number;
}

/** A share with its 95 % interval (Wilson). */
export interface Rate {
  readonly hits: number;
  readonly of: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A mean with its 95 % interval. */
export interface MeanWithInterval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Images of a class, and how many of them have it as the first answer and among the first five. */
export interface ClassScore {
  readonly label: number;
  readonly count: number;
  readonly top1: number;
  readonly top5: number;
}

/** How often images of `label` got `answer` (−1: the output was not finite); only pairs that occur, by label and answer. */
export interface ConfusionCell {
  readonly label: number;
  readonly answer: number;
  readonly count: number;
}

/** One network on the labelled images; rates are null where there are no labels. */
export interface NetworkScore {
  readonly title: string;
  /** The output that answers: the first of shape [N, classes], and whether the loss takes it as probabilities or as logits; null: none is. */
  readonly scored: { readonly output: string; readonly classes: number; readonly loss: 'probabilities' | 'logits' } | null;
  /** Images whose answer holds NaN or an infinity: they count as wrong, and for no loss. */
  readonly notFinite: number;
  readonly top1: Rate | null;
  readonly top5: Rate | null;
  /** Cross-entropy with the label, nats. */
  readonly loss: MeanWithInterval | null;
  readonly classes: readonly ClassScore[];
  readonly confusion: readonly ConfusionCell[];
}

/** The largest element of an output; index −1 and NaN where it is not finite. */
export interface Answer {
  readonly index: number;
  readonly value: number;
  /** Value less the second largest. */
  readonly margin: number;
}

/** An image on which the two networks answer differently. */
export interface ChangedImage {
  readonly image: number;
  readonly name: string;
  readonly label: number | null;
  readonly answers: readonly [Answer, Answer];
}

/** One output of the two networks, over all images where both are finite. */
export interface OutputAgreement {
  readonly output: string;
  /** Signal: the first network; noise: the difference. Infinity where there is none. */
  readonly sqnrDb: number;
  readonly cosine: number;
  readonly largestDifference: number;
}

export interface NetworkComparison {
  /** Both put the same element first. */
  readonly agreement: Rate | null;
  /** Second less first network's top-1, paired: with interval, the images that only one of them had right, and McNemar's exact p. */
  readonly top1: {
    readonly difference: MeanWithInterval;
    readonly onlyFirst: number;
    readonly onlySecond: number;
    readonly p: number;
  } | null;
  readonly outputs: readonly OutputAgreement[];
  readonly changed: readonly ChangedImage[];
}

/** Answers one by one, in the order of the images. */
export interface ImageAnswers {
  /** Numbers of the images in the set. */
  readonly images: Int32Array;
  /** −1: none. */
  readonly labels: Int32Array;
  /** By network; −1: not finite. Empty of a network without scored output. */
  readonly answers: readonly Int32Array[];
}

export interface Evaluation {
  /** How many were evaluated. */
  readonly images: number;
  readonly perImage: ImageAnswers;
  readonly rule: ImageRule;
  readonly leftOut: { readonly count: number; readonly first: readonly LeftOut[] };
  readonly classNames: readonly string[];
  readonly networks: readonly NetworkScore[];
  readonly comparison: NetworkComparison | null;
  /** Where the second network is a stage of this document that quantize made: what to do next, the nearest road first. */
  readonly suggestions?: readonly Suggestion[];
  readonly warnings: readonly DataWarning[];
  readonly backend: string;
  readonly ms: number;
}

// ---------------------------------------------------------------- calibration sets

export interface CalibrationSetRequest {
  readonly images: ImageRule;
  /** 50 where absent. */
  readonly size?: number;
  /** 0 where absent. */
  readonly seed?: number;
  /** As many of every class as can be. */
  readonly balanced?: boolean;
  /** The first images, in the order in which the data lists them, instead of a seeded choice. */
  readonly first?: boolean;
  /** A `calibration_set.json`: the same set again, by the rule for images that it holds; what differs is an error. */
  readonly list?: SourceFile;
}

export interface CalibrationSet {
  /** `calibration_set.npy`, [N, H, W, C] float32 as fed. */
  readonly array: SourceFile;
  /** `calibration_set.json`: names and hashes of the chosen images, the rule, the seed; a recipe pins its hash. */
  readonly list: SourceFile;
  readonly count: number;
  readonly shape: readonly number[];
  readonly leftOut: { readonly count: number; readonly first: readonly LeftOut[] };
  readonly warnings: readonly DataWarning[];
}

/** A picture of the set, as it was decoded. */
export interface Thumbnail {
  readonly name: string;
  readonly label: number | null;
  readonly width: number;
  readonly height: number;
  /** RGBA bytes. */
  readonly pixels: Uint8ClampedArray;
}
