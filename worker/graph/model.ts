import type { CheckpointPart } from '../formats/checkpoint.ts';
import type { MetaInfo } from '../formats/metaGraph.ts';
import type { Shape, Tensor } from '../formats/tensor.ts';
import type { Graph } from './graph.ts';

/** Where variable values come from: a checkpoint read on demand, values made here, or both layered. */
export interface VariableSource {
  /** Stored dtype and shape by variable name, without reading values. */
  readonly entries: ReadonlyMap<string, { readonly dtype: Tensor['dtype']; readonly shape: readonly number[] }>;
  /** @throws GraffitistError `variable-missing`, `checkpoint-corrupt` */
  read(name: string): Promise<Tensor>;
  /** What rebuilds it in another worker; where several parts know a variable, the first is asked. */
  readonly parts: readonly VariablePart[];
}

/** Variables as they cross to another worker: a checkpoint's files by reference, values made here by copy. */
export type VariablePart = CheckpointPart | { readonly kind: 'values'; readonly tensors: ReadonlyMap<string, Tensor> };

/** A graph with what it needs to run: its interface and its variables. */
export interface Model {
  readonly graph: Graph;
  readonly variables: VariableSource;
  /** Variables whose values a transform made or changed: they stand in no file that was opened. */
  readonly changedVariables?: ReadonlySet<string>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Without the batch dimension, e.g. [224, 224, 3]. */
  readonly inputShape: readonly number[];
  /** Shapes of inputs that differ from it. */
  readonly inputShapes?: ReadonlyMap<string, readonly number[]>;
  /** Static output shapes by node name; refreshed by the transforms that facts 2.2 names. */
  readonly shapes: ReadonlyMap<string, readonly Shape[]>;
  /** Collections, saver and signatures of the file that the graph came from, where it had any. */
  readonly meta?: MetaInfo | null;
  /** Whether the original refuses the graph that the pipeline started from; not settled before the first step. */
  readonly refused?: boolean;
}
