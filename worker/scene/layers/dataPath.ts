import type { Edge, Graph, GraphNode } from '../../graph/graph.ts';
import { type Breather, paced } from '../breathe.ts';
import { isSideEffect, SHAPE_QUESTIONS, STATISTICS_OPS } from './opKinds.ts';

/**
 * The way of the data through a graph: nodes that depend on what the network is fed and lead to a result. All else (weights, shape
 * arithmetic, thresholds, initializers, savers, updates) is parameter or leftover.
 */
export interface DataPath {
  /** In topological order; nodes of a loop follow in the graph's order. */
  readonly nodes: readonly GraphNode[];
  readonly has: (name: string) => boolean;
  readonly sources: ReadonlySet<string>;
  /** Data inputs on the path, in slot order. */
  readonly inputs: (node: GraphNode) => readonly Edge[];
  /** Readers on the path, each once, in graph order. */
  readonly readers: (name: string) => readonly GraphNode[];
}

/** Finds the data path. Linear in the graph. */
export async function dataPath(graph: Graph, inputs: readonly string[], outputs: readonly string[], breath: Breather): Promise<DataPath> {
  const sources = findSources(graph, inputs);
  const forward = await reachForward(graph, sources, breath);
  const ends = [...forward].filter((name) => isEnd(graph, name));
  const reached = await reachBackward(graph, forward, [...ends, ...outputs.filter((name) => forward.has(name))], breath);
  const nodes = await order(graph, reached, breath);
  const readers = new Map<string, GraphNode[]>();
  const incoming = new Map<string, readonly Edge[]>();
  await paced(nodes, breath, (node) => {
    const edges = sources.has(node.name) ? [] : node.edges.filter((edge) => reached.has(edge.node) && carriesData(graph, edge));
    incoming.set(node.name, edges);
    for (const { node: from } of edges) {
      const list = readers.get(from);
      if (list === undefined) readers.set(from, [node]);
      else if (list.at(-1) !== node) list.push(node);
    }
  });
  return {
    nodes,
    sources,
    has: (name) => reached.has(name),
    inputs: (node) => incoming.get(node.name) ?? [],
    readers: (name) => readers.get(name) ?? [],
  };
}

/** Whether an edge carries activations: not a question about shapes, not the statistics that a batch norm also gives. */
function carriesData(graph: Graph, edge: Edge): boolean {
  const producer = graph.find(edge.node);
  if (producer === undefined || SHAPE_QUESTIONS.has(producer.op)) return false;
  return edge.port === 0 || !STATISTICS_OPS.has(producer.op);
}

/** The network's inputs: those listed, every placeholder that can hold a batch, and what reads from queues or datasets. */
function findSources(graph: Graph, inputs: readonly string[]): Set<string> {
  const sources = new Set(inputs.filter((name) => graph.has(name)));
  for (const node of graph.nodes) if (isFeed(node)) sources.add(node.name);
  if (sources.size > 0) return sources;
  // Nothing is fed: what layers read first then counts as fed.
  for (const node of graph.nodes) {
    const [first] = node.edges;
    if (first === undefined || node.edges.length < 2 || isSideEffect(node.op)) continue;
    if (graph.find(first.node)?.edges.length === 0) sources.add(first.node);
  }
  return sources;
}

function isFeed(node: GraphNode): boolean {
  if (/^(IteratorGetNext|.*Dequeue(Many|UpTo)?(V2)?|OneShotIterator.*|_Arg|ReaderRead.*)$/.test(node.op)) return true;
  if (node.op !== 'Placeholder' && node.op !== 'PlaceholderV2' && node.op !== 'PlaceholderWithDefault') return false;
  const dtype = node.attr('dtype');
  if (dtype?.kind === 'type' && (dtype.value === 'bool' || dtype.value === 'string')) return false;
  const shape = node.attr('shape');
  const rank = shape?.kind === 'shape' ? (shape.value?.length ?? null) : null;
  if (node.op === 'PlaceholderWithDefault') return rank !== null && rank >= 2;
  return rank !== 0;
}

async function reachForward(graph: Graph, sources: ReadonlySet<string>, breath: Breather): Promise<Set<string>> {
  const reached = new Set(sources);
  await paced(reached, breath, (name) => {
    const producer = graph.find(name);
    if (producer === undefined || SHAPE_QUESTIONS.has(producer.op)) return;
    for (const { consumer, port } of graph.uses(name)) {
      if (port > 0 && STATISTICS_OPS.has(producer.op)) continue;
      if (!isSideEffect(consumer.op)) reached.add(consumer.name);
    }
  });
  return reached;
}

/** A result: nobody reads it, and it is not there for its side effects or its statistics only. */
function isEnd(graph: Graph, name: string): boolean {
  const node = graph.find(name);
  return node !== undefined && !SHAPE_QUESTIONS.has(node.op) && graph.uses(name).length === 0;
}

async function reachBackward(graph: Graph, forward: ReadonlySet<string>, ends: readonly string[], breath: Breather): Promise<Set<string>> {
  const reached = new Set(ends);
  await paced(reached, breath, (name) => {
    for (const edge of graph.find(name)?.edges ?? []) if (forward.has(edge.node) && carriesData(graph, edge)) reached.add(edge.node);
  });
  return reached;
}

async function order(graph: Graph, reached: ReadonlySet<string>, breath: Breather): Promise<GraphNode[]> {
  const waiting = new Map<string, number>();
  await paced(reached, breath, (name) => {
    waiting.set(name, graph.node(name).edges.filter(({ node }) => reached.has(node)).length);
  });
  const done = new Set(graph.nodes.filter(({ name }) => waiting.get(name) === 0));
  await paced(done, breath, (node) => {
    for (const { consumer } of graph.uses(node.name)) {
      const left = waiting.get(consumer.name);
      if (left === undefined) continue;
      waiting.set(consumer.name, left - 1);
      if (left === 1) done.add(consumer);
    }
  });
  for (const node of graph.nodes) if (reached.has(node.name)) done.add(node);
  return [...done];
}
