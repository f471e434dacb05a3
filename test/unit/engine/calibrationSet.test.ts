import { afterAll, describe, expect, it } from 'vitest';
import { createEngine, type LocalEngine } from '../../../worker/engine.ts';
import { readNpy } from '../../../worker/formats/npy.ts';
import { sha256 } from '../../../worker/formats/sha256.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { CalibrationSet, CalibrationSetRequest, ErrorInfo, ImageRule, SourceFile } from '../../../worker/protocol.ts';
import { errorInfo } from '../../../worker/protocol.ts';
import { spawnHere } from '../compute/spawn.ts';
import { fileOf, npy, npz, png, shard } from '../data/files.ts';
import { spawnDataHere } from '../data/spawn.ts';

const RULE: ImageRule = { name: 'bytes', size: [2, 2] };
const COUNT = 24;

/** A picture of one colour that tells its number. */
const picture = (image: number): Uint8Array => png([image, 255 - image, 7]);
const folders = (unreadable: readonly number[] = []): SourceFile[] =>
  Array.from({ length: COUNT }, (_, image) => {
    const bytes = picture(image);
    return fileOf(`set/${'abc'[image % 3]}/${String(image).padStart(2, '0')}.png`, unreadable.includes(image) ? bytes.slice(0, 40) : bytes);
  });

interface List {
  readonly images: { readonly rule: string; readonly steps: unknown };
  readonly seed: number | null;
  readonly chosen: readonly { readonly name: string; readonly label: number | null; readonly sha256: string }[];
  readonly array: { readonly sha256: string };
}

const listOf = async ({ list }: CalibrationSet): Promise<List> => JSON.parse(await list.blob.text());
const bytesOf = async (file: SourceFile): Promise<Uint8Array> => new Uint8Array(await file.blob.arrayBuffer());
/** The red of each row, which is its picture's number. */
async function numbersOf({ array }: CalibrationSet): Promise<number[]> {
  const { shape, ...tensor } = readNpy(await bytesOf(array), array.name);
  expect(shape.slice(1)).toEqual([2, 2, 3]);
  return [...tensorNumbers({ shape, ...tensor })].filter((_, at) => at % 12 === 0);
}

describe('calibration sets of the engine', () => {
  const engines = [1, 3].map((cores) => createEngine({ spawn: spawnHere, spawnData: spawnDataHere, cores, backend: 'wasm' }));
  const [engine] = engines as [LocalEngine];
  afterAll(() => Promise.all(engines.map((one) => one.dispose())));

  async function made(files: readonly SourceFile[], request: Partial<CalibrationSetRequest> = {}, by = engine): Promise<CalibrationSet> {
    await by.openData({ files });
    return by.makeCalibrationSet({ images: RULE, ...request });
  }
  async function refused(files: readonly SourceFile[], request: Partial<CalibrationSetRequest>): Promise<ErrorInfo> {
    try {
      await made(files, request);
    } catch (error) {
      return errorInfo(error);
    }
    throw new Error('It was made.');
  }

  it('CSET4, CSET5 the list says which images, by name, label and hash, the rule spelled out, and the hash of the array', async () => {
    const set = await made(folders(), { size: 6, seed: 11 });
    const list = await listOf(set);
    expect(list).toMatchObject({
      format: 'graffitist-calibration-set',
      version: 1,
      images: { rule: 'bytes,size=2', steps: { crop: { kind: 'none' }, channels: 'rgb', divisor: 1, mean: [0], scale: [1] } },
      shape: [2, 2, 3],
      seed: 11,
      size: 6,
      balanced: false,
      array: { name: 'calibration_set.npy', sha256: await sha256(set.array.blob) },
    });
    const numbers = list.chosen.map(({ name }) => Number(/(\d+)\.png$/.exec(name)?.[1]));
    expect(await numbersOf(set)).toEqual(numbers);
    expect(list.chosen.map(({ label }) => label)).toEqual(numbers.map((image) => image % 3));
    expect(list.chosen.map((one) => one.sha256)).toEqual(await Promise.all(numbers.map((image) => sha256(picture(image)))));
  });

  it('CSET1 the same seed gives the same bytes, with one decode worker and with several', async () => {
    const [a, b] = await Promise.all(engines.map((by) => made(folders([3, 4, 11]), { size: 18, seed: 5, balanced: true }, by)));
    expect(await bytesOf((a as CalibrationSet).array)).toEqual(await bytesOf((b as CalibrationSet).array));
    expect(await a?.list.blob.text()).toBe(await b?.list.blob.text());
  });

  it('CSET3 an unreadable image makes way for the next one and is named; a set that comes out smaller is told', async () => {
    const whole = await numbersOf(await made(folders(), { size: COUNT, seed: 5 }));
    const unreadable = whole.slice(0, 4);
    const set = await made(folders(unreadable), { size: 10, seed: 5 });
    expect(await numbersOf(set)).toEqual(whole.slice(4, 14));
    expect(set.leftOut.count).toBe(4);
    expect(set.leftOut.first.map(({ name }) => Number(/(\d+)\.png$/.exec(name)?.[1])).sort()).toEqual([...unreadable].sort());
    expect(set.warnings.map(({ rule }) => rule)).toEqual(['CSET3']);
    const all = await made(folders([0]), { size: 40 });
    expect([all.count, all.warnings.map(({ rule }) => rule)]).toEqual([COUNT - 1, ['CSET3', 'CSET1']]);
  });

  it('CSET2 classes of records, known only when they are read, are balanced too', async () => {
    const examples = Array.from({ length: COUNT }, (_, image) => ({ encoded: picture(image), label: image < 20 ? 1 : 2 }));
    const set = await made([fileOf('train-00000-of-00001', shard(examples))], { size: 8, balanced: true });
    const labels = (await listOf(set)).chosen.map(({ label }) => label);
    expect([1, 2].map((label) => labels.filter((one) => one === label).length)).toEqual([4, 4]);
    expect(await refused([fileOf('a.npy', npy('uint8', [4, 2, 2, 3], new Uint8Array(48)))], { balanced: true })).toMatchObject({
      code: 'label-missing',
    });
  });

  it('CSET4 rows of an array have the hash of their own bytes', async () => {
    const rows = Array.from({ length: 5 }, (_, row) => new Uint8Array(12).fill(row));
    const values = Uint8Array.from(rows.flatMap((row) => [...row]));
    const set = await made([fileOf('a.npz', npz({ images: npy('uint8', [5, 2, 2, 3], values) }))], { size: 5 });
    const { chosen } = await listOf(set);
    const expected = await Promise.all((await numbersOf(set)).map((row) => sha256(rows[row] as Uint8Array)));
    expect(chosen.map((one) => one.sha256)).toEqual(expected);
  });

  it('CSET7 a list makes its set again, whatever is asked beside it', async () => {
    const set = await made(folders(), { size: 7, seed: 2 });
    const again = await made(folders(), { list: set.list, images: { name: 'unit' }, size: 3 });
    expect(await bytesOf(again.array)).toEqual(await bytesOf(set.array));
    expect(await again.list.blob.text()).toBe(await set.list.blob.text());
    expect(again.warnings).toEqual([]);
  });

  it('CSET7 what differs from the list is named: images that are gone, or are others, and an array that comes out otherwise', async () => {
    const set = await made(folders(), { size: COUNT, seed: 2 });
    const gone = await refused(folders().slice(1), { list: set.list });
    expect(gone).toMatchObject({ code: 'data-differs', about: 'a/00.png' });
    const other = folders().map((file, image) => (image === 5 ? { ...file, blob: new Blob([picture(6) as BlobPart]) } : file));
    expect(await refused(other, { list: set.list })).toMatchObject({ code: 'data-differs', about: 'c/05.png' });
    const list = await listOf(set);
    const changed = fileOf('calibration_set.json', JSON.stringify({ ...list, array: { ...list.array, sha256: 'a'.repeat(64) } }));
    expect((await made(folders(), { list: changed })).warnings.map(({ rule }) => rule)).toEqual(['CSET7']);
    const relabelled = list.chosen.map((one, at) => (at === 3 ? { ...one, label: 9 } : one));
    const labels = await made(folders(), { list: fileOf('l.json', JSON.stringify({ ...list, chosen: relabelled })) });
    expect(labels.warnings.map(({ text }) => text)).toEqual([`1 image of the list has another label here: ${list.chosen[3]?.name}.`]);
  });

  it('CSET7 a file that is no list is refused with the field that is wrong', async () => {
    const list = await listOf(await made(folders(), { size: 2 }));
    const refusal = (text: string) => refused(folders(), { list: fileOf('list.json', text) });
    expect(await refusal('{')).toMatchObject({ code: 'recipe-invalid', about: 'list.json' });
    expect((await refusal(JSON.stringify({ ...list, version: 2 }))).cause).toMatch(/^version:/);
    expect((await refusal(JSON.stringify({ ...list, chosen: [{ name: 'x', label: null, sha256: 'no' }] }))).cause).toMatch(
      /^chosen\.0\.sha256:/,
    );
    const steps = { ...(list.images.steps as object), divisor: 2 };
    expect(await refusal(JSON.stringify({ ...list, images: { ...list.images, steps } }))).toMatchObject({ code: 'data-differs' });
  });

  it('CSET6 without a network the size is asked for; arrays that are fed as they are say it themselves', async () => {
    expect(await refused(folders(), { images: { name: 'bytes' } })).toMatchObject({ code: 'data-shape' });
    const values = Float32Array.from({ length: 4 * 3 * 5 }, (_, at) => at / 60);
    const set = await made([fileOf('a.npy', npy('float32', [4, 3, 5, 1], values))], { images: { name: 'none' }, first: true });
    expect(set.shape).toEqual([3, 5, 1]);
    expect((await listOf(set)).images).toEqual({ rule: 'none', steps: null });
    expect([...tensorNumbers(readNpy(await bytesOf(set.array), 'a'))]).toEqual([...values]);
  });

  it('CSET1 sizes and seeds that are none are refused', async () => {
    expect(await refused(folders(), { size: 0 })).toMatchObject({ code: 'option-invalid', about: 'size' });
    expect(await refused(folders(), { seed: -1 })).toMatchObject({ code: 'option-invalid', about: 'seed' });
    expect(await refused(folders(Array.from({ length: COUNT }, (_, image) => image)), {})).toMatchObject({ code: 'data-missing' });
  });
});
