import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type Calibrated, type CalibrateOptions, calibrate } from '../../../worker/calibrate/calibrate.ts';
import { weightMethods } from '../../../worker/calibrate/rules.ts';
import { openCheckpoint } from '../../../worker/formats/checkpoint.ts';
import { openNpy } from '../../../worker/formats/npy.ts';
import type { Model, VariableSource } from '../../../worker/graph/model.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { shared } from '../../shared.ts';
import { readArguments, readGraph, runArguments } from '../runCase.ts';

/** A file of the reference cases as a person would give it. */
export function fileOf(...parts: string[]): { readonly name: string; readonly blob: Blob } {
  return { name: parts.at(-1) ?? '', blob: new Blob([readFileSync(shared(...parts))]) };
}

/** The checkpoint of a folder, or no variables. */
export async function checkpointOf(folder: string): Promise<VariableSource> {
  const names = existsSync(shared(folder)) ? readdirSync(shared(folder)) : [];
  const files = names.filter((name) => /\.ckpt\.(index|data-)/.test(name) || name === 'checkpoint').map((name) => fileOf(folder, name));
  return (await openCheckpoint(files)) ?? noVariables;
}

/** What our own transforms make of a recorded command line, with the folder's weights. */
export async function quantizedModel(folder: string, args: readonly string[], variables?: VariableSource): Promise<Model> {
  const given = readArguments(args);
  const { model } = runArguments(readGraph(folder, given.inGraph), given);
  return { ...model, variables: variables ?? (/_frozen\.pb$/.test(given.inGraph) ? noVariables : await checkpointOf(folder)) };
}

export async function calibrateOn(model: Model, data: readonly string[], options: CalibrateOptions): Promise<Calibrated> {
  const source = fileOf(...data);
  const training = model.graph.nodes.some(({ name }) => name.endsWith('/freeze_th'));
  const methods = weightMethods({ is_training: training }, readQuantizers(model.graph));
  return calibrate(model, { source, npy: await openNpy(source) }, { methods, ...options });
}

/** log2 t by variable, as recorded. */
export function recordedThresholds(...parts: string[]): Readonly<Record<string, number>> {
  return JSON.parse(readFileSync(shared(...parts), 'utf8')) as Record<string, number>;
}

/** Thresholds that differ from the recorded ones by more than 1e-5 in log2 t, or that only one side has. */
export function differingThresholds(found: ReadonlyMap<string, number>, recorded: Readonly<Record<string, number>>): readonly string[] {
  const names = new Set([...found.keys(), ...Object.keys(recorded)]);
  return [...names].flatMap((name) => {
    const [ours, theirs] = [found.get(name), recorded[name]];
    return ours !== undefined && theirs !== undefined && Math.abs(ours - theirs) <= 1e-5 ? [] : [`${name}: ${ours} for ${theirs}`];
  });
}
