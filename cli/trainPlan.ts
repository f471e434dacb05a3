import { GraffitistError } from '../worker/errors.ts';
import type { DataRequest, PinnedTraining, SourceFile, TrainingOptions } from '../worker/protocol.ts';
import { dataRequest } from './dataArguments.ts';
import { readModelFiles } from './files.ts';
import { listFiles } from './graffitizeCommand.ts';
import { modelPath } from './modelFolder.ts';
import { checkOutput } from './outputs.ts';
import { optionsGiven, presetFor, type TrainArguments } from './trainArguments.ts';
import { checkTrainFolder, type TrainFolder, trainFolder } from './trainFolder.ts';
import { readTrainRecipe, stepsNamed, type TrainRecipe, trainingOf } from './trainPipeline.ts';
import { wholeNumber } from './wholeNumber.ts';

/** Everything that arguments say, read and checked before any work. */
export interface TrainPlan {
  readonly options: TrainArguments;
  readonly folder: TrainFolder;
  readonly training: Partial<TrainingOptions>;
  readonly recipe: TrainRecipe;
  /** What the recipe says of the run; arguments win. */
  readonly pinned: PinnedTraining | null;
  readonly sources: readonly SourceFile[];
  readonly data: DataRequest;
  /** Images to validate on that are a set of their own. */
  readonly valData: DataRequest | null;
  readonly heldOut: number | null;
  readonly calibrationSize: number;
  readonly storeEvery: number | null;
}

/** @throws GraffitistError naming the argument that is wrong, the file that is not there, what stands in the way */
export async function trainPlan(options: TrainArguments): Promise<TrainPlan> {
  const {
    in_ckpt: checkpoint,
    calibration,
    val_data: valData,
    val_images: held,
    store_every: every,
    calib_set_size: size = '50',
  } = options;
  const graph = await modelPath(required(options.in_graph));
  const recipe = await readTrainRecipe(options.recipe);
  const pinned = trainingOf(recipe);
  const training = { ...pinned?.options, ...optionsGiven(options) };
  presetFor(options.preset, training, 1);
  if (valData !== undefined && held !== undefined) {
    throw new GraffitistError('option-invalid', 'Images are held out, and others are given to validate on.', {
      about: '--val_images',
      remedy: 'Leave out --val_images or --val_data.',
    });
  }
  const folder = trainFolder(options);
  const plan: TrainPlan = {
    ...{ options, folder, training, recipe, pinned },
    heldOut: held === undefined ? null : wholeNumber(held, '--val_images', 1),
    calibrationSize: wholeNumber(size, '--calib_set_size', 1),
    storeEvery: every === undefined ? null : wholeNumber(every, '--store_every', 1),
    sources: await readModelFiles(graph, { checkpoint, calibration, lists: listFiles({ steps: stepsNamed(options, recipe) }) }),
    data: await dataRequest(options),
    valData: valData === undefined ? null : await dataRequest({ ...options, data: valData }),
  };
  if (options.log !== undefined) await checkOutput(options.log, []);
  if (options.resume !== true) await checkTrainFolder(folder, options, plan.sources);
  return plan;
}

function required(value: string | undefined): string {
  if (value !== undefined) return value;
  throw new GraffitistError('option-invalid', 'The argument --in_graph is required.', {
    about: '--in_graph',
    remedy: 'graffitize train -h lists every argument.',
  });
}
