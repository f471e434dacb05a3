import type { Engine, Evaluation, SourceFile, Suggestion, ValidateRequest } from '../protocol.ts';
import { chooseCalibrationSet } from './calibrationSet.ts';
import { checkData } from './check/checkData.ts';
import type { DataSession } from './dataSession.ts';
import { type ValidateServices, validate } from './validate.ts';

type DataMethods = Pick<Engine, 'openData' | 'closeData' | 'describeData' | 'checkData' | 'validate' | 'makeCalibrationSet' | 'thumbnail'>;

/** The document beside the images. */
interface OpenOrNot {
  readonly isOpen: () => boolean;
  /** Hears of the list of a calibration set that was made. */
  readonly made: (list: SourceFile) => void;
  /** A data session beside the open one; whoever asks ends it. */
  readonly dataSession: () => DataSession;
  /** What an evaluation suggests. */
  readonly advice: (request: ValidateRequest, evaluation: Evaluation) => readonly Suggestion[];
}

/** The part of the engine that reads images; `networks`: what is evaluated on them, and where. */
export function dataMethods(data: DataSession, networks: Omit<ValidateServices, 'data' | 'batches'>, document: OpenOrNot): DataMethods {
  return {
    openData: (request, job) => data.open(request, job),
    closeData: async () => data.close(),
    describeData: async (request, job) => {
      const session = document.dataSession();
      try {
        return await session.open(request, job);
      } finally {
        session.dispose();
      }
    },
    thumbnail: (image, size) => data.thumbnail(image, size),
    checkData: async (images, job = {}) => {
      const services = {
        data: await data.opened(),
        batches: data.batches,
        network: document.isOpen() ? networks : null,
        pool: networks.pool,
      };
      return checkData(images, services, job);
    },
    validate: async (request, job = {}) => {
      const evaluation = await validate(request, { ...networks, data: await data.opened(), batches: data.batches }, job);
      return { ...evaluation, suggestions: document.advice(request, evaluation) };
    },
    makeCalibrationSet: async (request, job = {}) => {
      const set = await chooseCalibrationSet(request, data, document.isOpen() ? networks : null, job);
      document.made(set.list);
      return set;
    },
  };
}
