import { parseImageRule } from '../worker/data/imageRuleText.ts';
import { GraffitistError } from '../worker/errors.ts';
import type { CalibrationSetRequest, Engine, JobOptions, PinnedCalibration } from '../worker/protocol.ts';
import { type DataArguments, dataRequest } from './dataArguments.ts';

interface RecipeDataOptions extends Pick<DataArguments, 'data' | 'labels'> {
  readonly calibration?: readonly string[];
}

/** Whether the recipe says how its set is made of `--data`. @throws GraffitistError `option-invalid` */
export function checkRecipeData({ data, calibration }: RecipeDataOptions, pinned: PinnedCalibration | undefined): void {
  if (data === undefined) return;
  if (calibration !== undefined) {
    throw new GraffitistError('option-invalid', 'Calibration images are given, and images to choose them from.', {
      about: '--data',
      remedy: 'Leave out --data or --calibration.',
    });
  }
  if (pinned?.images !== undefined && pinned.size !== undefined) return;
  throw new GraffitistError('option-invalid', 'No recipe says how its calibration set is made of these images.', {
    about: '--data',
    remedy: 'Make one with graffitize gen-calib-set, and name it with --calibration.',
  });
}

/** CSET10: makes the recipe's calibration set of `--data` and takes it; the run tells whether it is the one that the recipe names. */
export async function addRecipeData(
  engine: Engine,
  options: RecipeDataOptions,
  pinned: PinnedCalibration | undefined,
  job: JobOptions,
): Promise<void> {
  if (options.data === undefined || pinned?.images === undefined || pinned.size === undefined) return;
  const { warnings } = await engine.openData(await dataRequest(options), job);
  const set = await engine.makeCalibrationSet(pinnedSet(pinned.images, pinned.size, pinned), job);
  await engine.add([set.array, set.list], job);
  for (const { rule, text } of [...warnings, ...set.warnings]) process.stderr.write(`warning: ${text} [${rule}]\n`);
}

/** The calibration set of a recipe that says by which rule it was read and how many images it has. */
export function pinnedSet(
  images: string,
  size: number,
  { seed, balanced }: Pick<PinnedCalibration, 'seed' | 'balanced'>,
): CalibrationSetRequest {
  return { images: parseImageRule(images), size, balanced: balanced === true, ...(seed === undefined ? { first: true } : { seed }) };
}
