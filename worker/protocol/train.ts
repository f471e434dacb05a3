/** Retraining of weights and thresholds: what is asked for, what is seen while it runs, what comes out. */
import type { DataRequest, DataWarning, ImageRule, Rate } from '../protocol/data.ts';
import type { ErrorInfo, JobOptions, Stage, Suggestion } from '../protocol.ts';
import type { TrainingOptions } from '../train/options.ts';

/** A training run as it is asked for. Options that are absent are the preset's. */
export interface TrainRequest {
  /**
   * What is trained: the graph that `quantize(is_training=True)` made, or with `mode: 'float'` one with variables and no quantizers. Absent:
   * the last stage of the run.
   */
  readonly stage?: Stage;
  /** `published`: the constants of the original's script; `short`: their proportions, scaled to the steps of this run. */
  readonly preset: 'published' | 'short';
  readonly options: Partial<TrainingOptions>;
  readonly images: ImageRule;
  /** Images that the best state is chosen by: so many held out of the open set by the seed, or another set. */
  readonly validation: { readonly kind: 'held-out'; readonly images: number } | { readonly kind: 'data'; readonly data: DataRequest };
  /** The run is stored every so many steps, and when it is paused. */
  readonly storeEvery?: number;
}

/** An option of a training run, as the schema of options has it: what it does, and its value where nothing is said. */
export interface TrainingOptionInfo {
  readonly name: keyof TrainingOptions;
  readonly summary: string;
  readonly default: TrainingOptions[keyof TrainingOptions];
}

/**
 * A training run as a recipe and a kept session hold it: plain data, every option spelled out, so that defaults of a later version change
 * nothing.
 */
export interface PinnedTraining {
  readonly version: 1;
  readonly stage?: Stage | undefined;
  readonly preset: TrainRequest['preset'];
  /** Seed, steps and rates as the run had them. */
  readonly options: TrainingOptions;
  /** The rule for images as text (`inception,size=128`). */
  readonly images: string;
  /** Of another set the names of its files: a reader is asked for them. */
  readonly validation:
    | { readonly kind: 'held-out'; readonly images: number }
    | { readonly kind: 'data'; readonly files: readonly string[] };
  readonly storeEvery?: number | undefined;
  /** Bits of quantizers that a person changed while the run was paused, by quantizer. */
  readonly bits: Readonly<Record<string, number>>;
  /** SHA-256 of the graph file as it was opened, of the trained variables as they are stored: whether a run again came out the same. */
  readonly hashes: TrainReport['hashes'];
}

/** A threshold of the run: the variable that holds log2 t, and the quantizers that read it. */
export interface TrainedThreshold {
  readonly variable: string;
  readonly quantizers: readonly string[];
  readonly bits: number;
  readonly signed: boolean;
  /** log2 t when the run began, which `reset` goes back to. */
  readonly start: number;
}

/** What is fixed when a run begins. */
export interface TrainingSetup {
  readonly options: TrainingOptions;
  readonly steps: number;
  /** Parts that a batch is cut into, whatever the number of workers. */
  readonly microBatches: number;
  readonly images: { readonly training: number; readonly validation: number };
  /** Trained weights: how many variables, and how many numbers in them. */
  readonly weights: { readonly variables: number; readonly parameters: number };
  readonly thresholds: readonly TrainedThreshold[];
  /** What a validation counts: right answers, or answers that agree with the float network's where there are no labels. */
  readonly score: 'top1' | 'agreement';
  /** Of the float network on the validation images; 1 where agreement with it is counted. */
  readonly floatScore: number;
  /** What else fits the network as it is before the first step (ROAD1 … ROAD5), the nearest road first. */
  readonly suggestions: readonly Suggestion[];
  readonly backend: string;
}

/** A step that was done. */
export interface TrainingRecord {
  /** From 1 on. */
  readonly step: number;
  readonly loss: number;
  readonly regularization: number;
  readonly weightRate: number;
  readonly thresholdRate: number;
  /** log2 t after the step, in the order of `TrainingSetup.thresholds`. */
  readonly thresholds: Float32Array;
  readonly ms: number;
}

export interface TrainingValidation {
  /** Steps done before it. */
  readonly step: number;
  readonly score: number;
}

/** A run as it stands. */
export interface TrainingView {
  readonly state: 'running' | 'pausing' | 'paused' | 'ended';
  readonly setup: TrainingSetup;
  /** Steps done. */
  readonly step: number;
  /** Steps after the one that was asked for; of a long run those that were kept, evenly thinned. */
  readonly records: readonly TrainingRecord[];
  /** log2 t as it stands, in the order of `setup.thresholds`: a person may have changed it since the last record. */
  readonly thresholds: Float32Array;
  readonly validations: readonly TrainingValidation[];
  readonly best: TrainingValidation | null;
  /** Frozen thresholds by variable, and at which step each was frozen. */
  readonly frozen: readonly { readonly variable: string; readonly step: number }[];
  /** Bits of quantizers that a person changed, by quantizer. */
  readonly bits: Readonly<Record<string, number>>;
  /** Mean time of the last steps. */
  readonly msPerStep: number | null;
  /** Step of the last stored state; null: none yet. */
  readonly storedAt: number | null;
  /** Storage that is full, images that could not be read: the run goes on. */
  readonly warnings: readonly DataWarning[];
}

/** What a person changes while a run is paused. Thresholds by variable, bits by quantizer. */
export type TrainingEdit =
  | { readonly kind: 'freeze' | 'release' | 'reset'; readonly threshold: string }
  | { readonly kind: 'bits'; readonly quantizer: string; readonly bits: number };

/** How a call to `train` or `resumeTraining` ended; a paused run has no report yet. */
export type TrainOutcome =
  | { readonly ended: 'paused' }
  /** `done`: all steps; `stopped`: before that, by `stopTraining`. */
  | { readonly ended: 'done' | 'stopped'; readonly report: TrainReport };

export interface ThresholdChange {
  readonly variable: string;
  readonly quantizers: readonly string[];
  readonly bits: number;
  /** log2 t. */
  readonly before: number;
  readonly after: number;
  /** Change of ceil(log2 t): positive for range, negative for precision. */
  readonly deviation: number;
  readonly frozenAt: number | null;
}

/** What a run came to. Scores are of the validation images. */
export interface TrainReport {
  readonly steps: number;
  /** The step whose state is the result: the best validation. */
  readonly bestStep: number;
  readonly score: TrainingSetup['score'];
  readonly accuracy: {
    readonly float: Rate | null;
    /** As calibrated, before the first step. */
    readonly calibrated: Rate;
    readonly retrained: Rate;
  };
  /** Statistics of fixed batch norms that were measured anew, on so many images; absent: they were kept. */
  readonly statistics?: {
    readonly images: number;
    readonly batchNorms: number;
    /** Score before the first step with statistics of the float network, and with thresholds that were calibrated behind them. */
    readonly begun: Rate;
    /** Score of the best state with statistics measured in it, and whether they are the result's; null: there was nothing to measure. */
    readonly ended: { readonly score: Rate; readonly taken: boolean } | null;
  };
  readonly thresholds: readonly ThresholdChange[];
  readonly options: TrainingOptions;
  readonly images: { readonly training: number; readonly validation: number };
  readonly backend: string;
  readonly microBatches: number;
  readonly msPerStep: number;
  readonly peakBytes: number;
  /** SHA-256 of the graph file as it was opened, of the trained variables as they are stored. */
  readonly hashes: { readonly model: string; readonly variables: string };
  readonly warnings: readonly DataWarning[];
}

/** The part of the engine that trains; it holds one run at a time. */
export interface TrainingMethods {
  /** What there is to choose of a training run. */
  trainingOptions(): Promise<readonly TrainingOptionInfo[]>;
  /**
   * Trains a stage on the open data until all steps are done, or it is paused or stopped. A run that ends adds the stage `retrained`: the
   * inference graph (recipe 3c) with the best weights and thresholds. Progress: phase `train`, `done` steps; `training` says the rest.
   * Cancelled: the run is gone and the document as it was.
   */
  train(request: TrainRequest, job?: JobOptions): Promise<TrainOutcome>;
  /** Ends `train` after the step at hand; the run waits, stored, for `resumeTraining`. */
  pauseTraining(): Promise<void>;
  /** Ends a running or paused run after the step at hand and keeps the best state: `train` or `resumeTraining` returns it, or this does. */
  stopTraining(): Promise<TrainReport | null>;
  /** Goes on with a paused run: the same numbers as if it had not been interrupted. */
  resumeTraining(job?: JobOptions): Promise<TrainOutcome>;
  /** Drops a paused run and what is stored of it. */
  discardTraining(): Promise<void>;
  /** Changes a paused run. */
  editTraining(edit: TrainingEdit): Promise<TrainingView>;
  /** The run at hand with its records after step `since`; null: there is none. */
  training(since?: number): Promise<TrainingView | null>;
  /**
   * Finds what is stored of a run of this document, its pipeline having run and its data being open; it waits as a paused one. A set of
   * its own for validation is not stored: it has to be given.
   */
  restoreTraining(validation?: TrainRequest['validation']): Promise<TrainingView | null>;
  /** Why nothing of what is stored of a run of this document can be read: damaged, or of another version. null: something can, or nothing is stored. */
  unreadableTraining(): Promise<ErrorInfo | null>;
  /** Of the run that ended last. */
  trainingReport(): Promise<TrainReport | null>;
}
