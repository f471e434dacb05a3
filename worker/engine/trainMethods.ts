import { GraffitistError } from '../errors.ts';
import type { Engine } from '../protocol.ts';

/** The methods of an engine that are about training. */
export type TrainMethods = Pick<
  Engine,
  | 'train'
  | 'pauseTraining'
  | 'stopTraining'
  | 'resumeTraining'
  | 'discardTraining'
  | 'editTraining'
  | 'training'
  | 'restoreTraining'
  | 'trainingReport'
>;

export function trainMethods(): TrainMethods {
  const missing = async (): Promise<never> => {
    throw new GraffitistError('internal', 'Training is not there yet.');
  };
  return {
    train: missing,
    pauseTraining: missing,
    stopTraining: missing,
    resumeTraining: missing,
    discardTraining: missing,
    editTraining: missing,
    training: async () => null,
    restoreTraining: async () => null,
    trainingReport: async () => null,
  };
}
