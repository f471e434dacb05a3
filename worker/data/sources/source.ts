import type { DType } from '../../formats/tensor.ts';
import type { PackedFile } from '../../formats/zipMember.ts';
import type { DataSummary, DataWarning, LeftOut } from '../../protocol.ts';
import type { DataFile } from './gather.ts';

/** How rows of an array hold an image. */
export interface RowForm {
  readonly dtype: DType;
  /** Of one image, as it is stored. */
  readonly shape: readonly number[];
  /** The channels stand first, each a plane. */
  readonly planes: boolean;
  /** Bytes from one row to the next, and of those that stand before the image (CIFAR's labels). */
  readonly stride: number;
  readonly skip: number;
}

/** Where images lie, as plain data that goes to a decode worker. Rows of an array that follow each other come as one. */
export type StoredImages =
  | { readonly kind: 'file'; readonly blob: Blob }
  | { readonly kind: 'packed'; readonly file: PackedFile }
  | { readonly kind: 'record'; readonly blob: Blob }
  | { readonly kind: 'rows'; readonly blob: Blob; readonly count: number; readonly form: RowForm };

/** Images before anything is said of labels. */
export interface Source {
  readonly kind: DataSummary['kind'];
  readonly title: string;
  readonly count: number;
  readonly bytes: number;
  /** Of one row of an array, as the network would take it; null for pictures. */
  readonly shape: readonly number[] | null;
  readonly dtype: DType | null;
  /** Path of a file from the folder that all are in; name of a record or row. */
  pathOf(image: number): string;
  stored(images: readonly number[]): readonly StoredImages[];
  /** Labels that an array beside the images holds. */
  readonly labels: Int32Array | null;
  /** Each record holds its own label. */
  readonly labelsWhenRead: boolean;
  readonly classNames: readonly string[];
  readonly texts: readonly DataFile[];
  readonly leftOut: readonly LeftOut[];
  readonly warnings: readonly DataWarning[];
}
