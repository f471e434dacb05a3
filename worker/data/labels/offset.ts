import { GraffitistError } from '../../errors.ts';
import type { LabelRule } from '../../protocol.ts';

/** Labels as they were found, before the offset. */
export interface FoundLabels {
  readonly rule: LabelRule;
  /** Smallest and largest; null where there are none. */
  readonly range: readonly [low: number, high: number] | null;
  /** How many classes they stand for, where the way they were found says so: folders, ImageNet's thousand. */
  readonly of: number | null;
  /** Of records: from where their numbers count by the WNIDs beside them; `likely-1`: they hold none, and no number is 0. */
  readonly countFrom?: 0 | 1 | 'likely-1';
}

/** LBL6: what is added to labels so that they are the network's classes. In a network of 1001 classes the first is the background. */
export function autoOffset({ rule, range, of, countFrom }: FoundLabels, outputs: number | null): number {
  if (outputs === null || range === null) return 0;
  const [low, high] = range;
  const background = outputs === 1001 ? 1 : 0;
  if (countFrom === 0 || countFrom === 1) return outputs === 1000 || outputs === 1001 ? background - countFrom : 0;
  if (countFrom === 'likely-1' && outputs === 1000) return -1;
  if (of === 1000 && (rule.kind !== 'folders' || low === 0)) return background;
  if (low >= 1 && high === outputs) return -1;
  return low === 0 && high === 999 ? background : 0;
}

/** LBL7: labels that the network has no class for are refused before anything runs. @throws GraffitistError `label-invalid` */
export function checkRange({ range }: FoundLabels, offset: number, outputs: number | null): void {
  if (range === null) return;
  const [low, high] = [range[0] + offset, range[1] + offset];
  if (low >= 0 && (outputs === null || high < outputs)) return;
  const classes = outputs === null ? 'Classes count from 0' : `the network has the classes 0 to ${outputs - 1}`;
  throw new GraffitistError(
    'label-invalid',
    `The labels go from ${low} to ${high}${offset === 0 ? '' : ` with the offset ${offset}`}, ${classes}.`,
    {
      about: 'labels',
      remedy:
        low < 0
          ? 'Correct the label offset.'
          : 'Set the label offset (−1 where labels count from 1), or give the data that belongs to the network.',
    },
  );
}
