/** What the engine asks of decode workers. */
import type { ImageRule, LeftOut } from '../../protocol.ts';
import type { RecordLabels } from '../labels/recordLabels.ts';
import type { StoredImages } from '../sources/source.ts';

/** Some images, in order, with everything that is needed to read them. */
export interface ReadRequest {
  readonly stored: readonly StoredImages[];
  readonly names: readonly string[];
  /** −1: none. */
  readonly labels: Int32Array;
  /** How labels are made from what records hold; null where `labels` has them. */
  readonly records: RecordLabels | null;
  readonly rule: ImageRule;
  readonly shape: readonly number[];
}

export interface ReadResult {
  /** Places in the request of those that could be read. */
  readonly places: Int32Array;
  readonly labels: Int32Array;
  readonly values: Float32Array;
  readonly leftOut: readonly LeftOut[];
}

/** A picture as RGBA bytes. */
export interface SmallPicture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8ClampedArray;
}

export type DataCalls = {
  readonly read: { readonly args: ReadRequest; readonly result: ReadResult };
  /** One image, its longer side at most `size`. */
  readonly thumbnail: {
    readonly args: { readonly stored: StoredImages; readonly name: string; readonly records: RecordLabels | null; readonly size: number };
    /** With the label that its record holds. */
    readonly result: SmallPicture & { readonly label: number | null };
  };
  /** Hex SHA-256 of each image's bytes as they are stored: of the file, of the picture in the record, of the row. */
  readonly hashes: {
    readonly args: { readonly stored: readonly StoredImages[]; readonly names: readonly string[] };
    readonly result: readonly string[];
  };
  /** Labels of records alone, −1 where there is none or the record cannot be read. */
  readonly labels: {
    readonly args: { readonly stored: readonly StoredImages[]; readonly names: readonly string[]; readonly records: RecordLabels };
    readonly result: Int32Array;
  };
};
