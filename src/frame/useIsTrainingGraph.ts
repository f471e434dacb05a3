import { useRun } from '../state/run.ts';

/** Whether the last run quantized a graph for training: its Graffitist form has the MetaGraph too. */
export function useIsTrainingGraph(): boolean {
  return useRun(({ ran }) => ran?.request.steps.some((step) => isTrainingStep(step.transform, step.options.is_training)) === true);
}

function isTrainingStep(transform: string, isTraining: unknown): boolean {
  return transform === 'quantize' && isTraining === true;
}
