import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FILES } from '../../../scripts/sample/files.ts';
import { drawImages } from '../../../scripts/sample/images.ts';
import { INPUT, OUTPUT } from '../../../scripts/sample/network.ts';
import { parseRecipe, requestOf } from '../../../worker/engine/recipe.ts';
import { recipeSteps } from '../../../worker/engine/recipes.ts';
import { createEngine, type LocalEngine } from '../../../worker/engine.ts';
import { sha256 } from '../../../worker/formats/sha256.ts';
import type { CalibrationSet, RunReport, RunRequest, SourceFile } from '../../../worker/protocol.ts';
import { spawnHere } from '../compute/spawn.ts';
import { fileOf, npy } from '../data/files.ts';
import { spawnDataHere } from '../data/spawn.ts';
import { committedFile } from '../sample/committed.ts';

const REQUEST: RunRequest = { interface: { inputs: [INPUT], outputs: [OUTPUT], shape: [32, 32, 3] }, steps: recipeSteps('static-int8') };
const sample = (name: string): SourceFile => fileOf(name, committedFile(name));
const told = ({ steps }: RunReport): string[] =>
  steps.flatMap(({ warnings }) => warnings.flatMap(({ rule }) => (rule.startsWith('CSET') ? [rule] : [])));

describe('recipes that pin their data', () => {
  let engine: LocalEngine;
  let set: CalibrationSet;
  beforeAll(async () => {
    engine = createEngine({ spawn: spawnHere, spawnData: spawnDataHere, cores: 1, backend: 'wasm' });
    await engine.open([sample(FILES.frozen)]);
    const { pixels } = drawImages(2019, 'test', 0, 20);
    await engine.openData({ files: [fileOf('pictures.npy', npy('uint8', [20, 32, 32, 3], pixels))] });
    set = await engine.makeCalibrationSet({ images: { name: 'signed' }, size: 6, seed: 3 });
    await engine.add([set.array]);
    await engine.run(REQUEST);
  });
  afterAll(() => engine.dispose());

  const recipe = async (): Promise<string> => {
    const [file] = await engine.download('recipe');
    return file?.blob.text() ?? '';
  };

  it('CSET8 the recipe of a run on a set that was made here says by its hashes which one, and how it was made', async () => {
    const pinned = {
      name: 'calibration_set.npy',
      sha256: await sha256(set.array.blob),
      list: { name: 'calibration_set.json', sha256: await sha256(set.list.blob) },
      images: 'signed,size=32',
      size: 6,
      seed: 3,
      balanced: false,
    };
    expect(JSON.parse(await recipe())).toMatchObject({ version: 1, calibration: pinned });
    const request = requestOf(parseRecipe(await recipe(), 'recipe.json'));
    expect(request.calibration).toEqual(pinned);
    const report = await engine.run(request);
    expect(told(report)).toEqual([]);
    expect(JSON.parse(await recipe()).calibration).toEqual(pinned);
  });

  it('CSET8 a list that lies beside the array tells the same', async () => {
    const other = createEngine({ spawn: spawnHere, cores: 1, backend: 'wasm' });
    await other.open([sample(FILES.frozen), set.array, set.list]);
    await other.run(REQUEST);
    const [file] = await other.download('recipe');
    await other.dispose();
    expect(JSON.parse((await file?.blob.text()) ?? '').calibration).toMatchObject({ images: 'signed,size=32', size: 6, seed: 3 });
  });

  it('CSET9 on other data a run tells it, and is made all the same; calibrated on the right data it is silent again', async () => {
    const request = requestOf(parseRecipe(await recipe(), 'recipe.json'));
    await engine.add([sample(FILES.calibration)]);
    const report = await engine.run(request);
    expect(told(report)).toEqual(['CSET9']);
    const warning = report.steps.flatMap(({ warnings }) => warnings).find(({ rule }) => rule === 'CSET9');
    expect(warning?.text).toContain((await sha256(set.array.blob)).slice(0, 12));
    expect(report.steps.every(({ state }) => state === 'done')).toBe(true);
    await engine.add([set.array]);
    expect(told(await engine.run(request))).toEqual([]);
  });

  it('CSET8 recipes of version 1 without these fields are read as before; fields that are wrong are named', async () => {
    const full = JSON.parse(await recipe());
    const parse = (calibration: unknown) => requestOf(parseRecipe(JSON.stringify({ ...full, calibration }), 'recipe.json')).calibration;
    const { name, sha256: hash } = full.calibration;
    expect(parse({ name, sha256: hash })).toEqual({ name, sha256: hash });
    expect(parse(null)).toBeUndefined();
    expect(parse(undefined)).toBeUndefined();
    expect(() => parse({ name, sha256: hash, images: 'crops=1' })).toThrow(/^calibration\.images: /);
    expect(() => parse({ name, sha256: hash, seed: -1 })).toThrow(/^calibration\.seed: /);
    expect(() => parse({ name, sha256: hash, size: 1.5 })).toThrow(/^calibration\.size: /);
  });
});
