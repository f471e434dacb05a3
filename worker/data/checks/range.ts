import type { DType } from '../../formats/tensor.ts';
import type { DataWarning, ImageRule } from '../../protocol.ts';
import { IMAGE_RULES } from '../imageRules.ts';
import { spelled } from './alternatives.ts';
import { BYTES, rulesScaling, type SourceRange, UNIT } from './scaling.ts';

/** The numbers of an array, and what they are taken for. */
export interface FoundRange {
  readonly dtype: DType | null;
  readonly range: SourceRange | null;
  readonly low: number;
  readonly high: number;
}

/** CHK2: numbers of an array that are not in the range that a named rule is for, with the rule that does the same to them. */
export function rangeWarnings(rule: ImageRule, { dtype, range, low, high }: FoundRange): DataWarning[] {
  if (rule.name === 'none' || rule.name === 'custom' || dtype === null || dtype === 'uint8' || !(low <= high)) return [];
  const { steps } = IMAGE_RULES[rule.name];
  const wanted = steps.unitFirst ? UNIT : BYTES;
  if (range === wanted) return [];
  const short = (value: number): string => String(Number(value.toPrecision(4)));
  const text = `The numbers of the array go from ${short(low)} to ${short(high)}, and the rule '${rule.name}' is for ${wanted.text}.`;
  if (range === null) return [{ rule: 'CHK2', text, remedy: "Feed them as they are ('none'), or give the array in that range." }];
  const mended = spelled(rulesScaling(steps, wanted), { kind: 'none' }, range);
  return [{ rule: 'CHK2', text, remedy: 'Take the rule for numbers of that range.', images: mended }];
}
