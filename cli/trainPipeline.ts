import { recipeSteps } from '../worker/engine/recipes.ts';
import { GraffitistError } from '../worker/errors.ts';
import {
  type DocumentSummary,
  isTrainable,
  type OptionValues,
  type PinnedTraining,
  type PipelineStep,
  type RunRequest,
  trainingSteps,
} from '../worker/protocol.ts';
import { parseExpression } from '../worker/transforms/expression.ts';
import { networkNamed } from '../worker/zoo/networks.ts';
import { presetNamed, presetRequest } from '../worker/zoo/presets.ts';
import { requestFor } from './graffitizeCommand.ts';
import { type RecipeArgument, readRecipeArgument } from './recipeArgument.ts';
import type { TrainArguments } from './trainArguments.ts';

/** Recipe 3a for any network, by these names. */
const GENERIC = ['train-int8', 'train-int4'] as const;
type Generic = (typeof GENERIC)[number];

/** A recipe as it was asked for: of any network, of one of the table, a file. */
export type TrainRecipe = { readonly kind: 'generic'; readonly name: Generic } | ({ readonly kind: 'preset' | 'file' } & RecipeArgument);

/** @throws GraffitistError what reading a recipe throws */
export async function readTrainRecipe(text = 'train-int8'): Promise<TrainRecipe> {
  const generic = GENERIC.find((name) => name === text);
  if (generic !== undefined) return { kind: 'generic', name: generic };
  return { kind: presetNamed(text) === undefined ? 'file' : 'preset', ...(await readRecipeArgument(text)) };
}

/** What a recipe file says of the training that follows its steps. */
export function trainingOf(recipe: TrainRecipe): PinnedTraining | null {
  return recipe.kind === 'generic' ? null : (recipe.request.training ?? null);
}

/** The steps that may name text files, before the graph is known. */
export function stepsNamed({ transforms = [], quantize }: TrainArguments, recipe: TrainRecipe): readonly PipelineStep[] {
  const texts = [...transforms, ...(quantize === undefined ? [] : [`quantize(${quantize})`])];
  const steps = texts.map((text) => ({ ...parseExpression(text), bypassed: false }));
  return numbered([...(recipe.kind === 'generic' ? [] : recipe.request.steps), ...steps]);
}

/**
 * TRC4: the pipeline that makes the graph to train. Transforms are taken as they stand, and a file whose recipe trains; of any other recipe
 * bits, lists and what equalizes layers are taken, and a graph that is not for training is thawed. Without quantizers it is the graph with its
 * variables.
 *
 * @param isFloat float fine-tuning
 * @throws GraffitistError `pipeline-order` for a graph that is quantized already, `option-invalid`
 */
export function pipelineToTrain(options: TrainArguments, recipe: TrainRecipe, isFloat: boolean, summary: DocumentSummary): RunRequest {
  const given = recipe.kind === 'generic' ? null : recipe.forDocument(summary);
  const base = given ?? { interface: summary.network?.interface ?? summary.guess, steps: [] };
  const request = requestFor(options, base);
  if (options.transforms !== undefined) return { ...request, steps: withQuantizeOptions(request.steps, options.quantize) };
  if (summary.form === 'quantized') throw quantizedAlready(summary.name);
  if (isFloat && recipe.kind !== 'file') return { ...request, steps: numbered(floatSteps(summary)) };
  const steps =
    given !== null && isTraining(given.steps) && isTrainable(summary.form) ? given.steps : roadOf(recipe, given?.steps ?? [], summary);
  return { ...request, steps: withQuantizeOptions(numbered(steps), options.quantize) };
}

/** Recipe 3a with the options that the network's own row has; thawed where the graph needs it. */
function roadOf(recipe: TrainRecipe, before: readonly PipelineStep[], summary: DocumentSummary): readonly Omit<PipelineStep, 'id'>[] {
  const name = recipe.kind === 'generic' ? recipe.name : 'train-int8';
  const network = summary.network === null ? undefined : networkNamed(summary.network.name);
  const steps =
    summary.network === null || network === undefined
      ? recipeSteps(name, summary.guess)
      : presetRequest(network, name, summary.network).steps;
  return trainingSteps(summary.form, { name, title: name, steps }, before);
}

/** Batch norms of a graph for training are folded, so that they can be frozen; others are thawed as they are. */
function floatSteps({ form }: DocumentSummary): readonly Omit<PipelineStep, 'id'>[] {
  const fix = { transform: 'fix_input_shape', options: {}, bypassed: false };
  return isTrainable(form)
    ? [fix, { transform: 'fold_batch_norms', options: { is_training: true }, bypassed: false }]
    : [{ transform: 'thaw_graph', options: {}, bypassed: false }, fix];
}

function isTraining(steps: readonly PipelineStep[]): boolean {
  return steps.some(({ transform, options, bypassed }) => transform === 'quantize' && !bypassed && options.is_training === true);
}

function numbered(steps: readonly Omit<PipelineStep, 'id'>[]): PipelineStep[] {
  return steps.map((step, index) => ({ ...step, id: `${index + 1}` }));
}

/** The options win over those that a recipe has. */
function withQuantizeOptions(steps: readonly PipelineStep[], text: string | undefined): readonly PipelineStep[] {
  if (text === undefined) return steps;
  const options: OptionValues = parseExpression(`quantize(${text})`).options;
  if (steps.some(({ transform }) => transform === 'quantize')) {
    return steps.map((step) => (step.transform === 'quantize' ? { ...step, options: { ...step.options, ...options } } : step));
  }
  throw new GraffitistError('option-invalid', 'There is no quantize to give these options to.', {
    about: '--quantize',
    remedy: 'Add quantize(is_training=True) to --transforms, or leave out --quantize.',
  });
}

function quantizedAlready(name: string): GraffitistError {
  return new GraffitistError('pipeline-order', `The graph '${name}' is quantized already.`, {
    about: '--in_graph',
    remedy: 'Give the graph that recipe 3a starts from, exported for training or frozen: train quantizes it and trains it in one go.',
  });
}
