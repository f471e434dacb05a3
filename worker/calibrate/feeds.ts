import { GraffitistError } from '../errors.ts';
import type { NamedBlob } from '../formats/checkpointFiles.ts';
import type { NpyFile } from '../formats/npy.ts';
import { shapeOfInput } from '../graph/inputShapes.ts';
import type { Model } from '../graph/model.ts';

/** Images, one per row, as float32, float64 or uint8; named after the input that they are for where a network has several. */
export interface CalibrationData {
  readonly source: NamedBlob;
  readonly npy: Pick<NpyFile, 'shape'>;
}

/** An input and the images that it is fed. */
export interface Feed {
  readonly input: string;
  readonly data: CalibrationData;
}

/**
 * CAL10: which images feed which input. The only input that `needed` nodes depend on takes the last file given, or the one of its name;
 * of several each takes the file named after it: `net/left` takes `net/left.npy`, `net_left.npy` or `left.npy`.
 *
 * @throws GraffitistError `interface-invalid`, `input-unfed` naming all inputs without data, `data-missing`, `data-shape`
 */
export function feedsOf(model: Model, given: readonly CalibrationData[], needed: ReadonlySet<string>): readonly Feed[] {
  const inputs = model.inputs.filter((name) => model.graph.has(name));
  const wanting = inputs.filter((name) => needed.has(name) && model.graph.find(name)?.op === 'Placeholder');
  const fed = wanting.length > 1 ? wanting : [wanting[0] ?? inputs.at(-1)].filter((name) => name !== undefined);
  const [only] = fed;
  const last = given.at(-1);
  if (only === undefined || last === undefined) {
    throw new GraffitistError('interface-invalid', 'No input is listed that images could be fed to.', { remedy: 'Name the input.' });
  }
  const named = new Map(fed.map((input) => [input, dataFor(input, given)]));
  const unfed = fed.filter((input) => named.get(input) === undefined);
  if (fed.length > 1 && unfed.length > 0) throw noData(unfed, fed);
  const feeds = fed.map((input): Feed => ({ input, data: named.get(input) ?? last }));
  for (const feed of feeds) checkShape(model, feed);
  const counts = new Set(feeds.map(({ data }) => data.npy.shape[0]));
  if (counts.size > 1) {
    const list = feeds.map(({ input, data }) => `'${input}' ${data.npy.shape[0]}`).join(', ');
    throw new GraffitistError('data-shape', `The inputs are given different numbers of images: ${list}.`, {
      about: only,
      remedy: 'Row k of every array belongs to the same example.',
    });
  }
  return feeds;
}

/** The data named after an input, the last of several. */
export function dataFor<Data extends CalibrationData>(input: string, given: readonly Data[]): Data | undefined {
  return given.findLast(({ source }) => isFor(source.name, input));
}

/** TensorFlow 2 names the inputs of a SavedModel after its signature and the argument. */
const SIGNATURE = /^serving_default_/;

function isFor(file: string, input: string): boolean {
  const base = file.replace(/\.npy$/i, '');
  const last = input.slice(input.lastIndexOf('/') + 1);
  return [input, input.replaceAll('/', '_'), last, last.replace(SIGNATURE, '')].includes(base);
}

function noData(unfed: readonly string[], fed: readonly string[]): GraffitistError {
  const names = unfed.map((name) => `'${name}'`).join(', ');
  return new GraffitistError('input-unfed', `The network has ${fed.length} inputs, and no data is named after ${names}.`, {
    about: unfed[0] ?? '',
    remedy: `Give one .npz with an array per input, or ${fed.map((name) => `${name.replaceAll('/', '_')}.npy`).join(' and ')}.`,
  });
}

/** The images must be of the network's shape. */
function checkShape(model: Model, { input, data: { source, npy } }: Feed): void {
  const [images = 0, ...shape] = npy.shape;
  if (npy.shape.length === 0 || images === 0) {
    throw new GraffitistError('data-missing', 'There are no images in this file.', {
      about: source.name,
      remedy: 'Give an array of shape [N, height, width, channels].',
    });
  }
  const wanted = shapeOfInput(model, input);
  if (shape.length === wanted.length && wanted.every((size, k) => size < 0 || size === shape[k])) return;
  throw new GraffitistError('data-shape', `The images are ${text(shape)} and the network takes ${text(wanted)}.`, {
    about: source.name,
    remedy:
      text(npy.shape) === text(wanted)
        ? 'A single image needs a first dimension of 1.'
        : 'Give images of that shape, or another input shape.',
  });
}

function text(shape: readonly number[]): string {
  return shape.length === 0 ? 'single numbers' : shape.map((size) => (size < 0 ? '?' : size)).join('×');
}
