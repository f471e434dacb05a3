import { parseRecipe, requestOf } from '../worker/engine/recipe.ts';
import { GraffitistError } from '../worker/errors.ts';
import type { DocumentSummary, RunRequest } from '../worker/protocol.ts';
import { presetNamed, presetNames, presetRequest } from '../worker/zoo/presets.ts';
import { readSource } from './files.ts';

/** What `--recipe` asks for: before a graph is open, and for the graph that was opened. */
export interface RecipeArgument {
  readonly request: RunRequest;
  readonly forDocument: (summary: DocumentSummary) => RunRequest;
}

/**
 * A preset of the table (`inception_v3/int8`), under the graph's own names where it is recognised as that network; else a recipe file.
 * @throws GraffitistError `recipe-invalid`, `file-missing` listing the names of the table
 */
export async function readRecipeArgument(text: string): Promise<RecipeArgument> {
  const preset = presetNamed(text);
  if (preset === undefined) {
    const request = requestOf(parseRecipe(await readFileOrNames(text), text));
    return { request, forDocument: () => request };
  }
  const { network, recipe } = preset;
  const request = presetRequest(network, recipe);
  return {
    request,
    forDocument: ({ network: found }) => (found?.name === network.name ? presetRequest(network, recipe, found) : request),
  };
}

async function readFileOrNames(file: string): Promise<string> {
  try {
    return await (await readSource(file, 'Recipe file')).blob.text();
  } catch (error) {
    if (!(error instanceof GraffitistError) || error.code !== 'file-missing') throw error;
    throw new GraffitistError('file-missing', error.message, { remedy: `Check the path, or name ${presetNames()}.` });
  }
}
