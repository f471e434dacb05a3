import type { Shape } from '../formats/tensor.ts';
import type { Edge, Graph, GraphNode } from '../graph/graph.ts';
import { ADD_OPS, RELU_OPS } from '../quantize/placement/ops.ts';
import type { Rewrite } from './rewrite.ts';
import type { Change } from './transform.ts';

/** Ops that only give their input another shape. */
const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'ExpandDims']);

/** What moving needs to know of the graph. */
export interface ViewScene {
  readonly graph: Graph;
  readonly outputs: ReadonlySet<string>;
  readonly shapeOf: (edge: Edge) => Shape;
  /** Whether what a sum adds is one number per channel. */
  readonly isBias: (node: GraphNode) => boolean;
}

/**
 * Views between a node of `starts` and what is computed from it element by element move behind that: bias(view(layer)) becomes
 * view(bias(layer)), as long as the view leaves the last axis as it is and nothing else reads in between. A convolution over time is one
 * over images between an ExpandDims and a Squeeze, a dense layer over sequences a matrix product between Reshapes: so they have their bias
 * and relu directly behind them.
 */
export function viewsBehind(
  rule: string,
  starts: ReadonlySet<string>,
  scene: ViewScene,
  edits: Pick<Rewrite, 'find' | 'replace'>,
): readonly Change[] {
  const changes: Change[] = [];
  const moved = new Set<string>();
  for (const start of scene.graph.nodes) {
    if (!starts.has(start.op)) continue;
    const views = chain(scene, start, ({ op }) => VIEWS.has(op));
    const lastView = views.at(-1);
    if (lastView === undefined || !keepsChannels(scene, start, lastView)) continue;
    const followers = chain(scene, lastView, (node) => !scene.outputs.has(node.name) && isElementwise(scene, node, lastView));
    const end = followers.at(-1);
    const names = [...views, ...followers].map(({ name }) => name);
    if (end === undefined || [start.name, ...names].some((name) => moved.has(name))) continue;
    for (const name of names) moved.add(name);
    for (const { consumer } of scene.graph.uses(end.name)) reconnect(edits, consumer.name, end, lastView);
    [...followers, ...views].forEach((node, i, all) => {
      const source = all[i - 1] ?? start;
      const now = edits.find(node.name) ?? node;
      edits.replace(now.with({ inputs: [{ node: source.name, port: 0 }, ...now.edges.slice(1)] }));
    });
    changes.push({ rule, summary: `${views.map(({ name }) => name).join(', ')} moved behind ${end.name}`, before: names, after: names });
  }
  return changes;
}

/** `reader` reads `to` where it read `from`. */
function reconnect(edits: Pick<Rewrite, 'find' | 'replace'>, reader: string, from: GraphNode, to: GraphNode): void {
  const node = edits.find(reader);
  if (node === undefined) return;
  const inputs = node.edges.map((edge) => (edge.node === from.name && edge.port === 0 ? { node: to.name, port: 0 } : edge));
  edits.replace(node.with({ inputs }));
}

/** The nodes that follow one another behind `start`, each the only reader of the one before and no output itself between. */
function chain({ graph, outputs }: ViewScene, start: GraphNode, belongs: (node: GraphNode) => boolean): readonly GraphNode[] {
  const found: GraphNode[] = [];
  for (let node = start; ; ) {
    const uses = graph.uses(node.name);
    const [use] = uses;
    if (use === undefined || uses.length > 1 || use.slot !== 0 || use.port !== 0 || outputs.has(node.name)) return found;
    if (graph.controlUses(node.name).length > 0 || !belongs(use.consumer)) return found;
    found.push(use.consumer);
    node = use.consumer;
  }
}

function keepsChannels({ shapeOf }: ViewScene, start: GraphNode, view: GraphNode): boolean {
  const [before, after] = [start, view].map(({ name }) => shapeOf({ node: name, port: 0 })?.at(-1) ?? -1);
  return before !== undefined && before > 0 && before === after;
}

/** A relu, or the sum with a vector of one number per channel. */
function isElementwise({ graph, shapeOf, isBias }: ViewScene, node: GraphNode, view: GraphNode): boolean {
  if (RELU_OPS.has(node.op)) return true;
  const other = node.edges[1];
  if ((node.op !== 'BiasAdd' && !ADD_OPS.has(node.op)) || other === undefined || other.node === view.name) return false;
  return shapeOf(other)?.length === 1 && isBias(graph.node(other.node));
}
