import { GraffitistError } from '../../worker/errors.ts';
import { graffitistFiles } from '../../worker/export/files.ts';
import { joinBytes } from '../../worker/formats/bytes.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import { graphBytes, type OpenedGraph } from '../../worker/graph/graphFile.ts';
import type { Model } from '../../worker/graph/model.ts';
import { noVariables } from '../../worker/graph/variables.ts';
import { inferShapes } from '../../worker/ops/inferShapes.ts';
import { readQuantizers } from '../../worker/quantize/readQuantizers.ts';
import { applyStep } from '../../worker/transforms/pipeline.ts';

export const STEPS = [
  'fix_input_shape',
  'fold_batch_norms',
  'remove_training_nodes',
  'strip_unused_nodes',
  'preprocess_layers',
  'quantize',
];

/** What the studio refuses, in words for a person; `internal` is none of these. */
export function isTyped(error: unknown): boolean {
  return error instanceof GraffitistError && error.code !== 'internal';
}

/** Undefined where `work` ends in a typed error; any other error goes on. */
export function typed<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isTyped(error)) return undefined;
    throw error;
  }
}

/** Decodes everything in an opened graph, infers its shapes, reads its quantizers and saves it. */
export function readWhole(graph: Graph): void {
  for (const node of graph.nodes) {
    for (const name of typed(() => [...node.attrs.keys()]) ?? []) typed(() => node.attr(name));
  }
  typed(() => inferShapes(graph));
  typed(() => readQuantizers(graph));
  joinBytes(graphBytes(graph));
}

/** Reads everything, and writes the graph with what its file says beside it into every container. */
export async function writeContainers({ graph, meta }: OpenedGraph): Promise<void> {
  readWhole(graph);
  const model: Model = { graph, meta, variables: noVariables, inputs: [], outputs: [], inputShape: [8, 8, 3], shapes: new Map() };
  for (const container of ['pbtxt', 'meta', 'saved-model'] as const) {
    try {
      await graffitistFiles({ model, thresholds: new Map() }, 'x', null, container);
    } catch (error) {
      if (!isTyped(error)) throw error;
    }
  }
}

/** Recipes 1 and 2 without calibration, from every placeholder to every node that nobody reads. */
export function rewrite(graph: Graph): void {
  const inputs = graph.nodes.filter(({ op }) => op.startsWith('Placeholder')).map(({ name }) => name);
  const outputs = graph.nodes.filter(({ name, edges }) => edges.length > 0 && graph.uses(name).length === 0).map(({ name }) => name);
  let model: Model = { graph, variables: noVariables, inputs, outputs, inputShape: [8, 8, 3], shapes: new Map() };
  for (const transform of STEPS) {
    const options = transform === 'quantize' ? { calibrate_quant_layers: false } : {};
    model = typed(() => applyStep(model, { transform, options }).model) ?? model;
  }
  graphBytes(model.graph);
}
