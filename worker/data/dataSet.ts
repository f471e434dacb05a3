import { GraffitistError } from '../errors.ts';
import type { RecordLabels } from './labels/recordLabels.ts';
import type { StoredImages } from './sources/source.ts';
import type { OpenedData } from './types.ts';

/** An opened set with what decode workers need of it. */
export interface DataSet extends OpenedData {
  /** Where images lie, in the order asked for. */
  stored(images: readonly number[]): readonly StoredImages[];
  /** How labels are made from what records hold; null where `labelOf` knows them. */
  readonly recordLabels: RecordLabels | null;
}

/** A set as the engine opened it. @throws GraffitistError `internal` for any other */
export function dataSet(data: OpenedData): DataSet {
  if ('stored' in data) return data as DataSet;
  throw new GraffitistError('internal', 'These images were not opened by the engine.');
}
