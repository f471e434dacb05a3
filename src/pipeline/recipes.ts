import type { GraphForm, PipelineStep, RecipeInfo, TransformInfo } from '../../worker/protocol.ts';

/** Of the recipes for any network, those that an empty pipeline offers for a graph of that form; the menu has all. */
export const FIRST_RECIPES: Readonly<Record<GraphForm, readonly string[]>> = {
  evaluation: ['optimized', 'static-int8', 'static-int4'],
  either: ['optimized', 'static-int8', 'static-int4', 'train-int8'],
  training: ['train-int8', 'train-int4'],
  quantized: [],
};

/** The recipes of the network that was recognised, and those for any. */
export function groupRecipes(recipes: readonly RecipeInfo[]): { presets: readonly RecipeInfo[]; generic: readonly RecipeInfo[] } {
  return {
    presets: recipes.filter((recipe) => recipe.interface !== undefined),
    generic: recipes.filter((recipe) => recipe.interface === undefined),
  };
}

/** Whether two pipelines do the same: an option that is not given is at its default. */
export function sameSteps(a: readonly PipelineStep[], b: readonly PipelineStep[], transforms: readonly TransformInfo[]): boolean {
  const text = (steps: readonly PipelineStep[]): string => JSON.stringify(steps.map((step) => [step.transform, options(step, transforms)]));
  return a.length === b.length && text(a) === text(b);
}

function options({ transform, options: given }: PipelineStep, transforms: readonly TransformInfo[]): unknown {
  const specs = transforms.find((info) => info.name === transform)?.options ?? {};
  const names = [...new Set([...Object.keys(specs), ...Object.keys(given)])].sort();
  return names.map((name) => [name, given[name] ?? specs[name]?.default]);
}

/** `Recipe 3a`, or what a network's recipe makes: room for one or two words. */
export function shortTitle(title: string): string {
  return title.replace(/^(Recipe \w+):.*$/, '$1').replace(/^[^:]*: /, '');
}

/** Recipe 3a with INT8 weights: that of the recognised network, else the one for any. */
export function trainingRecipe(recipes: readonly RecipeInfo[]): RecipeInfo | undefined {
  return recipes.find(({ name }) => name.endsWith('/train-int8')) ?? recipes.find(({ name }) => name === 'train-int8');
}
