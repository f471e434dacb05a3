import { GraffitistError } from '../errors.ts';
import { type NpyFile, npyHeader } from '../formats/npy.ts';
import { sniffFile } from '../formats/sniff.ts';
import { zipMembers } from '../formats/zipDirectory.ts';
import { memberHead, packedFile } from '../formats/zipMember.ts';
import type { SourceFile } from '../protocol.ts';
import { imagesRank, isLabels, partOf } from './sources/arrayNames.ts';
import { type DataFileKind, dataFileKind } from './sources/fileKinds.ts';

/** Files given together, by what they are for. */
export interface SeparatedFiles {
  /** Images and their labels, for `openData`. */
  readonly data: readonly SourceFile[];
  /** Graph, weights, calibration arrays, lists, recipes: for `open` and `add`. */
  readonly document: readonly SourceFile[];
}

/** `images` and `labels`: arrays in files of their own, which are data together. */
type Belongs = 'data' | 'document' | 'with-data' | 'with-graph' | 'images' | 'labels';

const DOCUMENT = /\.(pb|pbtxt|meta|graphdef|index|ckpt(-\d+)?|data-\d{5}-of-\d{5})$|(^|\/)checkpoint$/i;
const GRAPH = /\.(pb|pbtxt|meta|graphdef)$/i;
/** Texts that hold labels or names of classes; others are lists that options of `quantize` name. */
const LABEL_TEXT = /\.(csv|tsv)$|label|ground_?truth|synset|classes|class_names|batches\.meta|(^|\/)(val|test|train)\.txt$/i;
const HEAD = 2 ** 16;

/**
 * DAT9: which of the files given together are a data set. Pictures, shards, CIFAR's batches and archives of those are data, arrays too where
 * they are bytes or have labels beside them; an array of floats alone is a calibration set. What is neither goes with the data, which names it.
 */
export async function separateData(files: readonly SourceFile[]): Promise<SeparatedFiles> {
  const sorted = paired(await Promise.all(files.map(async (file) => ({ file, belongs: await belongsTo(file) }))));
  const hasData = sorted.some(({ belongs }) => belongs === 'data');
  const hasGraph = files.some(({ name }) => GRAPH.test(name));
  const isData = (belongs: Belongs): boolean =>
    belongs === 'data' || (hasData && belongs !== 'document' && (belongs === 'with-data' || !hasGraph));
  return {
    data: sorted.filter(({ belongs }) => isData(belongs)).map(({ file }) => file),
    document: sorted.filter(({ belongs }) => !isData(belongs)).map(({ file }) => file),
  };
}

interface Sorted {
  readonly file: SourceFile;
  readonly belongs: Belongs;
}

/** Arrays of images and of their labels that were given together. */
function paired(sorted: readonly Sorted[]): Sorted[] {
  const partsOf = (belongs: Belongs): Set<string> =>
    new Set(sorted.filter((one) => one.belongs === belongs).map(({ file }) => partOf(file.name)));
  const [images, labels] = [partsOf('images'), partsOf('labels')];
  return sorted.map(({ file, belongs }) => {
    const part = partOf(file.name);
    if (belongs === 'images') return { file, belongs: labels.has(part) ? 'data' : 'document' };
    if (belongs === 'labels') return { file, belongs: images.has(part) ? 'data' : 'with-data' };
    return { file, belongs };
  });
}

async function belongsTo(file: SourceFile): Promise<Belongs> {
  const path = (file.path ?? file.name).replaceAll('\\', '/');
  if (DOCUMENT.test(path)) return 'document';
  const kind = dataFileKind(path);
  try {
    return await byKind(kind, path, file);
  } catch (error) {
    // What cannot be read is opened where it says so best.
    if (error instanceof GraffitistError) return kind === 'array' ? 'document' : 'with-graph';
    throw error;
  }
}

async function byKind(kind: DataFileKind, path: string, file: SourceFile): Promise<Belongs> {
  switch (kind) {
    case 'picture':
    case 'other-picture':
    case 'records':
    case 'batch':
    case 'pickle':
      return 'data';
    case 'array':
      return arrays(file);
    case 'archive':
      return archive(file);
    case 'text':
      return LABEL_TEXT.test(path) ? 'with-data' : 'with-graph';
    case 'unknown':
      return ['jpeg', 'png', 'gif', 'webp', 'tfrecord'].includes(await sniffFile(file.blob)) ? 'data' : 'with-graph';
    default:
      return 'with-graph';
  }
}

/** An archive without graph in which pictures, shards or batches lie. */
async function archive(file: SourceFile): Promise<Belongs> {
  const members = await zipMembers(file);
  if (members.some(({ path }) => GRAPH.test(path))) return 'document';
  const kinds: readonly DataFileKind[] = ['picture', 'records', 'batch'];
  return members.some(({ path }) => kinds.includes(dataFileKind(path))) ? 'data' : 'document';
}

async function arrays(file: SourceFile): Promise<Belongs> {
  const found = await headers(file);
  if (found.some(({ dtype, shape }) => dtype === 'uint8' && shape.length >= 3)) return 'data';
  const hasLabels = found.some(({ name, shape }) => isLabels(name, shape));
  const hasImages = found.some(
    ({ name, shape }) => shape.length >= 2 && (shape.length >= 3 || imagesRank(name) < Number.POSITIVE_INFINITY),
  );
  if (/\.npz$/i.test(file.name)) return hasLabels && hasImages ? 'data' : 'document';
  if (hasLabels) return 'labels';
  return found.some(({ name }) => imagesRank(name) < Number.POSITIVE_INFINITY) ? 'images' : 'document';
}

/** Types and shapes of the arrays in a file, of which only the beginnings are read. */
async function headers(file: SourceFile): Promise<(Pick<NpyFile, 'dtype' | 'shape'> & { readonly name: string })[]> {
  const plain = (name: string): string => name.replace(/\.npy$/i, '');
  if (!/\.npz$/i.test(file.name)) {
    const head = new Uint8Array(await file.blob.slice(0, HEAD).arrayBuffer());
    return [{ name: plain(file.name), ...npyHeader(head, file.name) }];
  }
  const members = (await zipMembers(file)).filter(({ path }) => path.endsWith('.npy'));
  return Promise.all(
    members.map(async (member) => ({
      name: plain(member.path),
      ...npyHeader(await memberHead(packedFile(member), member.path), member.path),
    })),
  );
}
