import { GraffitistError } from '../../errors.ts';
import type { CalibrationSet, DataWarning, JobOptions } from '../../protocol.ts';
import { counted } from '../counted.ts';
import { type CalibrationList, parseList, ruleOf } from './list.ts';
import { ARRAY_NAME, Reading, type SetSource, written } from './make.ts';

/**
 * CSET7: the set of a list, made again from the same images.
 * @throws GraffitistError `data-differs` naming images that are not there, are others or cannot be read; `recipe-invalid`; `cancelled`
 */
export async function calibrationSetAgain(text: string, fileName: string, source: SetSource, job: JobOptions): Promise<CalibrationSet> {
  const list = parseList(text, fileName);
  const chosen = imagesOf(list, source.data.count, (image) => source.data.nameOf(image));
  const hashes = await source.hashes(chosen, job.signal);
  const others = list.chosen.filter(({ sha256 }, at) => sha256 !== hashes[at]).map(({ name }) => name);
  if (others.length > 0)
    throw differs(`${counted(others.length, 'image')} of the list ${others.length === 1 ? 'is' : 'are'} another here`, others);
  const reading = new Reading(ruleOf(list), list.shape, source, chosen.length, job);
  await reading.read(chosen);
  if (reading.leftOut.length > 0) {
    const names = reading.leftOut.map(({ name }) => name);
    throw differs(`${counted(names.length, 'image')} of the list cannot be read`, names);
  }
  const { images, shape, seed, size, balanced } = list;
  const set = await written({ source: source.data.summary.title, images, shape, seed, size, balanced }, chosen, reading, source, job);
  return { ...set, warnings: [...set.warnings, ...changes(list, parseList(await set.list.blob.text(), set.list.name))] };
}

/** The list's images in the data, in the list's order. */
function imagesOf(list: CalibrationList, count: number, nameOf: (image: number) => string): number[] {
  const numbers = new Map<string, number>();
  for (let image = 0; image < count; image++) numbers.set(nameOf(image), image);
  const missing = list.chosen.filter(({ name }) => !numbers.has(name)).map(({ name }) => name);
  if (missing.length > 0)
    throw differs(`${counted(missing.length, 'image')} of the list ${missing.length === 1 ? 'is' : 'are'} not among the data`, missing);
  return list.chosen.map(({ name }) => numbers.get(name) ?? -1);
}

/** What is not as the list says, though the images are. */
function changes(list: CalibrationList, made: CalibrationList): DataWarning[] {
  const warnings: DataWarning[] = [];
  if (list.array.sha256 !== made.array.sha256) {
    const text = `The images are those of the list, and ${ARRAY_NAME} is another: this program reads pictures otherwise than the one that wrote the list.`;
    warnings.push({
      rule: 'CSET7',
      text,
      remedy: 'Calibrate on the array that was written with the list, or take the new one and its list.',
    });
  }
  const relabelled = list.chosen.filter(({ label }, at) => label !== made.chosen[at]?.label).map(({ name }) => name);
  if (relabelled.length > 0) {
    const text = `${counted(relabelled.length, 'image')} of the list ${relabelled.length === 1 ? 'has' : 'have'} another label here: ${firstOf(relabelled)}.`;
    warnings.push({ rule: 'CSET7', text, remedy: null });
  }
  return warnings;
}

function differs(cause: string, names: readonly string[]): GraffitistError {
  return new GraffitistError('data-differs', `${cause}: ${firstOf(names)}.`, {
    about: names[0] ?? '',
    remedy: 'Give the images that the list was made of, or make a new set.',
  });
}

function firstOf(names: readonly string[]): string {
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ' …' : ''}`;
}
