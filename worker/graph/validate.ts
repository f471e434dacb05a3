import { GraffitistError } from '../errors.ts';
import type { Graph, GraphNode } from './graph.ts';
import { ancestors } from './reach.ts';

/** Ops that decide at run time what runs: such a graph can be looked at, not rewritten or executed. */
const CONTROL_FLOW_OPS: ReadonlySet<string> = new Set([
  'Switch',
  'RefSwitch',
  '_SwitchN',
  'Merge',
  'RefMerge',
  'Enter',
  'RefEnter',
  'Exit',
  'RefExit',
  'NextIteration',
  'RefNextIteration',
  'LoopCond',
  'ControlTrigger',
  'While',
  'StatelessWhile',
  'If',
  'StatelessIf',
  'Case',
  'StatelessCase',
  'For',
  'PartitionedCall',
  'StatefulPartitionedCall',
  'TPUPartitionedCall',
  'RemoteCall',
  'SymbolicGradient',
]);

/** A while loop closes through these and only these. */
const BACK_EDGES: ReadonlySet<string> = new Set(['NextIteration', 'RefNextIteration']);

/** How many nodes of a cycle are worth naming. */
const NAMED = 6;

/** The nodes through which nothing may be rewritten or executed, in graph order. */
export function controlFlowNodes(graph: Graph): readonly GraphNode[] {
  return graph.nodes.filter((node) => CONTROL_FLOW_OPS.has(node.op));
}

/**
 * For whoever rewrites or executes. With `outputs`, control flow that none of them depends on, or only through `inputs`, does not count: loops of an input queue,
 * conditions of a metric or of training stand beside many an inference graph.
 *
 * @throws GraffitistError `graph-control-flow`, naming every such op with one node
 */
export function refuseControlFlow(graph: Graph, outputs?: readonly string[], inputs: readonly string[] = []): void {
  const all = controlFlowNodes(graph);
  const needed = outputs === undefined || all.length === 0 ? undefined : ancestors(graph, outputs, inputs);
  const found = needed === undefined ? all : all.filter((node) => needed.has(node.name));
  const [first] = found;
  if (first === undefined) return;
  throw new GraffitistError('graph-control-flow', `Control flow is not supported: ${oneOfEachOp(found)}.`, {
    about: first.name,
    remedy: 'Export the graph for inference without conditions, loops and function calls.',
  });
}

/** "Merge (node 'a', one of 3), Switch (node 'b')": every op among the nodes, each with the first of them. */
export function oneOfEachOp(nodes: readonly GraphNode[]): string {
  const found = new Map<string, { readonly first: string; readonly count: number }>();
  for (const { op, name } of nodes) {
    const there = found.get(op);
    found.set(op, { first: there?.first ?? name, count: (there?.count ?? 0) + 1 });
  }
  return [...found]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([op, { first, count }]) => `${op} (node '${first}'${count === 1 ? '' : `, one of ${count}`})`)
    .join(', ');
}

/**
 * Every input exists and nothing waits for itself, except through a while loop's NextIteration. Linear in nodes and edges.
 *
 * @throws GraffitistError `graph-dangling-input`, `graph-cycle`
 */
export function validateGraph(graph: Graph): void {
  refuseDanglingInputs(graph);
  const cycle = findCycle(graph);
  if (cycle !== undefined) throw cyclic(cycle);
}

/** The half of `validateGraph` that a graph in import order is left with: an order shows that there is no cycle. @throws GraffitistError `graph-dangling-input` */
export function refuseDanglingInputs(graph: Graph): void {
  for (const node of graph.nodes) {
    for (const edge of node.edges) if (!graph.has(edge.node)) throw dangling(edge.node, node);
    for (const name of node.controls) if (!graph.has(name)) throw dangling(name, node);
  }
}

function inputNames(node: GraphNode): readonly string[] {
  const names = node.edges.map((edge) => edge.node);
  return node.controls.length === 0 ? names : [...names, ...node.controls];
}

function dangling(name: string, node: GraphNode): GraffitistError {
  return new GraffitistError('graph-dangling-input', `Input node '${name}' of node '${node.name}' not found.`, {
    about: node.name,
    remedy: 'The graph was saved incomplete: export it again.',
  });
}

function cyclic(cycle: readonly GraphNode[]): GraffitistError {
  const names = cycle.map((node) => `'${node.name}'`);
  const path = names.length <= NAMED ? names : [...names.slice(0, NAMED - 1), `${names.length - NAMED + 1} more`];
  return new GraffitistError('graph-cycle', `Nodes feed each other in a circle: ${[...path, names[0]].join(' → ')}.`, {
    ...(cycle[0] === undefined ? {} : { about: cycle[0].name }),
    remedy: "Only TensorFlow's while loops may close a circle, through NextIteration.",
  });
}

/** The nodes of one cycle, each feeding the next; undefined where there is none. */
function findCycle(graph: Graph): readonly GraphNode[] | undefined {
  const waiting = new Map<string, number>();
  const ready: GraphNode[] = [];
  for (const node of graph.nodes) {
    const count = forward(graph, node).length;
    if (count === 0) ready.push(node);
    else waiting.set(node.name, count);
  }
  const finish = (user: GraphNode): void => {
    const left = (waiting.get(user.name) ?? 0) - 1;
    if (left > 0) {
      waiting.set(user.name, left);
    } else {
      waiting.delete(user.name);
      ready.push(user);
    }
  };
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    if (BACK_EDGES.has(node.op)) continue;
    for (const use of graph.uses(node.name)) finish(use.consumer);
    for (const user of graph.controlUses(node.name)) finish(user);
  }
  return waiting.size === 0 ? undefined : walkBack(graph, waiting);
}

/** Inputs that must have run before, one entry per edge: back edges of while loops are none. */
function forward(graph: Graph, node: GraphNode): readonly string[] {
  return inputNames(node).filter((name) => !BACK_EDGES.has(graph.node(name).op));
}

/** Every node that still waits has an input that still waits: going back along those must come round. */
function walkBack(graph: Graph, waiting: ReadonlyMap<string, number>): readonly GraphNode[] {
  const path: GraphNode[] = [];
  const place = new Map<string, number>();
  let node = graph.nodes.find((candidate) => waiting.has(candidate.name));
  while (node !== undefined) {
    const start = place.get(node.name);
    if (start !== undefined) return path.slice(start).reverse();
    place.set(node.name, path.length);
    path.push(node);
    const before = forward(graph, node).find((name) => waiting.has(name));
    node = before === undefined ? undefined : graph.node(before);
  }
  return path;
}
