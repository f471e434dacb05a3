import type { Shape } from '../../formats/tensor.ts';
import type { Edge, Graph, GraphNode } from '../../graph/graph.ts';
import type { Model } from '../../graph/model.ts';
import { ancestors } from '../../graph/reach.ts';
import { movingAverageScopes } from './movingAverages.ts';

/** What folding needs to know of the graph, gathered once. */
export interface FoldScene {
  readonly graph: Graph;
  readonly outputs: ReadonlySet<string>;
  /** Names of the nodes that an output depends on. */
  readonly live: ReadonlySet<string>;
  readonly movingAverages: ReadonlyMap<string, readonly GraphNode[]>;
  /** Static shape of a tensor. */
  shapeOf(edge: Edge | undefined): Shape;
}

/** `graph` is that of the model without its Identity nodes. */
export function foldScene(graph: Graph, model: Model): FoldScene {
  return {
    graph,
    outputs: new Set(model.outputs),
    live: ancestors(graph, model.outputs),
    movingAverages: movingAverageScopes(graph),
    shapeOf: (edge) => (edge === undefined ? null : (model.shapes.get(edge.node)?.[edge.port] ?? null)),
  };
}

/** Tensor 0 of a node. */
export function outputOf(node: GraphNode): Edge {
  return { node: node.name, port: 0 };
}
