/** What a person should know about a calibration that followed the original. */
import type { WorkDone } from '../compute/messages.ts';
import type { Warning } from '../protocol.ts';
import type { StageResult } from './sweep.ts';

/** KL-J clipping more than this share of the samples is worth a word. */
const CLIPPED_SHARE = 0.01;

/** Warnings in calibration order. */
export function calibrationWarnings(stages: readonly StageResult[], work: WorkDone): readonly Warning[] {
  return [...stages.flatMap(zeros), ...stages.flatMap(clipping), ...budget(work)];
}

/** CAL3: log2 of 0 crashes the original for weights; for everything else it takes 0.5. */
function zeros({ quantizer, largest }: StageResult): readonly Warning[] {
  if (largest > 0) return [];
  return [{ rule: 'CAL3', node: quantizer, text: 'Every sample is 0: any threshold would do, and 0.5 was taken.' }];
}

/** CAL7: data without small values makes the search see no loss in clipping. */
function clipping({ quantizer, statistics, smallest, largest, overThreshold }: StageResult): readonly Warning[] {
  const { method, rawThreshold } = statistics;
  if (method !== 'KL-J' || overThreshold <= CLIPPED_SHARE) return [];
  const cause =
    smallest > rawThreshold / 2
      ? `because no sample lies near 0 (the smallest is ${smallest.toPrecision(3)}), which the method takes for free room`
      : 'to keep small values fine';
  return [
    {
      rule: 'CAL7',
      node: quantizer,
      text: `KL-J clips ${(100 * overThreshold).toFixed(1)} % of the samples ${cause}. The original does the same; quantize(max_thresholds=[${quantizer}]) keeps them (t = ${largest.toPrecision(4)}).`,
    },
  ];
}

/** CAL9: what the memory budget cost. */
function budget({ repeated }: WorkDone): readonly Warning[] {
  if (repeated === 0) return [];
  return [
    {
      rule: 'CAL9',
      node: '',
      text: `${repeated} tensors were computed more than once to stay within the memory budget; a larger budget or fewer images is faster. Thresholds are the same.`,
    },
  ];
}
