import { GraffitistError } from '../errors.ts';
import { Graph, type GraphNode } from './graph.ts';

/**
 * The graph in the order in which TensorFlow imports one: topological, and of the nodes whose inputs are all there always the one that
 * stands first in the list. O((nodes + edges) · log nodes). Missing inputs do not count: `validate` names them.
 *
 * @throws GraffitistError `graph-cycle` naming a node on the cycle; the back edge of a while loop (NextIteration into Merge) is none.
 */
export function importOrder(graph: Graph): Graph {
  const index = new Map(graph.nodes.map((node, position) => [node.name, position]));
  const waiting = graph.nodes.map(() => 0);
  const readers: number[][] = graph.nodes.map(() => []);
  graph.nodes.forEach((node, position) => {
    for (const producer of producersOf(node, graph)) {
      const from = index.get(producer);
      if (from === undefined) continue;
      readers[from]?.push(position);
      waiting[position] = (waiting[position] ?? 0) + 1;
    }
  });

  const ready = new MinHeap();
  waiting.forEach((count, position) => {
    if (count === 0) ready.push(position);
  });
  const ordered: GraphNode[] = [];
  for (let position = ready.pop(); position !== undefined; position = ready.pop()) {
    const node = graph.nodes[position];
    if (node !== undefined) ordered.push(node);
    for (const reader of readers[position] ?? []) {
      const left = (waiting[reader] ?? 0) - 1;
      waiting[reader] = left;
      if (left === 0) ready.push(reader);
    }
  }

  if (ordered.length < graph.nodes.length) {
    const stuck = graph.nodes[waiting.findIndex((count) => count > 0)];
    throw new GraffitistError('graph-cycle', `The graph has a cycle that node '${stuck?.name}' is on or behind.`, {
      ...(stuck === undefined ? {} : { about: stuck.name }),
      remedy: 'Export the graph again; only the while loops of TensorFlow may go round.',
    });
  }
  const moved = ordered.some((node, position) => node !== graph.nodes[position]);
  return moved ? new Graph(ordered, graph.envelope) : graph;
}

function* producersOf(node: GraphNode, graph: Graph): Generator<string> {
  const closesLoop = node.op === 'Merge' || node.op === 'RefMerge';
  for (const edge of node.edges) {
    if (closesLoop && (graph.find(edge.node)?.op ?? '').endsWith('NextIteration')) continue;
    yield edge.node;
  }
  yield* node.controls;
}

/** A binary heap of numbers, smallest first. */
class MinHeap {
  readonly #items: number[] = [];

  push(value: number): void {
    const items = this.#items;
    let at = items.length;
    items.push(value);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] ?? value;
      if (above <= value) break;
      items[at] = above;
      at = parent;
    }
    items[at] = value;
  }

  pop(): number | undefined {
    const items = this.#items;
    const smallest = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return smallest;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if ((items[child + 1] ?? Number.POSITIVE_INFINITY) < (items[child] ?? 0)) child += 1;
      const below = items[child] ?? last;
      if (below >= last) break;
      items[at] = below;
      at = child;
    }
    items[at] = last;
    return smallest;
  }
}
