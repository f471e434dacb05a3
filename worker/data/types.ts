import type { DataSummary, ImageRule, LeftOut } from '../protocol.ts';

/** A set of images as it lies open: what and how many, read when asked for. */
export interface OpenedData {
  readonly summary: DataSummary;
  readonly count: number;
  /** File name, member of an archive, or record number of an image. */
  nameOf(image: number): string;
  /** Class of an image as the network numbers it, offset added; null where there is none, or where only reading tells (`labelsWhenRead`). */
  labelOf(image: number): number | null;
  readonly labelsWhenRead: boolean;
}

/** Some images as the network takes them; none where all of a batch were left out. */
export interface Batch {
  /** Their numbers in the set, in ascending order of the request; those left out are not among them. */
  readonly images: readonly number[];
  readonly names: readonly string[];
  /** −1: none. */
  readonly labels: Int32Array;
  /** `images.length` rows of `shape`. */
  readonly values: Float32Array;
  readonly shape: readonly number[];
  /** Images of this batch that could not be read. */
  readonly leftOut: readonly LeftOut[];
}

export interface BatchOptions {
  readonly rule: ImageRule;
  /** Height, width and channels that the network takes. */
  readonly shape: readonly number[];
  /** Which images, in which order; absent: all. */
  readonly images?: readonly number[];
  /** Images per batch. */
  readonly size: number;
  readonly signal?: AbortSignal | undefined;
}

/** Batches in the order of the request whatever worker decoded them; a few are made ahead, so memory does not grow with the set. */
export type BatchStream = (data: OpenedData, options: BatchOptions) => AsyncIterable<Batch>;
