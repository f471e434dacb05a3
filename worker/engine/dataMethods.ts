import { GraffitistError } from '../errors.ts';
import type { Engine } from '../protocol.ts';

type DataMethods = Pick<Engine, 'openData' | 'closeData' | 'checkData' | 'validate' | 'makeCalibrationSet' | 'thumbnail'>;

/** The part of the engine that reads images. */
export function dataMethods(): DataMethods {
  const later = async (): Promise<never> => {
    throw new GraffitistError('internal', 'This is being built.');
  };
  return { openData: later, closeData: later, checkData: later, validate: later, makeCalibrationSet: later, thumbnail: later };
}
