import type { DataWarning, LabelRule, LeftOut } from '../../protocol.ts';
import type { RecordLabels } from './recordLabels.ts';

/** What each image is called by its class, or nothing. */
export interface Labelling {
  /** The rule that `auto` came to; null: no labels. */
  readonly rule: LabelRule | null;
  readonly offset: number;
  /** By image, offset added; −1 for those that are left out because they have none. Null where records tell, or nothing does. */
  readonly labels: Int32Array | null;
  readonly records: RecordLabels | null;
  /** How many different labels there are; null where only reading tells. */
  readonly classes: number | null;
  readonly classNames: readonly string[];
  readonly leftOut: readonly LeftOut[];
  readonly warnings: readonly DataWarning[];
}

/** Images without labels. */
export const NONE: Labelling = {
  rule: null,
  offset: 0,
  labels: null,
  records: null,
  classes: null,
  classNames: [],
  leftOut: [],
  warnings: [],
};

/** Names by label with the offset added: what stands before them is the background. */
export function shifted(names: readonly string[], offset: number): readonly string[] {
  if (names.length === 0 || offset === 0) return names;
  return offset > 0 ? [...new Array<string>(offset).fill('background'), ...names] : names.slice(-offset);
}
