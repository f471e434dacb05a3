import { describe, expect, it } from 'vitest';
import { WNIDS } from '../../../worker/data/imagenet/wnids.ts';
import { classOfDevkitNumber, classOfWnid, wnidIn, wnidsInOrder } from '../../../worker/data/labels/wnid.ts';
import { fileOf, npy, npz } from './files.ts';
import { look, refusal } from './session.ts';

/** Files whose content nobody reads when labels are made. */
const pictures = (...paths: string[]) => paths.map((path) => fileOf(path));
const imagenet = { outputs: 1000, name: 'mobilenet_v1' };

describe('LBL2: what auto comes to', () => {
  it('folders of classes', async () => {
    const { summary, labels } = await look(pictures('pets/dog/1.png', 'pets/cat/2.jpg', 'pets/cat/3.JPEG', 'pets/ant/deep/4.png'));
    expect(summary).toMatchObject({
      title: 'pets: 4 JPEG and PNG files in 3 folders',
      labels: { rule: { kind: 'folders' }, offset: 0, classes: 3 },
    });
    expect(summary.classNames).toEqual(['ant', 'cat', 'dog']);
    expect(labels).toEqual({ 'ant/deep/4.png': 0, 'cat/2.jpg': 1, 'cat/3.JPEG': 1, 'dog/1.png': 2 });
  });

  it('WNIDs in file names', async () => {
    const { summary, labels } = await look(pictures('x/n01440764_tench.JPEG', 'x/n15075141_1234.JPEG'), {}, imagenet);
    expect(summary.labels).toEqual({ rule: { kind: 'wnid', order: 'imagenet' }, offset: 0, classes: 2 });
    expect(labels).toEqual({ 'n01440764_tench.JPEG': 0, 'n15075141_1234.JPEG': 999 });
    expect([summary.classNames[0], summary.classNames[999]]).toEqual(['n01440764 tench', 'n15075141']);
  });

  it('folders named by WNIDs are classes of ImageNet for its networks, and sorted folders for others', async () => {
    const files = pictures('t/n01443537/a.png', 't/n15075141/b.png');
    expect((await look(files, {}, imagenet)).labels).toEqual({ 'n01443537/a.png': 1, 'n15075141/b.png': 999 });
    expect((await look(files, {}, { outputs: 1001 })).labels).toEqual({ 'n01443537/a.png': 2, 'n15075141/b.png': 1000 });
    expect((await look(files, {}, { outputs: 2 })).labels).toEqual({ 'n01443537/a.png': 0, 'n15075141/b.png': 1 });
  });

  it("darknet19 gets darknet's order", async () => {
    const { summary, labels } = await look(pictures('n02119789_1.JPEG', 'n01440764_2.JPEG'), {}, { outputs: 1000, name: 'darknet19' });
    expect(summary.labels?.rule).toEqual({ kind: 'wnid', order: 'darknet' });
    expect(labels).toEqual({ 'n01440764_2.JPEG': 448, 'n02119789_1.JPEG': 0 });
  });

  it('none where nothing tells, and a table beside them is named', async () => {
    const { summary, labels } = await look([...pictures('a/1.png', 'a/2.png'), fileOf('a/labels.csv', '1.png,0\n')]);
    expect(summary.labels).toBeNull();
    expect(labels).toEqual({ '1.png': null, '2.png': null });
    expect(summary.warnings).toMatchObject([{ rule: 'LBL2' }]);
  });

  it('more folders than the network has classes are no classes', async () => {
    expect((await look(pictures('a/1.png', 'b/2.png', 'c/3.png'), {}, { outputs: 2 })).summary.labels).toBeNull();
  });
});

describe('LBL3: folders', () => {
  it('named by numbers are those numbers', async () => {
    const { labels } = await look(pictures('d/10/a.png', 'd/2/b.png', 'd/0/c.png'), {}, { outputs: 11 });
    expect(labels).toEqual({ '0/c.png': 0, '10/a.png': 10, '2/b.png': 2 });
  });

  it('numbered from 1', async () => {
    const files = Array.from({ length: 10 }, (_, i) => `d/${i + 1}/a.png`);
    const { summary, labels } = await look(pictures(...files), {}, { outputs: 10 });
    expect(summary.labels?.offset).toBe(-1);
    expect([labels['1/a.png'], labels['10/a.png']]).toEqual([0, 9]);
    const thousand = Array.from({ length: 1000 }, (_, i) => `d/${i + 1}/a.png`);
    expect((await look(pictures(...thousand), {}, { outputs: 1001 })).summary.labels?.offset).toBe(0);
    expect((await look(pictures(...thousand), {}, { outputs: 1000 })).summary.labels?.offset).toBe(-1);
    const named = Array.from({ length: 1000 }, (_, i) => `d/c${i}/a.png`);
    expect((await look(pictures(...named), {}, { outputs: 1001 })).summary.labels?.offset).toBe(1);
  });

  it('fewer than the network has classes are warned of', async () => {
    const { summary } = await look(pictures('a/1.png', 'b/2.png'), {}, { outputs: 10 });
    expect(summary.warnings).toMatchObject([
      { rule: 'LBL3', text: expect.stringContaining('2 class folders and the network has 10 classes') },
    ]);
  });

  it('a picture outside of them is left out and named', async () => {
    const { summary, labels } = await look(pictures('d/a/1.png', 'd/b/2.png', 'd/cover.png'), { labels: { kind: 'folders' } });
    expect(labels).toEqual({ 'a/1.png': 0, 'b/2.png': 1 });
    expect(summary).toMatchObject({ count: 2, leftOut: { count: 1, first: [{ name: 'cover.png', error: { code: 'label-missing' } }] } });
    expect(summary.warnings).toMatchObject([{ rule: 'LBL8' }]);
  });

  it('are refused where there are none', async () => {
    expect(await refusal(pictures('1.png', '2.png'), { labels: { kind: 'folders' } })).toMatchObject({ code: 'label-missing' });
  });
});

describe('LBL4: WNIDs', () => {
  it('are a thousand, sorted, and the same in both orders', () => {
    expect(new Set(WNIDS).size).toBe(1000);
    expect([...WNIDS].sort((a, b) => a - b)).toEqual(WNIDS);
    expect(new Set(wnidsInOrder('darknet'))).toEqual(new Set(wnidsInOrder('imagenet')));
    for (const [index, wnid] of wnidsInOrder('darknet').entries()) expect(classOfWnid(wnid, 'darknet')).toBe(index);
    for (const [index, wnid] of wnidsInOrder('imagenet').entries()) expect(classOfWnid(wnid, 'imagenet')).toBe(index);
  });

  it("the challenge's own numbers are darknet's classes plus one", () => {
    expect(classOfDevkitNumber(1, 'darknet')).toBe(0);
    expect(classOfDevkitNumber(1, 'imagenet')).toBe(classOfWnid('n02119789', 'imagenet'));
    expect(classOfDevkitNumber(1000, 'imagenet')).toBe(classOfWnid('n03255030', 'imagenet'));
    expect(classOfDevkitNumber(1001, 'imagenet')).toBeNull();
  });

  it('stand in the file name, else in the nearest folder', () => {
    expect(wnidIn('val/n01440764/ILSVRC2012_val_00000293.JPEG')).toBe('n01440764');
    expect(wnidIn('n01443537/n01440764_10026.JPEG')).toBe('n01440764');
    expect(wnidIn('in01440764/x123.JPEG')).toBeNull();
    expect(wnidIn('n014407641.JPEG')).toBeNull();
  });

  it('are refused where no name has one', async () => {
    expect(await refusal(pictures('1.png'), { labels: { kind: 'wnid', order: 'imagenet' } })).toMatchObject({ code: 'label-missing' });
  });
});

describe('LBL5: tables', () => {
  const three = pictures('s/a.png', 's/b.png', 's/c.png');
  const withTable = (name: string, text: string, network = {}) =>
    look([...three, fileOf(`s/${name}`, text)], { labels: { kind: 'csv', file: name } }, network);
  const all = { 'a.png': 2, 'b.png': 0, 'c.png': 1 };

  it.each([
    ['a header', 'file,label\na.png,2\nb.png,0\nc.png,1\n'],
    ['no header', 'a.png,2\r\nb.png,0\r\nc.png,1'],
    ['columns the other way round', 'label,filename\n2,a.png\n0,b.png\n1,c.png\n'],
    ['quotes, semicolons, a byte order mark', '\uFEFF"a.png";"2"\n"b.png";0\n"c.png";1\n'],
    ['tabs, names without ending, paths', 'a\t2\nimages/b.png\t0\n./c\t1\n'],
    ['blanks, as val.txt has them', 'a.png 2\nb.png 0\nc.png 1\n'],
    ['one label per line, in the order of names', '2\n0\n1\n'],
    ['one label per line under a header', 'label\n2\n0\n1\n'],
  ])('%s', async (_, text) => expect((await withTable('labels.csv', text)).labels).toEqual(all));

  it('names of classes', async () => {
    const { summary, labels } = await withTable('labels.csv', 'file,label\na.png,"zebra, plain"\nb.png,ant\nc.png,cat\n');
    expect(labels).toEqual({ 'a.png': 2, 'b.png': 0, 'c.png': 1 });
    expect(summary.classNames).toEqual(['ant', 'cat', 'zebra, plain']);
  });

  it("Kaggle's table of ImageNet", async () => {
    const files = [
      ...pictures('v/ILSVRC2012_val_00000001.JPEG', 'v/ILSVRC2012_val_00000002.JPEG'),
      fileOf(
        'LOC_val_solution.csv',
        'ImageId,PredictionString\nILSVRC2012_val_00000001,n01751748 111 108 431 202 \nILSVRC2012_val_00000002,n01440764 1 2 3 4 n01440764 5 6 7 8 \n',
      ),
    ];
    const { summary, labels } = await look(files, { labels: { kind: 'csv', file: 'LOC_val_solution.csv' } }, { outputs: 1001 });
    expect(labels).toEqual({ 'ILSVRC2012_val_00000001.JPEG': 66, 'ILSVRC2012_val_00000002.JPEG': 1 });
    expect(summary.labels?.offset).toBe(1);
  });

  it("ImageNet's ground truth counts in its own order", async () => {
    const { labels } = await withTable('ILSVRC2012_validation_ground_truth.txt', '1\n2\n449\n', imagenet);
    expect(labels).toEqual({ 'a.png': 278, 'b.png': 212, 'c.png': classOfDevkitNumber(449, 'imagenet') });
  });

  it('rows without file are warned of, files without row left out', async () => {
    const { summary, labels } = await withTable('labels.csv', 'a.png,1\nz.png,1\nc.png,0\n');
    expect(labels).toEqual({ 'a.png': 1, 'c.png': 0 });
    expect(summary.warnings.map(({ rule }) => rule)).toEqual(['LBL5', 'LBL8']);
    expect(summary.warnings[0]?.text).toContain('z.png');
    expect(summary.leftOut).toMatchObject({ count: 1, first: [{ name: 'b.png' }] });
  });

  it.each([
    ['no such table', 'other.csv', 'a.png,1\n', 'file-missing'],
    ['a table of other files', 'labels.csv', 'x.png,1\ny.png,2\n', 'label-missing'],
    ['too few lines', 'labels.csv', '1\n2\n', 'label-missing'],
    ['nothing in it', 'labels.csv', '', 'csv-malformed'],
    ['a quote that does not end', 'labels.csv', 'a.png,"1\nb.png,2\n', 'csv-malformed'],
    ['something behind a quote', 'labels.csv', '"a.png"x,1\n', 'csv-malformed'],
    ['numbers and words', 'labels.csv', 'a.png,1\nb.png,cat\nc.png,2\n', 'label-invalid'],
  ])('refused: %s', async (_, name, text, code) => {
    expect(await refusal([...three, fileOf(`s/${name}`, text)], { labels: { kind: 'csv', file: 'labels.csv' } })).toMatchObject({
      code,
      remedy: expect.any(String),
    });
  });
});

describe('LBL6: the offset', () => {
  const labelled = (values: readonly number[]) => [
    fileOf(
      'd.npz',
      npz({
        images: npy('uint8', [values.length, 1, 1, 3], new Uint8Array(3 * values.length)),
        labels: npy('int64', [values.length], values),
      }),
    ),
  ];
  const offset = async (values: readonly number[], outputs: number | null, labelOffset?: number | 'auto') =>
    (await look(labelled(values), labelOffset === undefined ? {} : { labelOffset }, { outputs })).summary.labels?.offset;

  it.each([
    ['labels that fit', [0, 3, 9], 10, 0],
    ['labels from 1 to the number of classes', [1, 3, 10], 10, -1],
    ['no network', [1, 3, 10], null, 0],
    ['a thousand classes from 0 in a network with background', [0, 999], 1001, 1],
    ['a thousand classes from 1 in a network with background', [1, 1000], 1001, 0],
    ['a thousand classes from 1 in a network without', [1, 1000], 1000, -1],
  ])('%s', async (_, values, outputs, expected) => expect(await offset(values, outputs)).toBe(expected));

  it('is taken as given', async () => {
    expect(await offset([1, 2], 10, -1)).toBe(-1);
    expect((await look(labelled([1, 2]), { labelOffset: -1 }, { outputs: 10 })).labels).toEqual({ 'd.npz[0]': 0, 'd.npz[1]': 1 });
  });
});

describe('LBL7: labels that the network has no class for', () => {
  it('are refused before anything runs', async () => {
    const files = [fileOf('d.npz', npz({ x: npy('uint8', [2, 1, 1, 3], new Uint8Array(6)), y: npy('uint8', [2], [3, 12]) }))];
    expect(await refusal(files, {}, { outputs: 10 })).toMatchObject({
      code: 'label-invalid',
      cause: expect.stringContaining('from 3 to 12'),
    });
    expect(await refusal(files, { labelOffset: -4 }, { outputs: 10 })).toMatchObject({
      code: 'label-invalid',
      cause: expect.stringContaining('from -1 to 8'),
    });
    expect((await look(files, { labels: { kind: 'none' } }, { outputs: 10 })).summary.labels).toBeNull();
  });

  it('a count of labels that is not that of the images is refused', async () => {
    const files = [fileOf('d.npz', npz({ images: npy('uint8', [2, 1, 1, 3], new Uint8Array(6)), labels: npy('uint8', [3], [0, 1, 2]) }))];
    expect(await refusal(files)).toMatchObject({ code: 'label-missing', cause: 'The data has 2 images and 3 labels.' });
  });
});

describe("LBL4: darknet's network and numbers", () => {
  it('are warned of, since they mostly follow another order', async () => {
    const files = [fileOf('d.npz', npz({ x: npy('uint8', [2, 1, 1, 3], new Uint8Array(6)), y: npy('int64', [2], [0, 999]) }))];
    expect((await look(files, {}, { outputs: 1000, name: 'darknet19' })).summary.warnings).toMatchObject([{ rule: 'LBL4' }]);
    expect((await look(files, {}, { outputs: 1000 })).summary.warnings).toEqual([]);
  });
});

describe('LBL5: which image a row means', () => {
  const files = ['d/a/1.png', 'd/b/1.png', 'd/b/2.jpg'].map((path) => fileOf(path));
  const by = (text: string, network = {}) => look([...files, fileOf('t.csv', text)], { labels: { kind: 'csv', file: 't.csv' } }, network);

  it('paths from further out and from further in', async () => {
    expect((await by('x/d/a/1.png,5\nb/1,6\n2,7\n')).labels).toEqual({ 'a/1.png': 5, 'b/1.png': 6, 'b/2.jpg': 7 });
  });

  it('a name that two images have means neither', async () => {
    const { summary, labels } = await by('1.png,5\n2.jpg,7\n');
    expect(labels).toEqual({ 'b/2.jpg': 7 });
    expect(summary.warnings[0]).toMatchObject({ rule: 'LBL5', text: expect.stringContaining('1.png') });
  });

  it('two labels for one image are refused, the same twice is not', async () => {
    const request = (text: string) => [...files, fileOf('t.csv', text)];
    expect(await refusal(request('2.jpg,1\nb/2,3\n'), { labels: { kind: 'csv', file: 't.csv' } })).toMatchObject({ code: 'csv-malformed' });
    expect((await by('2.jpg,1\nb/2,1\n')).labels).toEqual({ 'b/2.jpg': 1 });
  });

  it('names of folders are numbered as folders are', async () => {
    expect((await by('a/1.png,b\nb/1.png,b\nb/2.jpg,b\n')).labels).toEqual({ 'a/1.png': 1, 'b/1.png': 1, 'b/2.jpg': 1 });
  });

  it('LBL3: fewer names than the network has classes are warned of', async () => {
    const { summary } = await by('a/1.png,cat\nb/1.png,ant\nb/2.jpg,cat\n', { outputs: 3 });
    expect(summary.warnings).toMatchObject([{ rule: 'LBL3', text: expect.stringContaining('2 class names') }]);
  });

  it('LBL6: an offset that is no whole number is refused', async () => {
    expect(await refusal(files, { labelOffset: 0.5 })).toMatchObject({ code: 'option-invalid' });
  });
});
