import type { TrainingRecord } from '../../protocol.ts';

/** So many records of a run are kept; twice as many are thinned to half. */
const KEPT = 2048;

/** The records of a run, those of a long one evenly thinned: every `stride`-th step, and the last one. */
export interface Records {
  readonly stride: number;
  readonly list: readonly TrainingRecord[];
}

export const NO_RECORDS: Records = { stride: 1, list: [] };

/** TRN26: one more record. The last one is always there, whatever the stride. */
export function withRecord({ stride, list }: Records, record: TrainingRecord): Records {
  const settled = list.at(-1)?.step ?? 0;
  const kept = settled % stride === 0 ? list : list.slice(0, -1);
  if (kept.length < 2 * KEPT) return { stride, list: [...kept, record] };
  const wider = stride * 2;
  return { stride: wider, list: [...kept.filter(({ step }) => step % wider === 0), record] };
}
