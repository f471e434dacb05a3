import type { Graph, GraphNode } from '../graph/graph.ts';
import { lastSegment } from '../graph/scopes.ts';
import type { GraphInterface } from '../protocol.ts';
import type { Network } from './network.ts';

/** The names by which a recipe speaks of a network's parts. */
export interface NetworkNames {
  readonly interface: GraphInterface;
  readonly firstLayer: string;
  readonly lastLayer: string;
}

/** As the table has them. */
export function publishedNames(network: Network): NetworkNames {
  const { input, output, shape, firstLayer, lastLayer } = network;
  return { interface: { inputs: [input], outputs: [output], shape }, firstLayer, lastLayer };
}

/** The scope in which `found` stands as `name` does in the network's own; empty at top level; null where it is not that node. */
export function scopeOf(network: Network, name: string, found: string): string | null {
  const suffix = spellings(name.slice(network.scope.length + 1)).find((text) => found === text || found.endsWith(`/${text}`));
  return suffix === undefined ? null : found.slice(0, Math.max(0, found.length - suffix.length - 1));
}

/** The node that has a name of the table where the network's scope is `scope`. */
export function findNamed(graph: Graph, network: Network, name: string, scope: string): GraphNode | undefined {
  const [found] = spellings(renamed(network, name, scope)).flatMap((text) => graph.find(text) ?? []);
  return found;
}

/** TensorFlow up to 1.2 called the convolution of a layer `convolution`. */
function spellings(name: string): string[] {
  return name.endsWith('/Conv2D') ? [name, name.replace(/Conv2D$/, 'convolution')] : [name];
}

/**
 * A name of the table in another scope; names outside the network's scope stay. slim opens a network's scope a second time for its
 * layers, under its last segment: `MobilenetV1/MobilenetV1/Conv2d_0` is `model/net/net/Conv2d_0` in the scope `model/net`.
 */
function renamed(network: Network, name: string, scope: string): string {
  const outer = `${network.scope}/`;
  if (!name.startsWith(outer)) return name;
  const inside = name.slice(outer.length);
  if (scope === '') return inside;
  return `${scope}/${inside.startsWith(outer) ? `${lastSegment(scope)}/${inside.slice(outer.length)}` : inside}`;
}
