import { GraffitistError } from '../errors.ts';
import type { Engine } from '../protocol.ts';
import type { DataSession } from './dataSession.ts';

type DataMethods = Pick<Engine, 'openData' | 'closeData' | 'checkData' | 'validate' | 'makeCalibrationSet' | 'thumbnail'>;

/** The part of the engine that reads images. */
export function dataMethods(data: DataSession): DataMethods {
  const later = async (): Promise<never> => {
    throw new GraffitistError('internal', 'This is being built.');
  };
  return {
    openData: (request, job) => data.open(request, job),
    closeData: async () => data.close(),
    thumbnail: (image, size) => data.thumbnail(image, size),
    checkData: later,
    validate: later,
    makeCalibrationSet: later,
  };
}
