import { errorInfo, GraffitistError } from '../errors.ts';
import { bindVariables, type Checkpoint, openCheckpoint } from '../formats/checkpoint.ts';
import { checkpointPrefix, type NamedBlob } from '../formats/checkpointFiles.ts';
import type { MetaInfo } from '../formats/metaGraph.ts';
import { type NpyFile, openNpy } from '../formats/npy.ts';
import { npzArrays } from '../formats/npz.ts';
import type { Graph } from '../graph/graph.ts';
import { openGraphFile } from '../graph/graphFile.ts';
import { descendants } from '../graph/reach.ts';
import { storedVariables } from '../graph/savedVariables.ts';
import { controlFlowNodes, refuseControlFlow } from '../graph/validate.ts';
import { isVariable, variableName } from '../graph/variables.ts';
import type { DocumentSummary, FileRole, FileSummary, InterfaceGuess, OpenChoice, SavedModelSummary, SourceFile } from '../protocol.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import { resolveConditions } from '../transforms/conditions.ts';
import { guessInterface, interfaceCandidates, placeholderShape } from '../transforms/interface.ts';
import { outerLayers } from '../transforms/outerLayers.ts';
import { summarizeNetwork } from '../zoo/presets.ts';
import { graphForm, recognizeNetwork } from '../zoo/recognize.ts';
import { documentName } from './documentName.ts';
import { savedModelSummary, signatureInterface } from './signatures.ts';
import { folderName, isSavedModel, savedModelFiles, unpackArchives } from './sources.ts';

/** What lies open: one graph, and the weights and data that were found to belong to it. */
export interface OpenDocument {
  /** EXP14: what the graph's file is called, without its ending. */
  readonly name: string;
  readonly graph: Graph;
  /** What the graph's file says beside it; null for a bare GraphDef. */
  readonly meta: MetaInfo | null;
  /** What there is to choose from, and what was chosen. */
  readonly savedModel: SavedModelSummary | null;
  readonly guess: InterfaceGuess;
  readonly graphFile: SourceFile;
  readonly checkpoint: Checkpoint | null;
  readonly calibration: CalibrationFile | null;
  /** All arrays given, the last of which is `calibration`: of several inputs each takes the one of its name. */
  readonly arrays: readonly CalibrationFile[];
  readonly files: readonly SourceFile[];
  readonly summaries: readonly FileSummary[];
}

/** An array of images: a .npy file, or one of an .npz file. */
export interface CalibrationFile {
  /** The file that was given. */
  readonly file: SourceFile;
  /** The array as a .npy file. */
  readonly source: NamedBlob;
  readonly npy: NpyFile;
}

/** What a file is for, told by its name; contents are looked at when it is opened. */
export function roleOf(name: string): FileRole {
  // A V1 checkpoint is one file; it is named where it is refused.
  if (/\.index$|\.ckpt(-\d+)?$/.test(name)) return 'checkpoint-index';
  if (/\.data-\d{5}-of-\d{5}$/.test(name)) return 'checkpoint-data';
  if (name === 'checkpoint') return 'checkpoint-state';
  if (/\.np[yz]$/i.test(name)) return 'calibration';
  if (/\.json$/i.test(name)) return 'recipe';
  if (/\.txt$/i.test(name)) return 'list';
  // TensorFlow 2 puts these beside a SavedModel: no graph is in them.
  if (/^(fingerprint|keras_metadata)\.pb$/.test(name)) return 'unknown';
  return /\.(pb|pbtxt|meta|graphdef)$/i.test(name) ? 'graph' : 'unknown';
}

/**
 * Opens files given together, or packed in a .zip: one graph of them, and the weights and data beside it. What is wrong with those is
 * told in their summaries.
 * @throws GraffitistError what `openGraph` throws; `file-missing` where no graph is among the files; `saved-model-signature`
 */
export async function openDocument(given: readonly SourceFile[], choice: OpenChoice = {}): Promise<OpenDocument> {
  const files = await unpackArchives(given);
  const graphFile = chooseGraph(files);
  const { graph, meta, tags } = await openGraphFile(graphFile, { tag: choice.tag, choose: choice.anyTag });
  const name = isSavedModel(graphFile) ? folderName(graphFile) : documentName(graphFile.name);
  const savedModel = meta === null ? null : savedModelSummary(meta, tags, choice.signature);
  const named = signatureInterface(graph, savedModel) ?? guessInterface(graph);
  const guess = { ...named, ...outerLayers(graph, named.inputs, named.outputs) };
  const others = savedModelFiles(graphFile, files).filter((file) => file !== graphFile);
  return completeDocument({ name, graph, meta, savedModel, guess, graphFile }, [graphFile, ...others]);
}

/**
 * The document with more weights or data; a file of the same name takes the place of the older one, and data takes the place of data
 * unless the network has several inputs, each with its own.
 */
export async function addToDocument(document: OpenDocument, given: readonly SourceFile[]): Promise<OpenDocument> {
  const added = await unpackArchives(given);
  const newData = !takesSeveral(document.graph) && added.some((file) => roleOf(file.name) === 'calibration');
  const names = new Set(added.map((file) => file.name));
  const kept = document.files.filter((file) => !names.has(file.name) && !(newData && roleOf(file.name) === 'calibration'));
  // A checkpoint that is added is meant, whatever the older state file names.
  const newIndex = added.some((file) => roleOf(file.name) === 'checkpoint-index');
  const remaining = newIndex ? kept.filter((file) => !roleOf(file.name).startsWith('checkpoint')) : kept;
  return completeDocument(document, [...remaining, ...added.filter((file) => roleOf(file.name) !== 'graph')]);
}

/** Whether several placeholders want arrays; scalars, such as a keep probability, do not. */
function takesSeveral(graph: Graph): boolean {
  const { inputs } = interfaceCandidates(graph);
  return inputs.filter((name) => (placeholderShape(graph.node(name))?.length ?? 0) > 1).length > 1;
}

/** The graph among the files: a `.pb`, the shortest name first, for what rewrites write beside a graph has a longer one. */
function chooseGraph(files: readonly SourceFile[]): SourceFile {
  const graphs = files.filter((file) => roleOf(file.name) === 'graph');
  const binary = graphs.filter((file) => /\.pb$/i.test(file.name)).sort((a, b) => a.name.length - b.name.length);
  const strange =
    files.length === 1 ? files : files.filter((file) => roleOf(file.name) === 'unknown' && !/\.(md|txt|json)$/i.test(file.name));
  const [chosen] = [...binary, ...graphs, ...strange];
  if (chosen !== undefined) return chosen;
  throw new GraffitistError('file-missing', 'There is no graph among these files.', {
    ...(files[0] === undefined ? {} : { about: files[0].name }),
    remedy: 'Give a TensorFlow GraphDef (.pb) with them.',
  });
}

async function completeDocument(
  base: Pick<OpenDocument, 'name' | 'graph' | 'meta' | 'savedModel' | 'guess' | 'graphFile'>,
  files: readonly SourceFile[],
): Promise<OpenDocument> {
  const errors = new Map<string, FileSummary['error']>();
  const checkpoint = await attempt(
    () => openWeights(base.graph, files, isSavedModel(base.graphFile)),
    (error) => {
      for (const file of files) if (roleOf(file.name) === 'checkpoint-index') errors.set(file.name, error);
    },
  );
  const arrays: CalibrationFile[] = [];
  for (const file of files.filter(({ name }) => roleOf(name) === 'calibration')) {
    const opened = await attempt(
      () => openArrays(file),
      (error) => errors.set(file.name, error),
    );
    arrays.push(...(opened ?? []));
  }
  const document = {
    ...base,
    checkpoint: checkpoint ?? null,
    calibration: arrays.at(-1) ?? null,
    arrays,
    files,
  };
  const summaries = files.map((file): FileSummary => {
    const error = errors.get(file.name);
    return {
      name: file.name,
      role: file === base.graphFile ? 'graph' : roleOf(file.name),
      bytes: file.blob.size,
      detail: detailOf(file, document),
      ...(error === undefined ? {} : { error }),
    };
  });
  return { ...document, summaries };
}

/** The checkpoint among the files, with the names that the graph's own saver has for its variables. */
async function openWeights(graph: Graph, files: readonly SourceFile[], savedModel: boolean): Promise<Checkpoint | undefined> {
  const wanted = savedModel && files.some((file) => file.name === 'variables.index') ? 'variables' : undefined;
  const checkpoint = await openCheckpoint(files, { wanted });
  return checkpoint === undefined ? undefined : bindVariables(checkpoint, await storedVariables(graph, checkpoint));
}

async function openArrays(file: SourceFile): Promise<CalibrationFile[]> {
  const sources = /\.npz$/i.test(file.name) ? await npzArrays(file) : [file];
  return Promise.all(sources.map(async (source) => ({ file, source, npy: await openNpy(source) })));
}

/** What is wrong with a file of that role, of those that were given and could not be opened. */
function faultOf(document: OpenDocument, role: FileRole): FileSummary['error'] {
  return document.summaries.find((file) => file.role === role && file.error !== undefined)?.error;
}

/** The images of a document. @throws GraffitistError `data-missing`; what is wrong with their file, where there is one */
export function calibrationOf(document: OpenDocument): readonly CalibrationFile[] {
  if (document.arrays.length > 0) return document.arrays;
  const fault = faultOf(document, 'calibration');
  if (fault !== undefined) throw new GraffitistError(fault.code, fault.cause, fault);
  throw new GraffitistError('data-missing', 'There are no calibration images.', {
    about: 'quantize',
    remedy: 'Add a calibration_set.npy, or set calibrate_quant_layers=False.',
  });
}

/** Where values of `graph` are missing because a checkpoint could not be read, that is said. @throws GraffitistError of that file */
export function refuseBrokenCheckpoint(document: OpenDocument, graph: Graph): void {
  const fault = faultOf(document, 'checkpoint-index');
  if (fault === undefined || missingVariables(graph, document.checkpoint?.entries ?? new Map(), thresholdsOf(graph)).length === 0) return;
  throw new GraffitistError(fault.code, fault.cause, fault);
}

/** CAL14: a training graph starts from the weights as they were trained in float. @throws GraffitistError `checkpoint-calibrated` */
export function refuseCalibrated({ checkpoint }: OpenDocument): void {
  if (checkpoint === null || !/_graffitist(\.ckpt)?(-\d+)?$/.test(checkpoint.prefix)) return;
  throw new GraffitistError('checkpoint-calibrated', `The thresholds in '${checkpoint.prefix}' were calibrated already.`, {
    about: checkpoint.prefix,
    remedy: 'Use the original checkpoint where is_training=True, or set calibrate_quant_layers=False.',
  });
}

/** Contents of a text file given with the graph, by the name or path that an option writes. @throws GraffitistError `file-missing` */
export async function textOf(document: OpenDocument, fileName: string): Promise<string> {
  const base = fileName.slice(fileName.lastIndexOf('/') + 1);
  const file = document.files.find(({ path }) => path === fileName) ?? document.files.find(({ name }) => name === base);
  if (file !== undefined) return file.blob.text();
  throw new GraffitistError('file-missing', `The file '${fileName}' is not among the opened files.`, {
    about: fileName,
    remedy: 'Put it beside the graph, or add it to the opened files.',
  });
}

async function attempt<T>(action: () => Promise<T>, failed: (error: NonNullable<FileSummary['error']>) => void): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    failed(errorInfo(error));
    return undefined;
  }
}

function detailOf(file: SourceFile, document: Omit<OpenDocument, 'summaries'>): string {
  const role = roleOf(file.name);
  const count = (number: number, unit: string) => `${number.toLocaleString('en-US')} ${unit}${number === 1 ? '' : 's'}`;
  if (file === document.graphFile) return count(document.graph.nodes.length, 'node');
  if (role === 'graph' || role === 'unknown') return 'not opened';
  if (role === 'calibration') {
    const arrays = document.arrays.filter((array) => array.file === file);
    const detail = arrays.map(
      ({
        npy: {
          shape: [images = 0, ...shape],
        },
      }) => `${count(images, 'image')} ${shape.join('×')}`,
    );
    return detail.join(', ');
  }
  if (role === 'checkpoint-index' && document.checkpoint !== null) {
    return checkpointPrefix(file.name) === document.checkpoint.prefix ? count(document.checkpoint.entries.size, 'variable') : 'not used';
  }
  return '';
}

function thresholdsOf(graph: Graph): ReadonlySet<string> {
  return new Set(readQuantizers(graph).map(({ threshold }) => threshold));
}

/** Variables of the graph that hold weights, not thresholds, and that no loaded checkpoint supplies. */
function missingVariables(graph: Graph, supplied: ReadonlyMap<string, unknown>, thresholds: ReadonlySet<string>): string[] {
  return graph.nodes
    .filter(isVariable)
    .map(variableName)
    .filter((name) => !supplied.has(name) && !thresholds.has(name));
}

/** What the page shows of a document before anything was run. */
export function summarize(document: OpenDocument): DocumentSummary {
  const { graph, checkpoint, calibration } = document;
  const ops = new Map<string, number>();
  for (const node of graph.nodes) ops.set(node.op, (ops.get(node.op) ?? 0) + 1);
  const quantizers = readQuantizers(graph);
  const known = checkpoint?.entries ?? new Map<string, unknown>();
  const [count, ...shape] = calibration?.npy.shape ?? [];
  const network = recognizeNetwork(graph);
  return {
    name: document.name,
    files: document.summaries,
    nodeCount: graph.nodes.length,
    ops: [...ops].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)),
    savedModel: document.savedModel,
    guess: document.guess,
    candidates: interfaceCandidates(graph),
    missingVariables: missingVariables(graph, known, thresholdsOf(graph)),
    calibration: count === undefined ? null : { count, shape },
    refusal: controlFlowRefusal(graph),
    quantizers: {
      count: quantizers.length,
      thresholdsLoaded: quantizers.every((quantizer) => quantizer.constantLog2 !== undefined || known.has(quantizer.threshold)),
    },
    network: network === null ? null : summarizeNetwork(network, document.graphFile.path ?? document.graphFile.name),
    form: network?.form ?? graphForm(graph, document.guess.outputs),
  };
}

/** Control flow is in the way where everything that may be an output depends on some. */
function controlFlowRefusal(opened: Graph): DocumentSummary['refusal'] {
  const { graph } = resolveConditions({ graph: opened, inputs: [], outputs: [] });
  const flow = controlFlowNodes(graph);
  if (flow.length === 0) return null;
  const names = flow.map((node) => node.name);
  const behind = descendants(graph, names, { controls: true });
  if (interfaceCandidates(graph).outputs.some((output) => !behind.has(output))) return null;
  try {
    refuseControlFlow(graph);
    return null;
  } catch (error) {
    return errorInfo(error);
  }
}
