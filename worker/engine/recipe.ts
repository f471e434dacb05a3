import { parseImageRule } from '../data/imageRuleText.ts';
import { GraffitistError } from '../errors.ts';
import { z } from '../formats/schema.ts';
import type { GraphInterface, OptionValues, PinnedTraining, PipelineStep, RunRequest } from '../protocol.ts';
import { trainingOptionsSchema } from '../train/options.ts';

const optionValue = z.union([z.boolean(), z.number(), z.string(), z.null(), z.array(z.union([z.string(), z.number()]))]);
const fileHash = z.object({ name: z.string(), sha256: z.string() });

const pinnedCalibration = fileHash.extend({
  list: fileHash.optional(),
  images: z.string().refine(isImageRule, { error: 'is no rule for images' }).optional(),
  size: z.number().int().positive().optional(),
  seed: z.number().int().nonnegative().optional(),
  balanced: z.boolean().optional(),
});

/** RET11: a training run with a version of its own, for it has more that may change. */
const pinnedTraining = z.object({
  version: z.literal(1),
  stage: z.number().int().nonnegative().optional(),
  preset: z.enum(['published', 'short']),
  options: trainingOptionsSchema,
  images: z.string().refine(isImageRule, { error: 'is no rule for images' }),
  validation: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('held-out'), images: z.number().int().positive() }),
    z.object({ kind: z.literal('data'), files: z.array(z.string()) }),
  ]),
  storeEvery: z.number().int().positive().optional(),
  bits: z.record(z.string(), z.number().int()).default({}),
  hashes: z.object({ model: z.string(), variables: z.string() }),
});

const recipeSchema = z.object({
  format: z.literal('graffitist-recipe'),
  version: z.literal(1),
  interface: z.object({
    inputs: z.array(z.string()).min(1),
    outputs: z.array(z.string()).min(1),
    shape: z.array(z.number().int().positive()).nullable(),
    shapes: z.record(z.string(), z.array(z.number().int().positive())).optional(),
  }),
  steps: z.array(
    z.object({ transform: z.string(), options: z.record(z.string(), optionValue).default({}), bypassed: z.boolean().default(false) }),
  ),
  /** What the recipe was made with: a reader can tell whether the same files lie before them. */
  model: fileHash.nullable().default(null),
  calibration: pinnedCalibration.nullable().default(null),
  /** The training run that follows the steps. */
  training: pinnedTraining.optional(),
});

/** A run as a versioned JSON file: page, command line and tests run the same recipe and get the same bytes. */
export type Recipe = z.infer<typeof recipeSchema>;

/** The recipe file of a request. */
export function recipeOf(request: RunRequest, files: { model: Recipe['model']; calibration: Recipe['calibration'] }): Recipe {
  const { training } = request;
  return {
    format: 'graffitist-recipe',
    version: 1,
    interface: {
      inputs: [...request.interface.inputs],
      outputs: [...request.interface.outputs],
      shape: request.interface.shape === null ? null : [...request.interface.shape],
      ...(request.interface.shapes === undefined
        ? {}
        : { shapes: Object.fromEntries(Object.entries(request.interface.shapes).map(([name, shape]) => [name, [...shape]])) }),
    },
    steps: request.steps.map(({ transform, options, bypassed }) => ({
      transform,
      options: Object.fromEntries(
        Object.entries(options).map(([key, value]) => [key, Array.isArray(value) ? [...value] : value]),
      ) as Recipe['steps'][number]['options'],
      bypassed,
    })),
    ...files,
    ...(training === undefined ? {} : { training: plainTraining(training) }),
  };
}

function plainTraining({ validation, ...training }: PinnedTraining): Recipe['training'] {
  const copy = validation.kind === 'held-out' ? { ...validation } : { kind: validation.kind, files: [...validation.files] };
  return { ...training, validation: copy };
}

/** Reads a recipe file. @throws GraffitistError `recipe-invalid` naming the first field that is wrong */
export function parseRecipe(text: string, fileName: string): Recipe {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new GraffitistError('recipe-invalid', `This is not JSON: ${error instanceof Error ? error.message : String(error)}.`, {
      about: fileName,
    });
  }
  const parsed = recipeSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new GraffitistError('recipe-invalid', `${issue?.path.join('.') || 'recipe'}: ${issue?.message ?? 'invalid'}.`, {
    about: fileName,
    remedy: 'Write it with Download ▸ Recipe, or see docs/formats.md.',
  });
}

/** What the engine runs. */
export function requestOf(recipe: Recipe): RunRequest {
  const steps: PipelineStep[] = recipe.steps.map((step, index) => ({
    id: `${index + 1}`,
    transform: step.transform,
    options: step.options as OptionValues,
    bypassed: step.bypassed,
  }));
  const { shapes, ...one } = recipe.interface;
  const graphInterface: GraphInterface = shapes === undefined ? one : { ...one, shapes };
  const { calibration, training } = recipe;
  return {
    interface: graphInterface,
    steps,
    ...(calibration === null ? {} : { calibration }),
    ...(training === undefined ? {} : { training }),
  };
}

function isImageRule(text: string): boolean {
  try {
    parseImageRule(text);
    return true;
  } catch {
    return false;
  }
}
