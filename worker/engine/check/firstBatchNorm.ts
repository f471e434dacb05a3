import type { MovingStatistics } from '../../evaluate/check/distance.ts';
import { Constants } from '../../execute/constants.ts';
import { makeTensor, tensorNumbers } from '../../formats/tensorValues.ts';
import { type Edge, edgeText, type Graph, GraphEditor, type GraphNode } from '../../graph/graph.ts';
import type { Model } from '../../graph/model.ts';
import { inferShapes } from '../../ops/inferShapes.ts';
import { normalizedInput, normalizedLayerAt } from '../../transforms/fold/batchNorms.ts';
import { constant, dtypeOf, typed } from '../../transforms/nodes.ts';

/** The batch norm nearest to the images, with what it kept of training. */
export interface FirstBatchNorm {
  readonly name: string;
  readonly statistics: MovingStatistics;
  /** The model with one output more: mean and mean square of each channel that the batch norm reads, one row per image. */
  readonly moments: Model;
  readonly output: string;
}

/** CHK5. Null where no batch norm in inference form is near, or it reads no images with channels last. */
export async function firstBatchNorm(model: Model, input: string, shape: readonly number[]): Promise<FirstBatchNorm | null> {
  const { graph } = model;
  const root = nearest(graph, input);
  const place = root === undefined ? undefined : normalizedInput(graph, root);
  const match = root === undefined ? undefined : normalizedLayerAt(graph, root, () => true);
  const source = place?.reader.edges[place.slot];
  if (root === undefined || place === undefined || match === undefined || source === undefined) return null;
  const channels = channelsOf(graph, source, input, shape);
  const layout = root.attr('data_format');
  if (channels === null || (layout?.kind === 'string' && layout.value !== 'NHWC')) return null;
  const constants = new Constants(graph, model.variables, new Set([input]));
  const parameters = [match.mean, match.variance];
  if (!parameters.every(({ node }) => constants.has(node)) || constants.missing(parameters.map(({ node }) => node)).length > 0) return null;
  const [mean = [], variance = []] = await Promise.all(parameters.map((edge) => constants.numbers(edge)));
  if (mean.length !== channels || variance.length !== channels) return null;
  const epsilon = Number(tensorNumbers(match.epsilon)[0]);
  return { name: root.name, statistics: { mean, variance, epsilon }, ...withMoments(model, source, place.reader) };
}

/** By the number of steps from the images. */
function nearest(graph: Graph, input: string): GraphNode | undefined {
  const seen = new Set([input]);
  let front = [input];
  while (front.length > 0) {
    const next: string[] = [];
    for (const name of front) {
      for (const { consumer } of graph.uses(name)) {
        if (seen.has(consumer.name)) continue;
        seen.add(consumer.name);
        if (normalizedInput(graph, consumer) !== undefined) return consumer;
        next.push(consumer.name);
      }
    }
    front = next;
  }
  return undefined;
}

function channelsOf(graph: Graph, source: Edge, input: string, shape: readonly number[]): number | null {
  const found = inferShapes(graph, new Map([[input, [1, ...shape]]])).get(source.node)?.[source.port];
  const channels = found?.length === 4 ? found[3] : undefined;
  return channels !== undefined && channels > 0 ? channels : null;
}

const SCOPE = 'check_of_images';

function withMoments(model: Model, source: Edge, reader: GraphNode): Pick<FirstBatchNorm, 'moments' | 'output'> {
  const editor = new GraphEditor(model.graph);
  const dtype = dtypeOf(reader);
  const name = (last: string): string => `${SCOPE}/${last}`;
  editor.add(constant(name('axes'), makeTensor('int32', [2], [1, 2])));
  editor.add(constant(name('axis'), makeTensor('int32', [], [1])));
  editor.add(typed(name('square'), 'Mul', dtype, source, source));
  editor.add(typed(name('mean'), 'Mean', dtype, source, name('axes')));
  editor.add(typed(name('mean_square'), 'Mean', dtype, name('square'), name('axes')));
  const parts = [name('mean'), name('mean_square'), name('axis')];
  const joined = { ...typed(name('moments'), 'ConcatV2', dtype, ...parts) };
  editor.add({ ...joined, attrs: { ...joined.attrs, N: { kind: 'int', value: 2 } } });
  const output = edgeText({ node: name('moments'), port: 0 });
  return { moments: { ...model, graph: editor.graph(), outputs: [output] }, output };
}
