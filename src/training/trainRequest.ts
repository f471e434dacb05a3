import type { ImageRule, Stage, StageInfo, TrainRequest } from '../../worker/protocol.ts';
import type { TrainingForm, ValidationSet } from '../state/training.ts';

/** Title of the stage that a run ends with. */
export const RETRAINED = 'retrained';

/** Held out where nothing else is said: a fifth, which keeps small sets trainable, and no more than tells a point apart. */
const HELD_OUT = { part: 1 / 5, most: 1000 } as const;

/** Images held out of a set of `count` for validation; at least one, and one is left to train on. */
export function heldOut(form: Pick<TrainingForm, 'validation'>, count: number): number {
  const wanted = form.validation ?? Math.min(HELD_OUT.most, Math.round(count * HELD_OUT.part));
  return Math.max(1, Math.min(wanted, count - 1));
}

/** The stage that is trained: the last one that no training made. */
export function trainedStage(stages: readonly StageInfo[]): Stage {
  return stages.findLast(({ title }) => title !== RETRAINED)?.stage ?? 0;
}

/** Whether the stage that is trained has batch norms whose statistics can be measured anew. */
export function hasFixedBatchNorms(stages: readonly StageInfo[]): boolean {
  const trained = trainedStage(stages);
  return stages.some(({ stage, fixedBatchNorms }) => stage === trained && fixedBatchNorms > 0);
}

/** What the engine is asked of the stage that is trained; what the form leaves to the preset is left out. */
export function trainRequest(
  form: TrainingForm,
  set: { readonly count: number; readonly images: ImageRule },
  validation: ValidationSet | null,
  stages: readonly StageInfo[],
): TrainRequest {
  const { preset, steps, weightRate, thresholdRate, storeEvery } = form;
  return {
    stage: trainedStage(stages),
    preset,
    images: set.images,
    options: {
      mode: form.mode,
      targets: form.targets,
      batchSize: form.batchSize,
      seed: form.seed,
      ...(steps === null ? {} : { steps }),
      ...(weightRate === null ? {} : { weightRate }),
      ...(thresholdRate === null ? {} : { thresholdRate }),
      ...(form.reestimateStatistics && hasFixedBatchNorms(stages) ? { reestimateStatistics: true } : {}),
    },
    validation: validationOf(form, validation) ?? { kind: 'held-out', images: heldOut(form, set.count) },
    ...(storeEvery === null ? {} : { storeEvery }),
  };
}

/** The set of its own that a run is validated on; null: images are held out. */
export function validationOf(
  { validates }: Pick<TrainingForm, 'validates'>,
  validation: ValidationSet | null,
): Extract<TrainRequest['validation'], { kind: 'data' }> | null {
  return validates === 'set' && validation !== null ? { kind: 'data', data: validation.request } : null;
}
