import { joinBytes, plainBytes } from './bytes.ts';
import { dtypeNumber } from './dtype.ts';
import { tensorflow } from './proto/generated/messages.js';
import type { DType, Shape } from './tensor.ts';
import { encodeShape } from './tensorCodec.ts';
import { LENGTH, lengthPrefix, WireError, WireReader } from './wire.ts';

/** A collection of a MetaGraph: names of nodes or tensors, encoded messages, or another kind of list as the file had it. */
export type Collection =
  | { readonly kind: 'nodes'; readonly values: readonly string[] }
  | { readonly kind: 'bytes'; readonly values: readonly Uint8Array[] }
  | { readonly kind: 'encoded'; readonly message: Uint8Array };

/** A variable as the collections `variables` and `trainable_variables` list it. */
export interface VariableInfo {
  /** Tensor that holds it: `conv/weights:0`. */
  readonly variable: string;
  /** Tensor it starts from: `conv/weights/Initializer/Const:0`. */
  readonly initialValue: string;
  /** Node that assigns that: `conv/weights/Assign`. */
  readonly initializer: string;
  /** Tensor through which it is read: `conv/weights/read:0`. */
  readonly snapshot: string;
  readonly trainable: boolean;
  /** Each replica keeps its own and reading gives their mean, as the statistics of a batch norm do. */
  readonly meanOfReplicas?: boolean;
  /** It is a handle; values are read from it. */
  readonly isResource?: boolean;
}

/** Numbers of TensorFlow's VariableSynchronization and VariableAggregation. */
const ON_READ = 3;
const MEAN = 2;
/** Fields of VariableDef. */
const SYNCHRONIZATION = 8;
const AGGREGATION = 9;

/** The nodes by which a graph saves and restores its own variables. */
export interface SaverInfo {
  /** Tensor fed with the file name: `save/Const:0`. */
  readonly filename: string;
  /** Tensor that saves when fetched: `save/control_dependency:0`. */
  readonly save: string;
  /** Node that restores when run: `save/restore_all`. */
  readonly restore: string;
}

/** A signature of a SavedModel: tensor names by the names that callers use. */
export interface Signature {
  readonly method: string;
  readonly inputs: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
}

/** What a MetaGraph says beside its graph. */
export interface MetaInfo {
  readonly tags: readonly string[];
  /** As the file says it; empty where it does not. */
  readonly tensorflowVersion: string;
  readonly collections: ReadonlyMap<string, Collection>;
  readonly saver: SaverInfo | undefined;
  readonly signatures: ReadonlyMap<string, Signature>;
  /** The ops that the graph uses, as an OpList message. */
  readonly opList?: Uint8Array | undefined;
}

const META_INFO = 1;
const GRAPH = 2;
const SAVER = 3;
const COLLECTION = 4;
const SIGNATURE = 5;

/**
 * Takes a MetaGraphDef message apart. The graph is a view on `bytes`, the GraphDef message as it stands there.
 * @throws WireError where the bytes are no MetaGraphDef
 */
export function readMetaGraph(bytes: Uint8Array): { readonly graph: Uint8Array; readonly info: MetaInfo } {
  let graph: Uint8Array | undefined;
  const rest: Uint8Array[] = [];
  const reader = new WireReader(bytes);
  while (reader.next()) {
    const known = reader.field >= META_INFO && reader.field <= SIGNATURE;
    if (known && reader.wireType !== LENGTH) throw new WireError('a field of the MetaGraph has the wrong type', reader.start);
    if (reader.field === GRAPH) graph = reader.view();
    else if (known) rest.push(reader.raw());
  }
  if (graph === undefined) throw new WireError('there is no graph in the MetaGraph', 0);
  return { graph, info: readInfo(rest) };
}

function readInfo(fields: readonly Uint8Array[]): MetaInfo {
  const collections = new Map<string, Collection>();
  const signatures = new Map<string, Signature>();
  let tags: readonly string[] = [];
  let tensorflowVersion = '';
  let saver: SaverInfo | undefined;
  let opList: Uint8Array | undefined;
  for (const field of fields) {
    const reader = new WireReader(field);
    reader.next();
    if (reader.field === META_INFO) {
      const info = decoded(() => tensorflow.MetaGraphDef.MetaInfoDef.decode(reader.view()));
      tags = info.tags ?? [];
      tensorflowVersion = info.tensorflowVersion ?? '';
      opList = opListOf(reader.view());
    } else if (reader.field === SAVER) {
      const def = decoded(() => tensorflow.SaverDef.decode(reader.view()));
      saver = { filename: def.filenameTensorName ?? '', save: def.saveTensorName ?? '', restore: def.restoreOpName ?? '' };
    } else if (reader.field === COLLECTION) {
      const { key, value } = mapEntry(reader.view());
      collections.set(key, readCollection(value));
    } else if (reader.field === SIGNATURE) {
      const { key, value } = mapEntry(reader.view());
      signatures.set(key, readSignature(value));
    }
  }
  return { tags, tensorflowVersion, collections, saver, signatures, opList };
}

/** Field 2 of a MetaInfoDef. */
function opListOf(metaInfo: Uint8Array): Uint8Array | undefined {
  const reader = new WireReader(metaInfo);
  while (reader.next()) if (reader.field === 2 && reader.wireType === LENGTH) return reader.view();
  return undefined;
}

function readCollection(message: Uint8Array): Collection {
  const def = decoded(() => tensorflow.CollectionDef.decode(message));
  if (def.nodeList != null) return { kind: 'nodes', values: def.nodeList.value ?? [] };
  if (def.bytesList != null) return { kind: 'bytes', values: (def.bytesList.value ?? []).map(plainBytes) };
  return { kind: 'encoded', message };
}

function readSignature(message: Uint8Array): Signature {
  const def = decoded(() => tensorflow.SignatureDef.decode(message));
  const names = (tensors: Record<string, tensorflow.TensorInfo.$Properties> | null | undefined) =>
    new Map(Object.entries(tensors ?? {}).map(([name, info]) => [name, info.name ?? '']));
  return { method: def.methodName ?? '', inputs: names(def.inputs), outputs: names(def.outputs) };
}

/** An entry of a map field: key 1, value 2. */
function mapEntry(bytes: Uint8Array): { readonly key: string; readonly value: Uint8Array } {
  let key = '';
  let value: Uint8Array = new Uint8Array(0);
  const entry = new WireReader(bytes);
  while (entry.next()) {
    if (entry.wireType !== LENGTH) continue;
    if (entry.field === 1) key = new TextDecoder().decode(entry.view());
    else if (entry.field === 2) value = entry.view();
  }
  return { key, value };
}

function decoded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new WireError(error instanceof Error ? error.message : String(error), 0);
  }
}

/** A tensor of a signature as it is written. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A signature with the types and shapes that callers read. */
export interface TypedSignature {
  readonly method: string;
  readonly inputs: ReadonlyMap<string, TensorInfo>;
  readonly outputs: ReadonlyMap<string, TensorInfo>;
}

export interface MetaGraphSpec {
  /** The graph as a GraphDef message, in chunks. */
  readonly graph: readonly Uint8Array[];
  readonly collections: Readonly<Record<string, Collection>>;
  /** Without one, TensorFlow makes a saver of its own on import. */
  readonly saver?: SaverInfo | undefined;
  readonly tags?: readonly string[];
  readonly signatures?: ReadonlyMap<string, TypedSignature>;
}

/** What graphs written here say they were made with: the version whose ops they use. */
const TENSORFLOW_VERSION = '1.14.0';

/** A MetaGraphDef message (`.meta`) that `tf.train.import_meta_graph` loads. */
export function writeMetaGraph(spec: Omit<MetaGraphSpec, 'graph'> & { readonly graph: Uint8Array }): Uint8Array {
  return joinBytes(metaGraphChunks({ ...spec, graph: [spec.graph] }));
}

/** `writeMetaGraph` in chunks, the graph's own ones among them. */
export function metaGraphChunks({ graph, collections, saver, tags = [], signatures = new Map() }: MetaGraphSpec): Uint8Array[] {
  const encoded = (message: tensorflow.MetaGraphDef.$Properties) => plainBytes(tensorflow.MetaGraphDef.encode(message).finish());
  const length = graph.reduce((sum, chunk) => sum + chunk.length, 0);
  const head = encoded({ metaInfoDef: { ...(tags.length === 0 ? {} : { tags: [...tags] }), tensorflowVersion: TENSORFLOW_VERSION } });
  const tail = encoded({
    ...(saver === undefined ? {} : { saverDef: saverMessage(saver) }),
    collectionDef: Object.fromEntries(Object.entries(collections).map(([name, collection]) => [name, collectionMessage(collection)])),
    ...(signatures.size === 0
      ? {}
      : { signatureDef: Object.fromEntries([...signatures].map(([name, value]) => [name, signatureMessage(value)])) }),
  });
  return [head, lengthPrefix(GRAPH, length), ...graph, tail];
}

function signatureMessage({ method, inputs, outputs }: TypedSignature): tensorflow.SignatureDef.$Properties {
  const tensors = (infos: ReadonlyMap<string, TensorInfo>) =>
    Object.fromEntries(
      [...infos].map(([key, { name, dtype, shape }]) => [key, { name, dtype: dtypeNumber(dtype), tensorShape: encodeShape(shape) }]),
    );
  return { inputs: tensors(inputs), outputs: tensors(outputs), methodName: method };
}

/** A variable of a collection as the file lists it. @throws WireError */
export function readVariableInfo(bytes: Uint8Array): VariableInfo {
  const def = decoded(() => tensorflow.VariableDef.decode(bytes));
  return {
    variable: def.variableName ?? '',
    initialValue: def.initialValueName ?? '',
    initializer: def.initializerName ?? '',
    snapshot: def.snapshotName ?? '',
    trainable: def.trainable ?? false,
    ...(def.isResource === true ? { isResource: true } : {}),
    ...(def.synchronization === ON_READ && def.aggregation === MEAN ? { meanOfReplicas: true } : {}),
  };
}

/** The variables that a collection such as `variables` lists; none where it lists something else. @throws WireError */
export function listedVariables(collection: Collection | undefined): readonly VariableInfo[] {
  if (collection?.kind !== 'bytes') return [];
  return collection.values.map(readVariableInfo);
}

/** Variables whose `wanted` holds, without how replicas share them: TensorFlow 1.14 drops that when it restores a collection. */
export function restoredVariables(collection: Collection, wanted: (variable: string) => boolean): readonly Uint8Array[] {
  if (collection.kind !== 'bytes') return [];
  const names = listedVariables(collection).map(({ variable }) => variable);
  return collection.values.filter((_, index) => wanted(names[index] ?? '')).map(withoutReplicas);
}

function withoutReplicas(message: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = [];
  const reader = new WireReader(message);
  while (reader.next()) if (reader.field !== SYNCHRONIZATION && reader.field !== AGGREGATION) kept.push(reader.raw());
  return joinBytes(kept);
}

/** A collection of variables, as `variables` and `trainable_variables` are. */
export function variableCollection(variables: readonly VariableInfo[]): Collection {
  return { kind: 'bytes', values: variables.map(variableMessage) };
}

/** One entry of such a collection. */
export function variableMessage(info: VariableInfo): Uint8Array {
  return plainBytes(tensorflow.VariableDef.encode(variableDef(info)).finish());
}

function variableDef(info: VariableInfo): tensorflow.VariableDef.$Properties {
  return {
    variableName: info.variable,
    initializerName: info.initializer,
    snapshotName: info.snapshot,
    initialValueName: info.initialValue,
    ...(info.isResource === true ? { isResource: true } : {}),
    ...(info.trainable ? { trainable: true } : {}),
    ...(info.meanOfReplicas === true ? { synchronization: ON_READ, aggregation: MEAN } : {}),
  };
}

function saverMessage({ filename, save, restore }: SaverInfo): tensorflow.SaverDef.$Properties {
  return {
    filenameTensorName: filename,
    saveTensorName: save,
    restoreOpName: restore,
    maxToKeep: 5,
    keepCheckpointEveryNHours: 10000,
    version: tensorflow.SaverDef.CheckpointFormatVersion.V2,
  };
}

function collectionMessage(collection: Collection): tensorflow.CollectionDef.$Properties {
  if (collection.kind === 'nodes') return { nodeList: { value: [...collection.values] } };
  if (collection.kind === 'bytes') return { bytesList: { value: [...collection.values] } };
  return tensorflow.CollectionDef.decode(collection.message);
}
