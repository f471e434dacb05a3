import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync, zlibSync } from 'fflate';
import { hasShared, shared } from '../../test/sharedFolder.ts';
import { functionModelText } from '../../test/unit/engine/functionModel.ts';
import { parseCommandLine } from '../../worker/engine/commandLine.ts';
import { parseRecipe, requestOf } from '../../worker/engine/recipe.ts';
import { readCheckpointState } from '../../worker/formats/checkpointState.ts';
import { readNpy } from '../../worker/formats/npy.ts';
import { npzArrays } from '../../worker/formats/npz.ts';
import { readObjectGraph } from '../../worker/formats/objectGraph.ts';
import { unpackSnappy } from '../../worker/formats/snappy.ts';
import { makeStringTensor } from '../../worker/formats/tensorValues.ts';
import { WireError } from '../../worker/formats/wire.ts';
import { zipMembers } from '../../worker/formats/zipDirectory.ts';
import { packedFile, refusalOf, unpackMember } from '../../worker/formats/zipMember.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import { openGraphBytes } from '../../worker/graph/graphFile.ts';
import { validateGraph } from '../../worker/graph/validate.ts';
import { parseExpression } from '../../worker/transforms/expression.ts';
import { mulberry32 } from '../syntheticNetwork.ts';
import { archives, arrays } from './arrays.ts';
import { OBJECTS, objectBundle, readBundle, readV1, SNAPPY_BLOCKS, slicedBundle, V1_FILE, valuesOf, withValues } from './checkpoints.ts';
import { cifarBatches, labelTables, openBatches, readLabelTable } from './data.ts';
import { editedGraph } from './edits.ts';
import { chunksOf, decodeImage, exampleSeeds, jpegs, pngs, readImageExample, readShard, records, withChunks } from './images.ts';
import { lists, quantizeWithList } from './lists.ts';
import { functionModel, metaGraphText, openSources, zippedModels } from './savedModels.ts';
import { commandLines, expressions, recipes } from './texts.ts';
import { readWhole, rewrite, typed, writeContainers } from './work.ts';

/** A format: intact files, and what the studio does with one of them. */
export interface Target {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  /** Ends in a value or throws a GraffitistError; anything else is a finding. */
  readonly run: (bytes: Uint8Array) => unknown;
}

const sample = (name: string): string => fileURLToPath(new URL(`../../public/sample/${name}`, import.meta.url));
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const encode = (texts: readonly string[]): Uint8Array[] => texts.map((line) => new TextEncoder().encode(line));

/** The bytes of those files that are there. */
function files(paths: readonly string[]): Uint8Array[] {
  return paths.filter((file) => existsSync(file)).map((file) => new Uint8Array(readFileSync(file)));
}

/** So many arrays of so many bytes from a seed. */
function randomBytes(count: number, length: number): Uint8Array[] {
  const random = mulberry32(1);
  return Array.from({ length: count }, () => Uint8Array.from({ length }, () => Math.floor(256 * random())));
}

/** A packed block: what is wrong with it is told as in any other table. */
function unpackBlock(bytes: Uint8Array): void {
  try {
    unpackSnappy(bytes);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
}

/** Small recorded graphs, every eighth of them. */
function microGraphs(ending: string): string[] {
  if (!hasShared) return [];
  const folders = readdirSync(shared('cases/micro')).sort();
  const found = folders.map((folder) => shared('cases/micro', folder, `in${ending}`)).filter((file) => existsSync(file));
  return found.filter((_, i) => i % 8 === 0);
}

const network = (...parts: string[]): string => shared('cases/nets/small_mobilenet_v2', ...parts);

/** Every format that is read. A new one is one entry more. */
export function fuzzTargets(): Target[] {
  const index = new Uint8Array(readFileSync(sample('shapes_mnv1.ckpt.index')));
  const data = new Uint8Array(readFileSync(sample('shapes_mnv1.ckpt.data-00000-of-00001')));
  const sliced = slicedBundle();
  const objects = objectBundle();
  const small = files(hasShared ? microGraphs('.pb') : [sample('shapes_mnv1_eval.pb')]);
  // Some of the recorded graphs are there to be refused.
  const graphs = small.flatMap((bytes) => typed(() => [openGraphBytes(bytes, 'in.pb').graph]) ?? []);
  const all: Target[] = [
    {
      name: 'GraphDef',
      seeds: files([...microGraphs('.pb'), sample('shapes_mnv1_eval.pb'), sample('shapes_mnv1_frozen.pb')]),
      run: (bytes) => readWhole(openGraphBytes(bytes, 'damaged.pb').graph),
    },
    {
      name: 'GraphDef, rewritten',
      seeds: small,
      run: (bytes) => rewrite(openGraphBytes(bytes, 'damaged.pb').graph),
    },
    {
      // The first bytes choose the graph, the others say what is changed in it.
      name: 'graph with other edges and attributes',
      seeds: randomBytes(4096, 24),
      run: (bytes) => {
        const graph = graphs[(bytes[0] ?? 0) % graphs.length] as Graph;
        const edited = editedGraph(graph, bytes.subarray(1, 1 + 4 * ((bytes[1] ?? 0) % 5)));
        validateGraph(edited);
        rewrite(edited);
      },
    },
    {
      name: 'MetaGraph, written as every container',
      seeds: files([...microGraphs('.meta'), sample('shapes_mnv1.ckpt.meta')]),
      run: (bytes) => writeContainers(openGraphBytes(bytes, 'damaged.meta')),
    },
    {
      name: 'pbtxt',
      seeds: files([...microGraphs('.pbtxt'), network('small_mobilenet_v2_eval.pbtxt')]),
      run: (bytes) => readWhole(openGraphBytes(bytes, 'damaged.pbtxt').graph),
    },
    {
      name: 'MetaGraph and SavedModel as text',
      seeds: encode([metaGraphText, functionModelText('"serve"')]),
      run: (bytes) => readWhole(openGraphBytes(bytes, 'damaged.pbtxt').graph),
    },
    {
      name: 'SavedModel',
      seeds: files([network('saved_model/saved_model.pb')]),
      run: (bytes) => readWhole(openGraphBytes(bytes, 'saved_model.pb').graph),
    },
    {
      name: 'SavedModel with functions',
      seeds: [functionModel],
      run: (bytes) => readWhole(openGraphBytes(bytes, 'saved_model.pb', { tag: 'serve' }).graph),
    },
    { name: 'SavedModel as .zip', seeds: zippedModels, run: (bytes) => openSources('model.zip', bytes) },
    { name: 'SavedModel of a folder', seeds: [functionModel], run: (bytes) => openSources('model/saved_model.pb', bytes) },
    { name: 'checkpoint index', seeds: [index], run: (bytes) => readBundle({ index: bytes, data }) },
    {
      name: 'checkpoint index, checksums right',
      seeds: [valuesOf(index)],
      run: (bytes) => readBundle({ index: withValues(index, bytes), data }),
    },
    { name: 'checkpoint data', seeds: [data], run: (bytes) => readBundle({ index, data: bytes }) },
    { name: 'checkpoint in slices', seeds: [sliced.index], run: (bytes) => readBundle({ ...sliced, index: bytes }) },
    {
      name: 'checkpoint in slices, checksums right',
      seeds: [valuesOf(sliced.index)],
      run: (bytes) => readBundle({ ...sliced, index: withValues(sliced.index, bytes) }),
    },
    {
      name: 'checkpoint of objects, checksums right',
      seeds: [valuesOf(objects.index)],
      run: (bytes) => readBundle({ ...objects, index: withValues(objects.index, bytes) }),
    },
    {
      name: 'object graph',
      seeds: [OBJECTS],
      run: (bytes) => readObjectGraph(makeStringTensor([], [bytes])),
    },
    { name: 'checkpoint of V1', seeds: [V1_FILE], run: readV1 },
    { name: 'block packed with Snappy', seeds: SNAPPY_BLOCKS, run: unpackBlock },
    {
      name: 'checkpoint state',
      seeds: files([sample('checkpoint'), network('checkpoint')]),
      run: (bytes) => readCheckpointState(text(bytes)),
    },
    {
      name: 'npy',
      seeds: arrays,
      run: (bytes) => readNpy(bytes, 'damaged.npy'),
    },
    {
      name: 'npz',
      seeds: archives,
      run: async (bytes) => {
        for (const { name, blob } of await npzArrays({ name: 'damaged.npz', blob: new Blob([bytes as BlobPart]) })) {
          readNpy(new Uint8Array(await blob.arrayBuffer()), name);
        }
      },
    },
    { name: 'JPEG', seeds: jpegs, run: decodeImage },
    { name: 'PNG', seeds: pngs, run: decodeImage },
    { name: 'PNG, checksums right', seeds: pngs.map(chunksOf), run: (bytes) => decodeImage(withChunks(bytes)) },
    { name: 'TFRecord', seeds: records, run: readShard },
    { name: 'TFRecord, packed', seeds: records.flatMap((file) => [gzipSync(file), zlibSync(file)]), run: readShard },
    { name: 'tf.train.Example', seeds: exampleSeeds, run: readImageExample },
    {
      name: 'archive by its directory',
      seeds: archives,
      run: async (bytes) => {
        for (const member of await zipMembers({ name: 'damaged.zip', blob: new Blob([bytes as BlobPart]) })) {
          if (refusalOf(member) === null) await unpackMember(packedFile(member), member.path);
        }
      },
    },
    { name: 'table of labels', seeds: encode(labelTables), run: (bytes) => readLabelTable(text(bytes)) },
    { name: 'CIFAR batches', seeds: cifarBatches, run: openBatches },
    ...Object.entries(lists).map(
      ([option, lines]): Target => ({ name: option, seeds: encode(lines), run: (bytes) => quantizeWithList(option, text(bytes)) }),
    ),
    { name: 'recipe', seeds: encode(recipes), run: (bytes) => requestOf(parseRecipe(text(bytes), 'damaged.json')) },
    { name: 'transform expression', seeds: encode(expressions), run: (bytes) => parseExpression(text(bytes)) },
    { name: 'command line', seeds: encode(commandLines), run: (bytes) => parseCommandLine(text(bytes)) },
  ];
  return all.filter(({ seeds }) => seeds.length > 0);
}

/** Where a seed of a target comes from: file names for messages. */
export const reproduce = (target: string, number: number): string =>
  `npx tsx ${path.join('bench', 'fuzz.ts')} --target '${target}' --case ${number}`;
