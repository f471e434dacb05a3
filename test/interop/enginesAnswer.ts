import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zipSync } from 'fflate';
import type { Backend } from '../../worker/execute/backend.ts';
import { runGraph } from '../../worker/execute/execute.ts';
import { openCheckpoint } from '../../worker/formats/checkpoint.ts';
import { writeNpy } from '../../worker/formats/npy.ts';
import type { Tensor } from '../../worker/formats/tensor.ts';
import { makeTensor } from '../../worker/formats/tensorValues.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import { openGraphFile } from '../../worker/graph/graphFile.ts';
import type { VariableSource } from '../../worker/graph/model.ts';
import { ancestors } from '../../worker/graph/reach.ts';
import { isVariable, noVariables, variableName } from '../../worker/graph/variables.ts';

/** Images that both sides are fed. */
const IMAGES = 2;

/** What is run of a training graph: its output, with frozen batch norms. */
export interface TrainingRun {
  readonly output: string;
  readonly feeds: ReadonlyMap<string, Tensor>;
}

/**
 * Runs a graph file in the engine and keeps what was fed and computed: the outputs of a float graph, of a quantized one every
 * quantizer's output too. `/` in names is written as `|`. Answers the `.npz`'s path.
 */
export async function enginesAnswer(
  file: string,
  checkpoint: string | null,
  npz: string,
  backend: Backend,
  training?: TrainingRun,
): Promise<string> {
  const { graph } = await openGraphFile({ name: path.basename(file), blob: new Blob([readFileSync(file)]) });
  const variables = checkpoint === null ? noVariables : await variablesAt(checkpoint);
  const feeds = new Map(graph.nodes.filter(({ op }) => op === 'Placeholder').map((node) => [node.name, imagesFor(graph, node.name)]));
  const outputs = training === undefined ? unread(graph) : [training.output];
  const needed = training === undefined ? null : ancestors(graph, outputs);
  const quantized = graph.nodes.filter(({ op, name }) => op === 'LinearQuant' && needed?.has(name) !== false).map(({ name }) => name);
  for (const [name, value] of training?.feeds ?? []) feeds.set(name, value);
  const results = await runGraph(graph, { variables, feeds, fetches: [...quantized, ...outputs], backend });
  const arrays = [
    ...[...feeds].map(([name, value]) => [`feed|${name}`, value] as const),
    ...[...results].map(([name, value]) => [`${quantized.includes(name) ? 'quantized' : 'float'}|${name}`, value] as const),
  ];
  const entries = arrays.map(([name, value]) => [`${name.replaceAll('/', '|')}.npy`, writeNpy(value)] as const);
  writeFileSync(npz, zipSync(Object.fromEntries(entries), { level: 0 }));
  return npz;
}

/** The variables of a graph, by the names that a checkpoint has for them. */
export function variablesIn(graph: Graph): string[] {
  return graph.nodes.filter(isVariable).map(variableName);
}

/** A checkpoint on the disk. @throws GraffitistError, Error where there is none */
export async function variablesAt(prefix: string): Promise<VariableSource> {
  const [folder, name] = [path.dirname(prefix), path.basename(prefix)];
  const names = readdirSync(folder).filter((file) => file.startsWith(`${name}.`) && !file.endsWith('.meta'));
  const checkpoint = await openCheckpoint(
    names.map((file) => ({ name: file, blob: new Blob([readFileSync(path.join(folder, file))]) })),
    { wanted: name },
  );
  if (checkpoint === undefined) throw new Error(`There is no checkpoint '${prefix}'.`);
  return checkpoint;
}

/** Nodes that compute something from data and that nobody reads: the outputs. */
function unread(graph: Graph): string[] {
  return graph.nodes
    .filter(
      ({ name, op, edges }) => edges.length > 0 && !/^(Assign|LinearQuant|NoOp|Save|Restore)/.test(op) && graph.uses(name).length === 0,
    )
    .map(({ name }) => name);
}

/** The same numbers in [−1, 1) every time, in the shape that the graph says or that its cached shapes say. */
function imagesFor(graph: Graph, placeholder: string): Tensor {
  const node = graph.node(placeholder);
  const [shape, cached] = [node.attr('shape'), node.attr('_output_shapes')];
  const known = shape?.kind === 'shape' ? shape.value : cached?.kind === 'list' ? cached.value.shapes[0] : undefined;
  if (known === undefined || known === null) throw new Error(`'${placeholder}' has no shape.`);
  const dims = [IMAGES, ...known.slice(1)];
  let state = 1;
  const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return makeTensor('float32', dims, values);
}
