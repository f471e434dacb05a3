import type { InterfaceGuess, NetworkRecipe, PipelineStep, RecipeInfo } from '../protocol.ts';
import { RECIPE_NUMBERS, RECIPE_TITLES, recipeSteps as stepsOf } from '../zoo/recipes.ts';

/** Ready-made pipelines for any network, by the numbers that Graffitist's README gives them (facts 2.3). */
const RECIPES = {
  optimized: 'optimized',
  'static-int8': 'int8',
  'static-int4': 'int4',
  'train-int8': 'train-int8',
  'train-int4': 'train-int4',
  'retrained-int8': 'retrained-int8',
  'retrained-int4': 'retrained-int4',
} as const satisfies Readonly<Record<string, NetworkRecipe>>;

export type RecipeName = keyof typeof RECIPES;

type Layers = Pick<InterfaceGuess, 'firstLayer' | 'lastLayer'>;
const NO_LAYERS: Layers = { firstLayer: null, lastLayer: null };

/** The steps of a recipe; first and last layer are named where they are known. */
export function recipeSteps(name: RecipeName, { firstLayer, lastLayer }: Layers = NO_LAYERS): PipelineStep[] {
  return stepsOf(RECIPES[name], { firstLayer, lastLayer, quantize: {} });
}

/** The recipes as the page offers them for a graph whose first and last layer were found. */
export function genericRecipes(layers: Layers = NO_LAYERS): RecipeInfo[] {
  const names = Object.keys(RECIPES) as RecipeName[];
  return names.map((name) => ({
    name,
    title: `Recipe ${RECIPE_NUMBERS[RECIPES[name]]}: ${RECIPE_TITLES[RECIPES[name]]}`,
    steps: recipeSteps(name, layers),
  }));
}
