import { GraffitistError } from '../errors.ts';
import type { NetworkRecipe, NetworkSummary, RecipeInfo, RunRequest } from '../protocol.ts';
import { type NetworkNames, publishedNames } from './names.ts';
import type { Network } from './network.ts';
import { NETWORKS, networkNamed } from './networks.ts';
import { preprocessingOf, preprocessingText } from './preprocessing.ts';
import { isTrainingRecipe, RECIPE_TITLES, recipeSteps } from './recipes.ts';
import type { RecognizedNetwork } from './recognize.ts';

/** A recipe filled in for a network: under its published names, or those that a graph has. */
export function presetRequest(network: Network, recipe: NetworkRecipe, names: NetworkNames = publishedNames(network)): RunRequest {
  const { firstLayer, lastLayer } = names;
  return { interface: names.interface, steps: recipeSteps(recipe, { firstLayer, lastLayer, quantize: network.quantize }) };
}

/** `inception_v3/int8`, read: undefined where that is no network of the table. @throws GraffitistError `recipe-invalid` listing the recipes of the network */
export function presetNamed(text: string): { readonly network: Network; readonly recipe: NetworkRecipe } | undefined {
  const [name = '', wanted = '', ...more] = text.split('/');
  const network = more.length === 0 && text.includes('/') ? networkNamed(name) : undefined;
  if (network === undefined) return undefined;
  const recipe = network.recipes.find((known) => known === wanted);
  if (recipe !== undefined) return { network, recipe };
  throw new GraffitistError('recipe-invalid', `${network.title} has no recipe '${wanted}'.`, {
    about: text,
    remedy: `It has ${network.recipes.map((known) => `${name}/${known}`).join(', ')}.`,
  });
}

/** For messages: how presets are named, and the networks there are. */
export function presetNames(): string {
  return `a network and a recipe like inception_v3/int8; networks are ${NETWORKS.map(({ name }) => name).join(', ')}`;
}

/** The presets for the graph in which a network was recognised: training recipes want it as it is trained, the others as it is evaluated. */
export function presetsOf(found: RecognizedNetwork): RecipeInfo[] {
  const { network } = found;
  return recipesFor(found).map((recipe) => {
    const request = presetRequest(network, recipe, found);
    return {
      name: `${network.name}/${recipe}`,
      title: `${network.title}: ${RECIPE_TITLES[recipe]}`,
      interface: request.interface,
      steps: request.steps,
    };
  });
}

/** Those that run on the graph as it is. A quantized one is not quantized again. */
function recipesFor({ network, form }: RecognizedNetwork): readonly NetworkRecipe[] {
  if (form === 'quantized') return [];
  return form === 'either' ? network.recipes : network.recipes.filter((recipe) => isTrainingRecipe(recipe) === (form === 'training'));
}

/** What the page and `graffitize inspect` say of it. `path` is the graph's file: its name may tell another framework. */
export function summarizeNetwork(found: RecognizedNetwork, path: string): NetworkSummary {
  const { network, variant } = found;
  const preprocessing = preprocessingOf(network, path);
  return {
    name: network.name,
    title: network.title,
    variant,
    interface: found.interface,
    firstLayer: found.firstLayer,
    lastLayer: found.lastLayer,
    presets: presetsOf(found).map(({ name }) => name),
    preprocessing: { name: preprocessing, text: preprocessingText(preprocessing) },
    accuracy: network.accuracy,
  };
}
