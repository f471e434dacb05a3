import { plainBytes } from './bytes.ts';
import { tensorflow } from './proto/generated/messages.js';

/** A collection of a MetaGraph: names of nodes or tensors, or encoded messages. */
export type Collection =
  | { readonly kind: 'nodes'; readonly values: readonly string[] }
  | { readonly kind: 'bytes'; readonly values: readonly Uint8Array[] };

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
}

/** Numbers of TensorFlow's VariableSynchronization and VariableAggregation. */
const ON_READ = 3;
const MEAN = 2;

/** The nodes by which a graph saves and restores its own variables. */
export interface SaverInfo {
  /** Tensor fed with the file name: `save/Const:0`. */
  readonly filename: string;
  /** Tensor that saves when fetched: `save/control_dependency:0`. */
  readonly save: string;
  /** Node that restores when run: `save/restore_all`. */
  readonly restore: string;
}

export interface MetaGraphSpec {
  /** The graph as a GraphDef message. */
  readonly graph: Uint8Array;
  readonly collections: Readonly<Record<string, Collection>>;
  /** Without one, TensorFlow makes a saver of its own on import. */
  readonly saver?: SaverInfo;
}

/** What graphs written here say they were made with: the version whose ops they use. */
const TENSORFLOW_VERSION = '1.14.0';

/** A MetaGraphDef message (`.meta`) that `tf.train.import_meta_graph` loads. */
export function writeMetaGraph({ graph, collections, saver }: MetaGraphSpec): Uint8Array {
  const message: tensorflow.MetaGraphDef.$Properties = {
    metaInfoDef: { tensorflowVersion: TENSORFLOW_VERSION },
    graphDef: graph,
    ...(saver === undefined ? {} : { saverDef: saverMessage(saver) }),
    collectionDef: Object.fromEntries(Object.entries(collections).map(([name, collection]) => [name, collectionMessage(collection)])),
  };
  return plainBytes(tensorflow.MetaGraphDef.encode(message).finish());
}

/** A collection of variables, as `variables` and `trainable_variables` are. */
export function variableCollection(variables: readonly VariableInfo[]): Collection {
  return { kind: 'bytes', values: variables.map((info) => plainBytes(tensorflow.VariableDef.encode(variableMessage(info)).finish())) };
}

function variableMessage(info: VariableInfo): tensorflow.VariableDef.$Properties {
  return {
    variableName: info.variable,
    initializerName: info.initializer,
    snapshotName: info.snapshot,
    initialValueName: info.initialValue,
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
  return collection.kind === 'nodes' ? { nodeList: { value: [...collection.values] } } : { bytesList: { value: [...collection.values] } };
}
