import type { Graph, GraphNode } from '../../graph/graph.ts';
import type { Model } from '../../graph/model.ts';
import { ancestors } from '../../graph/reach.ts';
import { type BiasedLayer, biasedLayers } from '../layers/biasedLayers.ts';
import { channelLayout } from '../layers/channels.ts';
import type { LaidOutLayer } from '../layers/foldedWeights.ts';
import { type ParameterEdits, parameterBehind, strangeReader } from '../layers/parameterEdits.ts';
import { dtypeOf } from '../nodes.ts';
import type { Skip } from '../transform.ts';
import { followers } from './followers.ts';

/** A layer whose output channels can be scaled, and those that undo it. */
export interface LayerPair {
  readonly producer: LaidOutLayer;
  readonly consumers: readonly LaidOutLayer[];
  readonly relu6: readonly GraphNode[];
}

/** Every pair of layers to equalize, and every layer that is left alone with the reason. */
export function equalizablePairs(
  model: Model,
  edits: ParameterEdits,
): { readonly pairs: readonly LayerPair[]; readonly skipped: readonly Skip[] } {
  const { graph } = model;
  const live = ancestors(graph, model.outputs);
  const layers = [...biasedLayers(graph)].filter(({ sum }) => live.has(sum.name)).flatMap((layer) => withLayout(layer, edits));
  const byName = new Map(layers.map((layer) => [layer.layer.name, layer]));
  const owners = parameterOwners(layers);
  const pairs: LayerPair[] = [];
  const skipped: Skip[] = [];
  for (const producer of layers) {
    const behind = followers(graph, producer.sum, model, live);
    if ('reason' in behind) skipped.push(alone('EQU3', producer, behind.reason));
    else if (behind.layers.length > 0) {
      const consumers = readingLayers(graph, behind.layers, byName);
      const reason = 'reason' in consumers ? consumers.reason : obstacle(graph, producer, consumers.layers, owners);
      if (reason !== undefined) skipped.push(alone('EQU5', producer, reason));
      else if (!('reason' in consumers)) pairs.push({ producer, consumers: consumers.layers, relu6: behind.relu6 });
    }
  }
  return { pairs, skipped };
}

function withLayout(layer: BiasedLayer, edits: ParameterEdits): readonly LaidOutLayer[] {
  const weights = edits.read(layer.weights);
  const layout = weights === undefined ? undefined : channelLayout(layer.layer, weights.shape);
  return layout === undefined || dtypeOf(layer.layer) !== 'float32' ? [] : [{ ...layer, layout }];
}

/** The layers behind. One that only takes the statistics of a batch (FBN12) reads the weights of its clone. */
function readingLayers(
  graph: Graph,
  found: readonly GraphNode[],
  byName: ReadonlyMap<string, LaidOutLayer>,
): { readonly layers: readonly LaidOutLayer[] } | { readonly reason: string } {
  const known = found.flatMap(({ name }) => byName.get(name) ?? []);
  const scaled = new Set(known.map(({ weights }) => weights));
  for (const node of found) {
    const weights = parameterBehind(graph, node.edges[1])?.name;
    if (!byName.has(node.name) && (weights === undefined || !scaled.has(weights))) {
      return { reason: `the weights of '${node.name}', which reads it, cannot be scaled: it has no bias, or they are computed` };
    }
  }
  return { layers: known };
}

function obstacle(
  graph: Graph,
  { layer, layout, norm, weights, offset, sum }: LaidOutLayer,
  consumers: readonly LaidOutLayer[],
  owners: ReadonlyMap<string, ReadonlySet<string>>,
): string | undefined {
  const format = layer.attr('data_format');
  if (format?.kind === 'string' && format.value !== 'NHWC') return 'its channels do not come last';
  const unfit = consumers.find((consumer) => consumer.layout.inputs !== layout.outputs);
  if (unfit !== undefined) return `'${unfit.layer.name}' reads ${layout.outputs} channels with weights for ${unfit.layout.inputs}`;
  const beside = graph.uses(layer.name).length > 1 || graph.uses(layer.name).some(({ consumer }) => isBeside(graph, consumer, sum));
  if (beside) return 'its output is also read before its bias is added';
  if (norm !== null && norm.gamma === null && norm.mean === null) return 'its batch norm has no γ, and what is taken off it is computed';
  const own = norm === null ? [weights, offset] : [norm.gamma ?? weights, offset, ...(norm.gamma === null ? [norm.mean ?? ''] : [])];
  const shared = own.find((name) => (owners.get(name)?.size ?? 0) > 1);
  if (shared !== undefined) return `another layer has its parameter '${shared}' too`;
  const names = new Set(consumers.map((consumer) => consumer.layer.name));
  const elsewhere = consumers.find((consumer) => [...(owners.get(consumer.weights) ?? [])].some((owner) => !names.has(owner)));
  if (elsewhere !== undefined) return `weights of '${elsewhere.layer.name}' are used elsewhere too`;
  for (const name of [...own, ...consumers.map((consumer) => consumer.weights)]) {
    const stranger = strangeReader(graph, name);
    if (stranger !== undefined) return `'${stranger.name}' (${stranger.op}) reads its parameter '${name}'`;
  }
  return undefined;
}

/** Whether `consumer` of a layer is neither the sum nor the correction before it. */
function isBeside(graph: Graph, consumer: GraphNode, sum: GraphNode): boolean {
  if (consumer === sum) return false;
  const uses = graph.uses(consumer.name);
  return uses.length !== 1 || uses[0]?.consumer !== sum;
}

/** The layers of every parameter. */
function parameterOwners(layers: readonly LaidOutLayer[]): ReadonlyMap<string, ReadonlySet<string>> {
  const owners = new Map<string, Set<string>>();
  const own = (name: string | null, owner: string) => {
    if (name === null) return;
    const set = owners.get(name);
    if (set === undefined) owners.set(name, new Set([owner]));
    else set.add(owner);
  };
  for (const { layer, weights, norm, offset } of layers) {
    for (const name of [weights, offset, norm?.gamma ?? null, norm?.mean ?? null]) own(name, layer.name);
  }
  return owners;
}

function alone(rule: string, { layer }: LaidOutLayer, reason: string): Skip {
  return { rule, node: layer.name, reason, remedy: undefined };
}
