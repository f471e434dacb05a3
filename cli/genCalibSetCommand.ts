import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { GraffitistError } from '../worker/errors.ts';
import type { CalibrationSet, CalibrationSetRequest, DataWarning } from '../worker/protocol.ts';
import { type DataArguments, dataRequest, imageRule } from './dataArguments.ts';
import { readModelFiles, readSource } from './files.ts';
import { backendName } from './graffitizeCommand.ts';
import { modelPath } from './modelFolder.ts';
import { createNodeEngine } from './nodeEngine.ts';
import { checkOutput, writeOutputs } from './outputs.ts';
import { progressView } from './progress.ts';
import { wholeNumber } from './wholeNumber.ts';

/** What `graffitize gen-calib-set` takes: the original's arguments (facts 6.4, 7) under its own names, and ours. */
export interface GenCalibSetOptions extends DataArguments {
  readonly in_graph?: string;
  readonly in_ckpt?: string;
  readonly saved_model_tag?: string;
  readonly size?: string;
  readonly seed?: string;
  readonly first?: boolean;
  readonly balanced?: boolean;
  readonly from_list?: string;
  readonly out?: string;
  readonly no_check?: boolean;
  readonly backend: string;
  readonly json?: boolean;
}

const ARRAY = 'calibration_set.npy';

/** Chooses images and writes array and list. Nothing is written unless both were made. */
export async function genCalibSetCommand(options: GenCalibSetOptions): Promise<number> {
  const asked = choiceOf(options);
  const graph = options.in_graph === undefined ? null : await modelPath(options.in_graph);
  const array = options.out ?? path.join(graph === null ? '.' : path.dirname(graph), ARRAY);
  const list = `${array.replace(/\.npy$/i, '')}.json`;
  for (const file of [array, list]) await checkPlace(file, options);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const progress = progressView(options.json === true);
  const job = { onProgress: progress.update, signal: stop.signal };
  const engine = createNodeEngine({ backend: backendName(options.backend) });
  try {
    const given = options.from_list === undefined ? null : await readSource(options.from_list, 'List');
    const { in_ckpt: checkpoint, saved_model_tag: tag } = options;
    if (graph !== null) {
      const files = await readModelFiles(graph, { checkpoint, calibration: [] });
      await engine.open(files, job, { tag });
    }
    const data = await engine.openData(await dataRequest(options), job);
    const images = imageRule(options, data.images);
    const checked = graph === null || given !== null || options.no_check === true ? [] : await engine.checkData(images, job);
    progress.end();
    warn([...data.warnings, ...checked]);
    const set = await engine.makeCalibrationSet(given === null ? { images, ...asked } : { images, list: given }, job);
    progress.end();
    warn(set.warnings);
    await writeOutputs([
      { path: array, blob: set.array.blob },
      { path: list, blob: set.list.blob },
    ]);
    process.stdout.write(options.json === true ? await jsonText(set, { array, list }) : setText(set, { array, list }));
    return 0;
  } finally {
    progress.end();
    await engine.dispose();
  }
}

/** @throws GraffitistError `option-invalid` */
function choiceOf(options: GenCalibSetOptions): Omit<CalibrationSetRequest, 'images'> {
  const { size, seed, first, balanced, from_list: list } = options;
  const beside = (['size', 'seed', 'first', 'balanced', 'images', 'image_size'] as const).find((name) => options[name] !== undefined);
  if (list !== undefined && beside !== undefined)
    throw conflict(`--${beside}`, 'A list says itself which images it holds and how they are read.', '--from_list');
  if (first === true && seed !== undefined) throw conflict('--seed', 'The first images are no choice.', '--first');
  return {
    ...(size === undefined ? {} : { size: wholeNumber(size, '--calib_set_size', 1) }),
    ...(seed === undefined ? {} : { seed: wholeNumber(seed, '--seed', 0) }),
    ...(first === true ? { first } : {}),
    ...(balanced === true ? { balanced } : {}),
  };
}

function conflict(about: string, cause: string, other: string): GraffitistError {
  return new GraffitistError('option-invalid', cause, { about, remedy: `Leave out ${about}, or ${other}.` });
}

/**
 * Says before any work what stands in the way: a place that cannot be written, a file of the data, and, where no place was named, a file
 * that is there already.
 * @throws GraffitistError `file-not-written`, `option-invalid`
 */
async function checkPlace(file: string, { out, data = [], in_graph: graph, from_list: list }: GenCalibSetOptions): Promise<void> {
  await checkOutput(file, []);
  const there = await realpath(file).catch(() => null);
  if (there === null) return;
  for (const given of [...data, graph, list]) {
    const source = given === undefined ? null : await realpath(given).catch(() => null);
    // What lies in a folder of data is part of the data; a folder of graphs holds what was made from them.
    const inside = data.includes(given ?? '') && there.startsWith(`${source}${path.sep}`);
    if (source === null || !(there === source || inside)) continue;
    throw new GraffitistError('option-invalid', `The result would take the place of '${file}', which it is made from.`, {
      about: file,
      remedy: 'Name another file with --out.',
    });
  }
  if (out === undefined) {
    throw new GraffitistError('file-not-written', `'${file}' is there already.`, {
      about: file,
      remedy: 'Name it with --out to write over it, or another file.',
    });
  }
}

interface Places {
  readonly array: string;
  readonly list: string;
}

function setText({ count, shape, leftOut }: CalibrationSet, { array, list }: Places): string {
  const out = leftOut.first.map(({ name, error }) => `  left out: ${name}: ${error.cause}\n`).join('');
  return `${count} images ${shape.join('×')}\n${out}wrote ${array}\nwrote ${list}\n`;
}

async function jsonText({ count, shape, leftOut, warnings, list }: CalibrationSet, places: Places): Promise<string> {
  const { images, array } = JSON.parse(await list.blob.text()) as {
    readonly images: { readonly rule: string };
    readonly array: { readonly sha256: string };
  };
  const result = { count, shape, images: images.rule, sha256: array.sha256, leftOut, warnings, written: places };
  return `${JSON.stringify(result, null, 2)}\n`;
}

function warn(warnings: readonly DataWarning[]): void {
  for (const { rule, text, remedy } of warnings) process.stderr.write(`warning: ${text}${remedy === null ? '' : ` ${remedy}`} [${rule}]\n`);
}
