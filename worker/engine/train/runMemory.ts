import { GraffitistError } from '../../errors.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Rate, TrainedThreshold, TrainingEdit } from '../../protocol.ts';
import { withQuantizerBits } from '../../quantize/bitOverrides.ts';
import { type TrainingState, withFrozen, withOtherBits, withReleased, withThreshold } from '../../train/state.ts';
import type { Records } from './records.ts';
import type { Reestimated } from './reestimate.ts';

/** A backend as it describes itself, and the first step that was computed there. */
export interface UsedBackend {
  readonly backend: string;
  readonly from: number;
}

/** What of a run is stored beside its state. */
export interface RunMemory {
  readonly state: TrainingState;
  readonly records: Records;
  /** At which step each threshold was frozen. */
  readonly frozenAt: ReadonlyMap<string, number>;
  /** Bits that a person changed, by quantizer. */
  readonly bits: ReadonlyMap<string, number>;
  /** Scores of the float network, and of the trained one before the first step. */
  readonly float: Rate | null;
  readonly calibrated: Rate | null;
  /** Where it was computed, in order; the last one still is. */
  readonly backends: readonly UsedBackend[];
  /** TRN32: what measuring statistics anew came to; null: they are kept. */
  readonly statistics: Reestimated | null;
  readonly peakBytes: number;
  /** Milliseconds that all steps took. */
  readonly trainedMs: number;
}

/**
 * TRN27: the memory of a paused run after a change by hand. Quantizers that share a threshold get the same bits; what was best before was
 * another network.
 * @throws GraffitistError `option-invalid` for what is no threshold or quantizer of the run; what `withQuantizerBits` throws for bits
 */
export function edited(memory: RunMemory, edit: TrainingEdit, thresholds: readonly TrainedThreshold[], graph: Graph): RunMemory {
  const { state } = memory;
  if (edit.kind === 'bits') {
    const threshold = thresholds.find(({ quantizers }) => quantizers.includes(edit.quantizer));
    if (threshold === undefined) throw unknown('quantizer', edit.quantizer);
    const others = [...memory.bits].filter(([name]) => !threshold.quantizers.includes(name));
    const bits = new Map([...others, [edit.quantizer, edit.bits] as const]);
    // Refused bits must leave the run as it was.
    withQuantizerBits(graph, bits);
    return { ...memory, bits, state: withOtherBits(state, threshold.variable) };
  }
  const threshold = thresholds.find(({ variable }) => variable === edit.threshold);
  if (threshold === undefined) throw unknown('threshold', edit.threshold);
  const { variable, start } = threshold;
  if (edit.kind === 'reset') return { ...memory, state: withThreshold(state, variable, start) };
  const next = edit.kind === 'freeze' ? withFrozen(state, variable) : withReleased(state, variable);
  return { ...memory, state: next, frozenAt: frozenSince(memory.frozenAt, next) };
}

/** At which step each threshold that is frozen now was. */
export function frozenSince(before: ReadonlyMap<string, number>, { freezing, step }: TrainingState): ReadonlyMap<string, number> {
  return new Map(freezing.frozen.map((name) => [name, before.get(name) ?? step]));
}

function unknown(what: 'threshold' | 'quantizer', name: string): GraffitistError {
  return new GraffitistError('option-invalid', `The run trains no ${what} '${name}'.`, { about: name });
}
