import { GraffitistError } from '../../errors.ts';
import { rate } from '../../evaluate/rate.ts';
import { joinBytes } from '../../formats/bytes.ts';
import { sha256 } from '../../formats/sha256.ts';
import type { ThresholdChange, TrainReport } from '../../protocol.ts';
import type { VariableValues } from '../../train/types.ts';
import type { TrainingRun } from './run.ts';

/** TRN29: what a run that has ended came to: the best state, and the way to it. */
export async function trainReport(run: TrainingRun, modelHash: string): Promise<TrainReport> {
  const { state, frozenAt, float, calibrated, peakBytes, trainedMs } = run.memory;
  const { setup, prepared } = run;
  const { best } = state;
  if (best === null || calibrated === null) throw new GraffitistError('internal', 'A run has ended without a validation.');
  const images = setup.images.validation;
  const thresholds = setup.thresholds.map(({ variable, quantizers, bits, start }): ThresholdChange => {
    const after = best.variables.get(variable)?.values[0] ?? start;
    return {
      ...{ variable, quantizers, before: start, after },
      bits: run.memory.bits.get(quantizers[0] ?? '') ?? bits,
      // The zero turns −0 into 0.
      deviation: Math.ceil(after) - Math.ceil(start) + 0,
      frozenAt: frozenAt.get(variable) ?? null,
    };
  });
  return {
    ...{ steps: state.step, bestStep: best.step, score: setup.score, thresholds, options: prepared.plan.options, images: setup.images },
    accuracy: { float: setup.score === 'agreement' ? null : float, calibrated, retrained: rate(Math.round(best.score * images), images) },
    ...{ backend: setup.backend, microBatches: setup.microBatches, msPerStep: trainedMs / Math.max(1, state.step), peakBytes },
    hashes: { model: modelHash, variables: await variablesHash(best.variables) },
    warnings: run.warnings(),
  };
}

/** SHA-256 over names, each with a zero, and little-endian values, in the order of the names. */
async function variablesHash(variables: VariableValues): Promise<string> {
  const encoder = new TextEncoder();
  const parts = [...variables]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { values }]) => [encoder.encode(`${name}\0`), new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
  return sha256(joinBytes(parts));
}
