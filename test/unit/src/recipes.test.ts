import { beforeEach, describe, expect, it } from 'vitest';
import { accuracyRows } from '../../../src/inspector/accuracyRows.ts';
import { foundInterface } from '../../../src/interface/foundInterface.ts';
import { groupRecipes, sameSteps, shortTitle } from '../../../src/pipeline/recipes.ts';
import { EMPTY_REQUEST, fillRecipe, startRequest, undo, usePipeline } from '../../../src/state/pipeline.ts';
import { genericRecipes } from '../../../worker/engine/recipes.ts';
import type { TransformInfo } from '../../../worker/protocol.ts';
import { TRANSFORMS } from '../../../worker/transforms/registry.ts';
import { publishedNames } from '../../../worker/zoo/names.ts';
import { networkNamed } from '../../../worker/zoo/networks.ts';
import { presetsOf, summarizeNetwork } from '../../../worker/zoo/presets.ts';

const transforms: readonly TransformInfo[] = TRANSFORMS;
const darknet = networkNamed('darknet19');
if (darknet === undefined) throw new Error('darknet19 is in the table');
const found = { network: darknet, ...publishedNames(darknet), variant: [], form: 'evaluation' as const };
const recipes = [...presetsOf(found), ...genericRecipes()];

describe('recipes of a recognised network on the page', () => {
  beforeEach(() => startRequest(EMPTY_REQUEST));

  it('ZOO7 fill in interface and steps in one edit; recipes for any network leave the interface', () => {
    const [preset] = groupRecipes(recipes).presets;
    const generic = groupRecipes(recipes).generic.find(({ name }) => name === 'static-int8');
    if (preset === undefined || generic === undefined) throw new Error('both kinds are there');
    fillRecipe(preset);
    expect(usePipeline.getState().request.interface).toEqual(found.interface);
    fillRecipe(generic);
    expect(usePipeline.getState().request.interface).toEqual(found.interface);
    undo();
    undo();
    expect(usePipeline.getState().request).toEqual(EMPTY_REQUEST);
  });

  it('ZOO7 are found again in a pipeline by what it does, with defaults written or not', () => {
    const named = (name: string) => recipes.find((recipe) => recipe.name === name)?.steps ?? [];
    expect(sameSteps(named('darknet19/int8'), named('static-int8'), transforms)).toBe(false);
    expect(sameSteps(named('darknet19/int4'), named('darknet19/retrained-int4'), transforms)).toBe(false);
    const written = named('static-int8').map((step) => ({
      ...step,
      id: `${step.id}x`,
      options: step.transform === 'quantize' ? { weight_bits: -8 } : {},
    }));
    expect(sameSteps(written, named('static-int8'), transforms)).toBe(true);
    expect(sameSteps(written.slice(1), named('static-int8'), transforms)).toBe(false);
  });

  it('have short titles', () => {
    expect(recipes.map(({ title }) => shortTitle(title))).toEqual([
      ...['optimized inference graph', 'static INT8', 'static INT4 weights'],
      ...['INT8 with retrained thresholds', 'INT4 weights with retrained thresholds'],
      ...['Recipe 1', 'Recipe 2', 'Recipe 2', 'Recipe 3a', 'Recipe 3a', 'Recipe 3c', 'Recipe 3c'],
    ]);
  });
});

describe('what the page says of a recognised network', () => {
  const network = summarizeNetwork(found, 'darknet19/darknet19_eval.pb');
  const guess = { inputs: ['x'], outputs: ['y'], shape: null, firstLayer: null, lastLayer: null };

  it('ZOO7 the document starts with its interface, else with the guess', () => {
    expect(foundInterface({ network, guess })).toEqual(found.interface);
    expect(foundInterface({ network: null, guess })).toEqual({ inputs: ['x'], outputs: ['y'], shape: null });
  });

  it('published accuracies are those of the published form alone', () => {
    expect(accuracyRows(network)).toEqual([
      ['Published, float', '73.0 % · 91.4 %'],
      ['Static INT8', '68.7 % · 89.7 %'],
      ['Retrained INT8', '74.5 % · 92.3 %'],
      ['Retrained INT4 weights', '73.2 % · 91.6 %'],
    ]);
    expect(accuracyRows({ ...network, variant: ['10 outputs'] })).toEqual([]);
    expect(accuracyRows({ ...network, accuracy: null })).toEqual([]);
  });
});
