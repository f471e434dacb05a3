import { calibrationSetAgain } from '../data/calibrationSet/again.ts';
import { makeCalibrationSet } from '../data/calibrationSet/make.ts';
import type { OpenedData } from '../data/types.ts';
import { GraffitistError } from '../errors.ts';
import type { CalibrationSet, CalibrationSetRequest, ImageRule, JobOptions } from '../protocol.ts';
import type { DataSession } from './dataSession.ts';
import { openNetworks, type StageSource } from './networks.ts';
import { exampleShape } from './validate.ts';

/** The document that the images are for; null where none is open. */
export type NetworkSource = StageSource | null;

/** A calibration set of the open images, for the network that is open, else of the size that the rule says. @throws GraffitistError as its parts */
export async function chooseCalibrationSet(
  request: CalibrationSetRequest,
  session: DataSession,
  network: NetworkSource,
  job: JobOptions,
): Promise<CalibrationSet> {
  const data = await session.opened();
  const source = {
    data,
    batches: session.batches,
    hashes: (images: readonly number[], signal?: AbortSignal) => session.hashes(data, images, signal),
    labels: (signal?: AbortSignal) => session.labels(data, signal),
  };
  const { list } = request;
  if (list !== undefined) return calibrationSetAgain(await list.blob.text(), list.name, source, job);
  return makeCalibrationSet(request, await shapeFor(request.images, data, network), source, job);
}

/** CSET6: of one image, as it is fed. @throws GraffitistError `data-shape` where nothing says it */
export async function shapeFor(rule: ImageRule, data: OpenedData, network: NetworkSource): Promise<readonly number[]> {
  if (network !== null) return exampleShape(await openNetworks([{ kind: 'stage', stage: 0 }], undefined, network), rule, data);
  const { shape } = data.summary;
  if (rule.name === 'none' && shape !== null) return shape;
  const given = rule.size ?? (shape?.length === 3 ? shape.slice(0, 2) : undefined);
  if (given !== undefined) return [...given, shape?.[2] ?? 3];
  throw new GraffitistError('data-shape', 'Nothing says of what size the images are to be.', {
    about: data.summary.title,
    remedy: 'Open the network that they are for, or give a size.',
  });
}
