import { GraffitistError } from '../errors.ts';
import { readBlob } from '../formats/bytes.ts';
import { readGraphDef, versionsField, writeGraphDef } from '../formats/graphDef.ts';
import { type MetaInfo, readMetaGraph } from '../formats/metaGraph.ts';
import { describeFormat, type FileFormat, sniff, sniffFile } from '../formats/sniff.ts';
import { WireError } from '../formats/wire.ts';
import { Graph, GraphNode } from './graph.ts';
import { validateGraph } from './validate.ts';

/** Protocol buffers, and so GraphDef files, end at 2 GiB. */
const LARGEST_FILE = 2 ** 31 - 1;

/**
 * Opens a GraphDef `.pb`, or the graph of a MetaGraph `.meta`. Weights stay views on `bytes`, which nobody may change afterwards.
 *
 * @throws GraffitistError `file-not-graphdef`, `file-unsupported`, `file-truncated`, `file-too-large`, `graph-duplicate-name`,
 *   `graph-dangling-input`, `graph-cycle`; the text names the file and the byte or the nodes
 */
export function openGraph(bytes: Uint8Array, fileName: string): Graph {
  return openGraphBytes(bytes, fileName).graph;
}

/** A graph with what its file says beside it. */
export interface OpenedGraph {
  readonly graph: Graph;
  /** Collections, saver and signatures of a MetaGraph; null for a bare GraphDef. */
  readonly meta: MetaInfo | null;
}

/** `openGraph` on a file: what is no graph at all is refused before the rest of it is read. */
export async function openGraphFile(file: { readonly name: string; readonly blob: Blob }): Promise<OpenedGraph> {
  if (file.blob.size > LARGEST_FILE) throw tooLarge(file.name, file.blob.size);
  refuseOthers(await sniffFile(file.blob), file.name);
  return openGraphBytes(await readBlob(file.blob), file.name);
}

/** `openGraph` with what a MetaGraph says beside its graph. */
export function openGraphBytes(bytes: Uint8Array, fileName: string): OpenedGraph {
  if (bytes.length > LARGEST_FILE) throw tooLarge(fileName, bytes.length);
  const format = sniff(bytes);
  refuseOthers(format, fileName);
  const { graph: encoded, info } = format === 'metagraph' ? metaGraph(bytes, fileName) : { graph: bytes, info: null };
  const graph = parse(encoded, fileName);
  validateGraph(graph);
  return { graph, meta: info };
}

function metaGraph(bytes: Uint8Array, fileName: string): ReturnType<typeof readMetaGraph> {
  try {
    return readMetaGraph(bytes);
  } catch (error) {
    if (error instanceof WireError) throw fault(error, bytes, fileName);
    throw error;
  }
}

/**
 * The graph as a GraphDef message, in chunks. A graph that is as it was opened gives the very bytes of its file; in any other,
 * nodes that nobody changed are copied from the file's bytes.
 */
export function graphBytes(graph: Graph): Uint8Array[] {
  const { origin, rest } = graph.envelope;
  if (origin !== undefined && origin.raws.length === graph.nodes.length && graph.nodes.every((node, i) => node.raw === origin.raws[i])) {
    return [origin.bytes];
  }
  return writeGraphDef({ nodes: graph.nodes, rest: rest.length > 0 ? rest : [versionsField()] });
}

function refuseOthers(format: FileFormat, fileName: string): void {
  if (format !== 'graphdef' && format !== 'metagraph' && format !== 'unknown') throw describeFormat(format, fileName);
}

function parse(bytes: Uint8Array, fileName: string): Graph {
  try {
    const { nodes, rest } = readGraphDef(bytes);
    if (nodes.length === 0) throw new WireError('there is no node in it', 0);
    const origin = { bytes, raws: nodes.map((node) => node.raw) };
    return new Graph(
      nodes.map((node) => new GraphNode(node)),
      { rest, origin },
    );
  } catch (error) {
    if (error instanceof WireError) throw fault(error, bytes, fileName);
    throw error;
  }
}

function fault(error: WireError, bytes: Uint8Array, fileName: string): GraffitistError {
  const at = `byte ${error.offset} of ${bytes.length}`;
  if (error.truncated && sniff(bytes) !== 'unknown') {
    return new GraffitistError('file-truncated', `The file ends too early: at ${at} ${error.message}.`, {
      about: fileName,
      remedy: 'Copy or download it again.',
    });
  }
  return new GraffitistError('file-not-graphdef', `This is not a TensorFlow GraphDef: at ${at} ${error.message}.`, {
    about: fileName,
    remedy: 'Open a frozen or unfrozen TensorFlow graph in binary form (.pb).',
  });
}

function tooLarge(fileName: string, size: number): GraffitistError {
  return new GraffitistError('file-too-large', `The file has ${size} bytes; a GraphDef ends at ${LARGEST_FILE}.`, {
    about: fileName,
    remedy: 'Keep the weights in a checkpoint beside the graph.',
  });
}
