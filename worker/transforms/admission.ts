import { GraffitistError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { ancestors } from '../graph/reach.ts';
import { oneOfEachOp } from '../graph/validate.ts';
import { opFor } from '../ops/registry.ts';

/** Optimizer updates: Apply…, ResourceApply…, SparseApply… and their like. */
const TRAINING_OP = /^(Resource)?(Sparse)?Apply[A-Z]/;

/** Known by name only: they make, save and restore variables or log; an output may wait for them, and reads no number of theirs. */
const BYSTANDERS: ReadonlySet<string> = new Set([
  'Assert',
  'Assign',
  'AssignAdd',
  'AssignSub',
  'AssignVariableOp',
  'CheckNumerics',
  'AssignAddVariableOp',
  'AssignSubVariableOp',
  'L2Loss',
  'MergeV2Checkpoints',
  'NoOp',
  'RandomUniform',
  'RestoreV2',
  'SaveV2',
  'ShardedFilename',
  'StringJoin',
  'TruncatedNormal',
  'VarIsInitializedOp',
  'HistogramSummary',
  'ImageSummary',
  'MergeSummary',
  'ScalarSummary',
]);

/**
 * Refuses graphs that transforms are not made for: those that train, and those whose outputs depend on ops that the engine does not know.
 * What no output depends on, or only through a listed input, may be anything: initializers, savers, summaries, queues.
 *
 * @throws GraffitistError `op-training`, `op-unsupported`, naming every such op with one node
 */
export function admitGraph(graph: Graph, outputs: readonly string[], inputs: readonly string[] = []): void {
  const training = graph.nodes.filter((node) => TRAINING_OP.test(node.op));
  const [first] = training;
  if (first !== undefined) {
    throw new GraffitistError('op-training', `Training op(s) found in input graph: ${oneOfEachOp(training)}.`, {
      about: first.name,
      remedy: 'Export the graph without its optimizer.',
    });
  }
  const strange = graph.nodes.filter((node) => opFor(node.op) === undefined && !BYSTANDERS.has(node.op));
  const needed = strange.length === 0 ? new Set<string>() : ancestors(graph, outputs, inputs);
  const unknown = strange.filter((node) => needed.has(node.name));
  const [odd] = unknown;
  if (odd !== undefined) {
    throw new GraffitistError('op-unsupported', `Unsupported op(s) found in input graph: ${oneOfEachOp(unknown)}.`, {
      about: odd.name,
      remedy: 'Export the graph without them, or pass --superuser to rewrite it all the same.',
    });
  }
}
