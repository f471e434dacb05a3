import type { PipelineStep, RecipeInfo } from '../protocol.ts';

/** Ready-made pipelines by the numbers that Graffitist's README gives them (facts 2.3). */
export type RecipeName = 'optimized' | 'static-int8';

const optimized = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'];

const transforms: Readonly<Record<RecipeName, readonly string[]>> = {
  optimized,
  'static-int8': [...optimized, 'quantize'],
};

/** The steps of a recipe, every option at its default. */
export function recipeSteps(name: RecipeName): PipelineStep[] {
  return transforms[name].map((transform, index) => ({ id: `${index + 1}`, transform, options: {}, bypassed: false }));
}

/** The recipes as the page offers them. */
export const RECIPES: readonly RecipeInfo[] = [
  { name: 'optimized', title: 'Recipe 1: optimized inference graph', steps: recipeSteps('optimized') },
  { name: 'static-int8', title: 'Recipe 2: static INT8', steps: recipeSteps('static-int8') },
];
