/** The closed set of calls that a compute worker answers. Everything is plain data; Blobs pass by reference, results move. */
import type { QuantizationError } from '../calibrate/codes.ts';
import type { Bins, Extremes } from '../calibrate/histogram.ts';
import type { Candidate } from '../calibrate/klj.ts';
import type { Spread } from '../calibrate/spread.ts';
import type { Answers, Scored } from '../evaluate/answers.ts';
import type { BackendName } from '../execute/backend.ts';
import type { ImageMoments } from '../train/channelMoments.ts';
import type { MeasuredPass, Slopes, StepGradients } from '../train/trainingStep.ts';
import type { VariableValues } from '../train/types.ts';
import type { PortableModel } from './portableModel.ts';

/** Images for one input: rows `first` … `first + count` of a .npy file, read by the worker itself. */
export interface ImageRange {
  readonly input: string;
  readonly file: Blob;
  readonly first: number;
  readonly count: number;
}

/** A calibration as a worker gets it: its share of the images, and the order in which thresholds are found. */
export interface SweepOptions {
  readonly model: PortableModel;
  readonly images: readonly ImageRange[];
  /** LinearQuant nodes in calibration order; a stage is an index into it. */
  readonly order: readonly string[];
  /** Bytes that kept tensors of this worker may take. */
  readonly budgetBytes: number;
}

/** What a sweep has cost one worker so far. */
export interface WorkDone {
  /** Kept tensors at their most. */
  readonly peakBytes: number;
  /** Tensors computed again because a shared threshold moved after they had been read. */
  readonly recomputed: number;
  /** Tensors computed again because the budget left no room to keep them. */
  readonly repeated: number;
}

/** How the samples of one stage were rounded. */
export interface StageOutcome {
  readonly stage: number;
  /** In parts whose sums are added in order: per image, or all of a worker's share. */
  readonly errors: readonly QuantizationError[];
  /** Counts of the rounded samples: |code| in equal bins on [0, Q); empty where none were asked for. */
  readonly view: Uint32Array;
}

/** A stage whose samples become codes now. */
export interface SettledStage {
  readonly stage: number;
  /** Largest |x| of its samples, on all workers. */
  readonly largest: number;
  /** Bins of the view wanted: a power of 2, or 0 for none. */
  readonly viewBins: number;
}

/** A network as a worker evaluates it. */
export interface NetworkToEvaluate {
  readonly model: PortableModel;
  /** The node that images are fed to. */
  readonly input: string;
  /** Outputs to compute; of two networks the k-th are compared. */
  readonly outputs: readonly string[];
  /** The one of them that answers, by its place in `outputs`; null: none has a row of scores per image. */
  readonly scored: (Scored & { readonly at: number }) | null;
}

/** What the networks said to a batch. */
export interface BatchAnswers {
  /** By network. */
  readonly answers: readonly Answers[];
  /** Of two networks: `SUMS` numbers per image and output (evaluate/agreement.ts), image after image; else empty. */
  readonly pairs: Float64Array;
}

/** A network as a worker trains it. */
export interface NetworkToTrain {
  readonly model: PortableModel;
  /** The node that images are fed to, and the shape of one, without batch. */
  readonly input: string;
  readonly shape: readonly number[];
  /** The tensor that gives the logits. */
  readonly logits: string;
  /** Variables whose gradients are wanted, and others whose values every step brings. */
  readonly trained: readonly string[];
  readonly given: readonly string[];
  readonly regularization: readonly string[];
  /** The network whose answers are the targets; null: labels are. */
  readonly teacher: {
    readonly model: PortableModel;
    readonly input: string;
    readonly output: string;
    readonly kind: 'probabilities' | 'logits';
  } | null;
}

/** Images of a batch with their labels; those are −1 where a teacher tells the targets. */
export interface PartOfBatch {
  readonly values: Float32Array;
  readonly labels: Int32Array;
}

export type ComputeCalls = {
  /** Makes the backend. Every other call comes after it. */
  readonly start: { readonly args: { readonly backend: BackendName }; readonly result: { readonly description: string } };

  /** Begins a sweep; ends the one before. */
  readonly open: { readonly args: SweepOptions; readonly result: null };
  /** Computes a stage's source for every image of the share, keeps it, and finds its extremes. Progress counts images. */
  readonly measure: { readonly args: { readonly stage: number }; readonly result: Extremes };
  /** Counts the kept samples of some stages into bins: one array per stage. */
  readonly count: { readonly args: { readonly stages: readonly number[]; readonly bins: Bins }; readonly result: readonly Uint32Array[] };
  /** Sums over the kept samples of some stages: Σ (x − mean) and Σ (x − mean)². */
  readonly spread: {
    readonly args: { readonly stages: readonly number[]; readonly mean: number };
    readonly result: Spread;
  };
  /** Tries every `stride`-th candidate of a KL-J search from candidate number `offset` on. */
  readonly search: {
    readonly args: { readonly counts: Float64Array; readonly levels: number; readonly offset: number; readonly stride: number };
    readonly result: Candidate;
  };
  /**
   * Sets a threshold as `stage` found it. `settled` lists the stages whose samples become codes now, because the threshold is final:
   * those this worker holds samples of. Tensors that no later stage reads are released.
   */
  readonly settle: {
    readonly args: { readonly stage: number; readonly variable: string; readonly log2: number; readonly settled: readonly SettledStage[] };
    readonly result: { readonly outcomes: readonly StageOutcome[]; readonly work: WorkDone };
  };
  /** Once thresholds are set: layers whose sums may depend on the backend. */
  readonly inexact: { readonly args: null; readonly result: readonly string[] };
  /** Ends the sweep and frees what it held. */
  readonly close: { readonly args: null; readonly result: null };

  /** Runs a model on a share of the images and hands back one output, image after image. Progress counts images. */
  readonly outputs: {
    readonly args: { readonly model: PortableModel; readonly images: readonly ImageRange[]; readonly output: string };
    readonly result: { readonly values: Float32Array; readonly perImage: number };
  };

  /** Makes one or two networks ready for `evaluate`, in the place of those before. Says how many images a call takes at best. */
  readonly openNetworks: {
    readonly args: { readonly networks: readonly NetworkToEvaluate[]; readonly shape: readonly number[] };
    readonly result: { readonly imagesPerCall: number };
  };
  /** Runs the open networks on some images: rows of the shape that was named, a label each, −1 for none. Progress counts images. */
  readonly evaluate: { readonly args: { readonly values: Float32Array; readonly labels: Int32Array }; readonly result: BatchAnswers };
  /** Frees the networks. */
  readonly closeNetworks: { readonly args: null; readonly result: null };

  /** Makes a network ready to be trained, in the place of the one before. */
  readonly openTraining: { readonly args: NetworkToTrain; readonly result: null };
  /** Takes over the variables, then passes over some parts of a batch of `images`, which the loss is averaged over. Progress counts parts. */
  readonly trainPasses: {
    readonly args: {
      readonly parts: readonly PartOfBatch[];
      readonly images: number;
      readonly variables: VariableValues;
      readonly batchNormFrozen: boolean;
      readonly frozen: readonly string[];
    };
    readonly result: readonly MeasuredPass[];
  };
  /** Gradients by variable, with the variables of the last passes, from the summed slopes of a whole batch. */
  readonly trainGradients: { readonly args: { readonly slopes: Slopes }; readonly result: StepGradients };
  /** Frees the network that was trained. */
  readonly closeTraining: { readonly args: null; readonly result: null };

  /** Makes a network ready to have tensors measured for `images`, in the place of the one before. */
  readonly openStatistics: {
    readonly args: {
      readonly model: PortableModel;
      readonly images: readonly ImageRange[];
      /** Every one stands before those that depend on what is made of it. */
      readonly targets: readonly { readonly tensor: string; readonly channels: number; readonly channelsFirst: boolean }[];
      /** Bytes that kept tensors of this worker may take. */
      readonly budgetBytes: number;
    };
    readonly result: null;
  };
  /** Gives variables other values, which stay, then measures the `at`-th tensor, image by image. Progress counts images. */
  readonly moments: { readonly args: { readonly at: number; readonly values: VariableValues }; readonly result: ImageMoments };
  /** Frees the network that was measured. */
  readonly closeStatistics: { readonly args: null; readonly result: null };

  /**
   * Makes a quantized network ready for `distance`, in the place of the one before, and computes the float network's outputs for the images
   * once. Images come in ranges, each of which is one call of the kernels.
   */
  readonly openSearch: {
    readonly args: { readonly float: NetworkToEvaluate; readonly quantized: NetworkToEvaluate; readonly images: readonly ImageRange[] };
    readonly result: null;
  };
  /** Gives threshold variables other values, which stay, and says how far each image's outputs are from the float ones (SRCH2). */
  readonly distance: {
    readonly args: {
      readonly log2: readonly { readonly variable: string; readonly value: number; readonly dtype: 'float32' | 'float64' }[];
    };
    readonly result: Float64Array;
  };
  /** Frees the network that was searched. */
  readonly closeSearch: { readonly args: null; readonly result: null };

  /** Integer codes of quantized constants, for each of some LinearQuant nodes. */
  readonly codes: {
    readonly args: { readonly model: PortableModel; readonly linearQuants: readonly string[] };
    readonly result: readonly { readonly shape: readonly number[]; readonly values: Float32Array }[];
  };
};
