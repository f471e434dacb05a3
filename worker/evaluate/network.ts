import type { NetworkToEvaluate } from '../compute/messages.ts';
import { portableModel } from '../compute/portableModel.ts';
import { GraffitistError } from '../errors.ts';
import { Graph, type GraphNode } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import { ancestors } from '../graph/reach.ts';
import { inferShapes } from '../ops/inferShapes.ts';
import { shapeText } from '../ops/shapes.ts';
import type { DataWarning } from '../protocol.ts';
import { withMovingStatistics } from '../quantize/movingStatistics.ts';
import { quantizedOutputs } from '../quantize/quantizedOutputs.ts';
import { withThresholds } from './compareOutputs.ts';
import { classesOf, outputKind } from './outputKind.ts';

/** A network that lies open, with the thresholds that were found for it, and what it is called in a result. */
export interface OpenNetwork {
  readonly title: string;
  readonly model: Model;
  readonly thresholds: ReadonlyMap<string, number>;
}

/** Networks as workers get them, and what the result says of each. */
export interface PreparedNetworks {
  readonly warnings: readonly DataWarning[];
  readonly networks: readonly (NetworkToEvaluate & { readonly title: string })[];
  /** Names of the outputs that are computed, as the first network has them. */
  readonly outputs: readonly string[];
}

/** An output, and the tensor that stands for it. */
interface Output {
  readonly name: string;
  /** QNT58: what the network's hardware delivers, which the named output may not. */
  readonly delivered: string;
  /** Batch first; null: not known. */
  readonly shape: readonly number[] | null;
}

/** The input of a network that images are fed to. @throws GraffitistError `interface-invalid`, `input-unfed` */
export function imageInput({ graph, inputs, outputs }: Pick<Model, 'graph' | 'inputs' | 'outputs'>): string {
  const needed = ancestors(graph, outputs);
  const listed = inputs.filter((name) => needed.has(name));
  const wanting = listed.filter((name) => graph.find(name)?.op === 'Placeholder');
  const [only = listed.at(-1)] = wanting;
  if (only === undefined || outputs.length === 0) {
    throw new GraffitistError('interface-invalid', 'A network needs an input and an output that depends on it to be evaluated.', {
      remedy: 'Name them in the interface.',
    });
  }
  if (wanting.length <= 1) return only;
  throw new GraffitistError('input-unfed', `The network has ${wanting.length} inputs, and a set of images feeds one.`, {
    about: wanting[1] ?? only,
    remedy: 'Compare the outputs on calibration arrays, which feed every input by its name.',
  });
}

/**
 * EVA3, EVA4: what is computed of one network, or of two side by side: the output that answers, and of two networks all outputs, paired by
 * their names, else by their places.
 * @param shape of an image, without batch. @throws GraffitistError `interface-invalid`, `input-unfed`, `shape-mismatch`
 */
export function prepareNetworks(given: readonly OpenNetwork[], shape: readonly number[]): PreparedNetworks {
  const opened = given.map(({ title, model, thresholds }) => {
    const graph = withMovingStatistics(model.graph);
    const input = imageInput(model);
    const portable = portableModel(withThresholds({ ...model, graph }, thresholds));
    return { title, graph, input, portable, outputs: outputsOf({ ...model, graph }, input, shape) };
  });
  const [first, second] = opened;
  if (first === undefined) return { networks: [], outputs: [], warnings: [] };
  const pairs = first.outputs.map((output, k) => [output, ...(second === undefined ? [] : [partner(output, k, second.outputs)])]);
  for (const [left, right] of pairs) if (left !== undefined && right !== undefined) refuseDifferent(left, right);
  const scoredAt = pairs.findIndex((pair) => pair.every((output) => classesOf(output.shape) !== null));
  const computed = second === undefined ? pairs.filter((_, k) => k === scoredAt) : pairs;
  const at = second === undefined ? 0 : scoredAt;
  return {
    warnings: opened.flatMap(({ title, graph, outputs }) => batchStatistics(title, graph, outputs)),
    outputs: computed.map(([left]) => left?.name ?? ''),
    networks: opened.map(({ title, graph, input, portable }, k) => {
      const outputs = computed.flatMap((pair) => pair[k]?.delivered ?? []);
      const classes = classesOf(computed[at]?.[k]?.shape);
      const loss = outputKind(graph, outputs[at] ?? '');
      return { title, model: portable, input, outputs, scored: scoredAt < 0 || classes === null ? null : { at, classes, loss } };
    }),
  };
}

function outputsOf(model: Model, input: string, shape: readonly number[]): Output[] {
  const { graph, outputs } = model;
  const delivered = quantizedOutputs(graph, outputs);
  const names = outputs.map((name) => delivered.get(name) ?? name);
  const needed = ancestors(graph, names, [input]);
  const part = new Graph(graph.nodes.filter(({ name }) => needed.has(name)));
  const shapes = shapesOf(part, input, shape);
  return outputs.map((name, k) => ({ name, delivered: names[k] ?? name, shape: shapes.get(names[k] ?? name) ?? null }));
}

/** First outputs of all nodes for two images, or for one where the graph was exported for one; their batch comes first. */
function shapesOf(graph: Graph, input: string, shape: readonly number[]): ReadonlyMap<string, readonly number[] | null> {
  const of = (images: number) => {
    const found = inferShapes(graph, new Map([[input, [images, ...shape]]]));
    return new Map([...found].map(([name, [first = null]]) => [name, first === null || first[0] === images ? first : [images, ...first]]));
  };
  try {
    return of(2);
  } catch (error) {
    if (error instanceof GraffitistError && error.code === 'shape-mismatch') return of(1);
    throw error;
  }
}

/** EVA14: batch norms in training mode that an output depends on. */
function batchStatistics(title: string, graph: Graph, outputs: readonly Output[]): DataWarning[] {
  const needed = ancestors(
    graph,
    outputs.map(({ delivered }) => delivered),
  );
  const isTraining = (node: GraphNode) => {
    if (!node.op.startsWith('FusedBatchNorm') || !needed.has(node.name)) return false;
    const mode = node.attr('is_training');
    return mode?.kind !== 'bool' || mode.value;
  };
  const [first, ...others] = graph.nodes.filter(isTraining);
  if (first === undefined) return [];
  const text = `${title} has batch norms that take the statistics of the images at hand (${first.name}${others.length === 0 ? '' : ` and ${others.length} others`}).`;
  return [{ rule: 'EVA14', text, remedy: 'Give the evaluation graph, or fold the batch norms.' }];
}

function partner(output: Output, at: number, others: readonly Output[]): Output {
  const found = others.find(({ name }) => name === output.name) ?? others[at];
  if (found !== undefined) return found;
  throw new GraffitistError('interface-invalid', `The second network has no output to compare '${output.name}' with.`, {
    about: output.name,
    remedy: 'Name outputs that both networks have.',
  });
}

function refuseDifferent(left: Output, right: Output): void {
  if (left.shape === null || right.shape === null) return;
  const size = (shape: readonly number[]) => shape.slice(1).reduce((product, length) => product * length, 1);
  if (size(left.shape) === size(right.shape)) return;
  throw new GraffitistError(
    'shape-mismatch',
    `The networks put out ${shapeText(left.shape.slice(1))} and ${shapeText(right.shape.slice(1))} per image.`,
    { about: left.name === right.name ? left.name : `${left.name}, ${right.name}`, remedy: 'Compare networks for the same task.' },
  );
}
