import type { NetworkRecipe, OptionValues, PipelineStep } from '../protocol.ts';

/** What a network's own recipe says beyond the bit-widths that are `quantize`'s defaults. */
export interface RecipeDetails {
  readonly firstLayer: string | null;
  readonly lastLayer: string | null;
  readonly quantize: OptionValues;
}

const INFERENCE = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'];
const TRAINING = ['fix_input_shape', 'fold_batch_norms', 'preprocess_layers'];

/** What each recipe makes (facts 2.3). */
export const RECIPE_TITLES: Readonly<Record<NetworkRecipe, string>> = {
  optimized: 'optimized inference graph',
  int8: 'static INT8',
  int4: 'static INT4 weights',
  'train-int8': 'INT8 graph to retrain',
  'train-int4': 'INT4 weights, graph to retrain',
  'retrained-int8': 'INT8 with retrained thresholds',
  'retrained-int4': 'INT4 weights with retrained thresholds',
};

/** The number that the original's README gives each (facts 2.3). */
export const RECIPE_NUMBERS: Readonly<Record<NetworkRecipe, string>> = {
  optimized: '1',
  int8: '2',
  int4: '2',
  'train-int8': '3a',
  'train-int4': '3a',
  'retrained-int8': '3c',
  'retrained-int4': '3c',
};

/** Recipes that take the graph as it is trained; the others take the one for evaluation. */
export function isTrainingRecipe(recipe: NetworkRecipe): boolean {
  return recipe.startsWith('train-');
}

/** The steps of a recipe, options at their defaults left out. Static INT8 alone names no first and last layer, as in the original's examples. */
export function recipeSteps(recipe: NetworkRecipe, { firstLayer, lastLayer, quantize }: RecipeDetails): PipelineStep[] {
  const training = isTrainingRecipe(recipe);
  const edges = {
    ...(firstLayer === null ? {} : { first_layer: firstLayer }),
    ...(lastLayer === null ? {} : { last_layer: lastLayer }),
  };
  const options: OptionValues = {
    ...(training ? { is_training: true } : {}),
    ...(recipe.startsWith('retrained-') ? { calibrate_quant_layers: false } : {}),
    ...(recipe.endsWith('int4') ? { weight_bits: -4 } : {}),
    ...quantize,
    ...(recipe === 'int8' ? {} : edges),
  };
  const names = training ? TRAINING : INFERENCE;
  const steps = names.map((transform) => ({
    transform,
    options: training && transform === 'fold_batch_norms' ? { is_training: true } : {},
  }));
  if (recipe !== 'optimized') steps.push({ transform: 'quantize', options });
  return steps.map((step, index) => ({ id: `${index + 1}`, ...step, bypassed: false }));
}
