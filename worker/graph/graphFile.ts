import { GraffitistError } from '../errors.ts';
import { joinBytes, readBlob } from '../formats/bytes.ts';
import { encodeNodeDef, readGraphDef, versionsField, writeGraphDef } from '../formats/graphDef.ts';
import { listedVariables, type MetaInfo, readMetaGraph } from '../formats/metaGraph.ts';
import { chooseMetaGraph, readSavedModel } from '../formats/savedModel.ts';
import { describeFormat, type FileFormat, isGraphFormat, sniff, sniffFile } from '../formats/sniff.ts';
import { textKind } from '../formats/text/kind.ts';
import { TextError } from '../formats/text/lexer.ts';
import { parseText } from '../formats/text/parse.ts';
import { printField, printText } from '../formats/text/print.ts';
import { WireError } from '../formats/wire.ts';
import { Graph, GraphNode, parseEdge } from './graph.ts';
import { inlineFunctions } from './inlineFunctions.ts';
import { saverNodes } from './saver.ts';
import { validateGraph } from './validate.ts';
import { isVariable } from './variables.ts';

/** Protocol buffers, and so GraphDef files, end at 2 GiB. */
const LARGEST_FILE = 2 ** 31 - 1;

/**
 * Opens a graph: a GraphDef `.pb`, the graph of a MetaGraph `.meta` or of a SavedModel, each in binary or text form. Calls of plain
 * functions of its library are put in their place. Weights of a binary file stay views on `bytes`, which nobody may change afterwards.
 *
 * @throws GraffitistError `file-not-graphdef`, `file-truncated`, `file-too-large`, `text-malformed`, `saved-model-tag`,
 *   `graph-duplicate-name`, `graph-dangling-input`, `graph-cycle`; the text names the file and the byte, the line or the nodes
 */
export function openGraph(bytes: Uint8Array, fileName: string): Graph {
  return openGraphBytes(bytes, fileName).graph;
}

/** A graph with what its file says beside it. */
export interface OpenedGraph {
  readonly graph: Graph;
  /** Collections, saver and signatures of a MetaGraph; null for a bare GraphDef. */
  readonly meta: MetaInfo | null;
  /** Tags of every MetaGraph of a SavedModel; empty for other files. */
  readonly tags: readonly (readonly string[])[];
}

/** Which MetaGraph of a SavedModel is meant: by its tag, or `choose` one where none is named. */
export interface MetaGraphChoice {
  readonly tag?: string | undefined;
  readonly choose?: boolean | undefined;
}

/** `openGraph` on a file: what is no graph at all is refused before the rest of it is read. */
export async function openGraphFile(
  file: { readonly name: string; readonly blob: Blob },
  choice: MetaGraphChoice = {},
): Promise<OpenedGraph> {
  if (file.blob.size > LARGEST_FILE) throw tooLarge(file.name, file.blob.size);
  refuseOthers(await sniffFile(file.blob), file.name);
  return openGraphBytes(await readBlob(file.blob), file.name, choice);
}

/** `openGraph` with what the file says beside its graph. */
export function openGraphBytes(bytes: Uint8Array, fileName: string, choice: MetaGraphChoice = {}): OpenedGraph {
  if (bytes.length > LARGEST_FILE) throw tooLarge(fileName, bytes.length);
  const format = sniff(bytes);
  refuseOthers(format, fileName);
  const isText = format === 'pbtxt' || (format === 'unknown' && /\.pbtxt$/i.test(fileName));
  const content = isText ? fromText(bytes, fileName) : { bytes, kind: KINDS[format] ?? 'GraphDef' };
  const { graph: encoded, info, tags } = metaGraphOf(content, choice, fileName);
  const parsed = parse(encoded, fileName);
  const { graph, results } = attempt(() => inlineFunctions(parsed, info?.opList), encoded, fileName);
  validateGraph(graph);
  if (info === null) return { graph, meta: null, tags };
  const meta = { ...info, signatures: movedSignatures(info.signatures, results) };
  return { graph: attempt(() => withSaver(graph, info), encoded, fileName), meta, tags };
}

/**
 * Importing a MetaGraph that names no saver, TensorFlow makes one for the variables that it lists, and so does this: the nodes are part
 * of every graph made from it.
 */
function withSaver(graph: Graph, { saver, collections }: MetaInfo): Graph {
  const listed = listedVariables(collections.get('variables'));
  const reads = new Map(listed.map(({ variable, snapshot }) => [parseEdge(variable).node, parseEdge(snapshot).node]));
  const variables = [...reads.keys()].flatMap((name) => graph.find(name) ?? []).filter(isVariable);
  const readOf = ({ name }: GraphNode): string => reads.get(name) ?? name;
  if (saver !== undefined || variables.length === 0) return graph;
  const { nodes } = saverNodes(variables, 'save', readOf, (name) => graph.has(name));
  return new Graph([...graph.nodes, ...nodes.map((spec) => GraphNode.make(spec))], graph.envelope);
}

/** Signatures whose outputs are results of a call that is gone name the tensors that these are now. */
function movedSignatures(signatures: MetaInfo['signatures'], results: ReadonlyMap<string, string>): MetaInfo['signatures'] {
  if (results.size === 0) return signatures;
  const moved = (tensors: ReadonlyMap<string, string>) =>
    new Map([...tensors].map(([name, tensor]) => [name, results.get(tensor) ?? tensor]));
  return new Map([...signatures].map(([name, signature]) => [name, { ...signature, outputs: moved(signature.outputs) }]));
}

type MessageKind = ReturnType<typeof textKind>;
const KINDS: Readonly<Partial<Record<FileFormat, MessageKind>>> = { metagraph: 'MetaGraphDef', savedmodel: 'SavedModel' };

function fromText(text: Uint8Array, fileName: string): { readonly bytes: Uint8Array; readonly kind: MessageKind } {
  try {
    const kind = textKind(text);
    return { bytes: parseText(text, kind), kind };
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new GraffitistError('text-malformed', `Line ${error.line}, column ${error.column} cannot be read: ${error.message}.`, {
      about: fileName,
      remedy: 'Correct the text, or save the graph again.',
    });
  }
}

function metaGraphOf(
  { bytes, kind }: { readonly bytes: Uint8Array; readonly kind: MessageKind },
  { tag, choose }: MetaGraphChoice,
  fileName: string,
): { readonly graph: Uint8Array; readonly info: MetaInfo | null; readonly tags: OpenedGraph['tags'] } {
  if (kind === 'GraphDef') return { graph: bytes, info: null, tags: [] };
  if (kind === 'MetaGraphDef') return { ...attempt(() => readMetaGraph(bytes), bytes, fileName), tags: [] };
  const metaGraphs = attempt(() => readSavedModel(bytes), bytes, fileName);
  return { ...chooseMetaGraph(metaGraphs, tag, fileName, choose), tags: metaGraphs.map(({ info }) => info.tags) };
}

function attempt<T>(read: () => T, bytes: Uint8Array, fileName: string): T {
  try {
    return read();
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
  const { origin } = graph.envelope;
  if (origin !== undefined && origin.raws.length === graph.nodes.length && graph.nodes.every((node, i) => node.raw === origin.raws[i])) {
    return [origin.bytes];
  }
  return writeGraphDef({ nodes: graph.nodes, rest: graphRest(graph) });
}

/** The fields of the GraphDef message that are no node. */
export function graphRest({ envelope: { rest } }: Graph): readonly Uint8Array[] {
  return rest.length > 0 ? rest : [versionsField()];
}

/**
 * The graph as text (`.pbtxt`), in chunks: what TensorFlow's text_format prints for it, save fields that are not known here.
 * @throws GraffitistError `node-malformed` for attributes that nobody has read so far and that cannot be read
 */
export function graphText(graph: Graph): Uint8Array[] {
  const nodes = graph.nodes.map((node) =>
    printed(`Node '${node.name}'`, () => printField(node.raw ?? encodeNodeDef(node), 'GraphDef', 'node')),
  );
  return [...nodes, printed("The graph's library", () => printText(joinBytes(graphRest(graph)), 'GraphDef'))];
}

function printed(what: string, print: () => Uint8Array): Uint8Array {
  try {
    return print();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new GraffitistError('node-malformed', `${what} cannot be written as text: ${error.message}.`, {
      remedy: 'Write a binary file, which keeps its bytes as they are.',
    });
  }
}

function refuseOthers(format: FileFormat, fileName: string): void {
  if (!isGraphFormat(format)) throw describeFormat(format, fileName);
}

function parse(bytes: Uint8Array, fileName: string): Graph {
  return attempt(
    () => {
      const { nodes, rest } = readGraphDef(bytes);
      if (nodes.length === 0) throw new WireError('there is no node in it', 0);
      const origin = { bytes, raws: nodes.map((node) => node.raw) };
      return new Graph(
        nodes.map((node) => new GraphNode(node)),
        { rest, origin },
      );
    },
    bytes,
    fileName,
  );
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
    remedy: 'Open a TensorFlow graph: .pb, .pbtxt, .meta or a SavedModel.',
  });
}

function tooLarge(fileName: string, size: number): GraffitistError {
  return new GraffitistError('file-too-large', `The file has ${size} bytes; a GraphDef ends at ${LARGEST_FILE}.`, {
    about: fileName,
    remedy: 'Keep the weights in a checkpoint beside the graph.',
  });
}
