import { GraffitistError } from '../../errors.ts';
import { rate } from '../../evaluate/rate.ts';
import type { ThresholdChange, TrainReport } from '../../protocol.ts';
import { variablesHash } from '../../train/variablesHash.ts';
import type { Reestimated } from './reestimate.ts';
import type { TrainingRun } from './run.ts';

/** TRN29: what a run that has ended came to: the best state, and the way to it. */
export async function trainReport(run: TrainingRun, modelHash: string): Promise<TrainReport> {
  const { state, frozenAt, float, calibrated, statistics, peakBytes, trainedMs } = run.memory;
  const { setup, prepared } = run;
  const { best } = state;
  if (best === null || calibrated === null) throw new GraffitistError('internal', 'A run has ended without a validation.');
  // Images that cannot be read are in no score.
  const { of } = calibrated;
  const thresholds = setup.thresholds.map(({ variable, quantizers, bits, start }): ThresholdChange => {
    const after = best.variables.get(variable)?.values[0] ?? start;
    return {
      ...{ variable, quantizers, before: start, after },
      bits: Math.abs(quantizers.map((name) => run.memory.bits.get(name)).find((changed) => changed !== undefined) ?? bits),
      // The zero turns −0 into 0.
      deviation: Math.ceil(after) - Math.ceil(start) + 0,
      frozenAt: frozenAt.get(variable) ?? null,
    };
  });
  return {
    ...{ steps: state.step, bestStep: best.step, score: setup.score, thresholds, options: prepared.plan.options, images: setup.images },
    accuracy: { float: setup.score === 'agreement' ? null : float, calibrated, retrained: rate(Math.round(best.score * of), of) },
    ...(statistics === null ? {} : { statistics: statisticsReport(statistics) }),
    ...{ backend: setup.backend, microBatches: setup.microBatches, msPerStep: trainedMs / Math.max(1, state.step), peakBytes },
    hashes: { model: modelHash, variables: await variablesHash(best.variables) },
    warnings: run.warnings(),
  };
}

function statisticsReport({ images, batchNorms, begun, ended }: Reestimated): NonNullable<TrainReport['statistics']> {
  return { images, batchNorms, begun, ended: ended === null ? null : { score: ended.score, taken: ended.taken } };
}
