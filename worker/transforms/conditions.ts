import { tensorNumbers } from '../formats/tensorValues.ts';
import { type Edge, Graph, GraphNode } from '../graph/graph.ts';
import { importOrder } from '../graph/importOrder.ts';
import type { Model } from '../graph/model.ts';
import { lastSegment } from '../graph/scopes.ts';
import type { Change } from './transform.ts';

const SWITCHES: ReadonlySet<string> = new Set(['Switch', 'RefSwitch']);
const MERGES: ReadonlySet<string> = new Set(['Merge', 'RefMerge']);

/** Flags by which layers are told that they train (Keras, tf.layers, slim and what people call their own). */
const TRAINING_FLAG = /^(keras_)?learning_phase$|^(is_?)?train(ing)?(_(flag|mode|phase|pl|placeholder))?$|^phase_?train(ing)?$/i;

/** What is known of a graph's conditions before it runs. */
interface Decisions {
  /** Value of every bool that is known. */
  readonly values: Map<string, boolean>;
  /** Switches whose branch is known. */
  readonly switches: Map<string, boolean>;
  /** Merges that one branch alone reaches: the slot of that branch. */
  readonly merges: Map<string, number>;
  /** Nodes that never run. */
  readonly dead: Set<string>;
}

/**
 * ADM4: a condition that is decided before the graph runs is resolved. Decided are constants, bool placeholders at their default, flags for
 * training (which are off: what is made here infers), and what follows from those. Of a Switch the taken side is read past it, a Merge
 * becomes an Identity of its name, and what only the other branch holds goes. What is fed from outside decides nothing.
 *
 * The graph stays as it is where nothing is decided, and where an output would never run.
 */
export function resolveConditions({ graph, inputs, outputs }: Pick<Model, 'graph' | 'inputs' | 'outputs'>): {
  readonly graph: Graph;
  readonly changes: readonly Change[];
} {
  if (!graph.nodes.some((node) => SWITCHES.has(node.op))) return { graph, changes: [] };
  const found = decide(graph, new Set(inputs));
  if (found.switches.size === 0 || outputs.some((name) => found.dead.has(name))) return { graph, changes: [] };
  const past = (edge: Edge): Edge => {
    let current = edge;
    for (let node = graph.find(current.node); node !== undefined && found.switches.has(node.name); node = graph.find(current.node)) {
      current = node.edges[0] ?? current;
    }
    return current;
  };
  const nodes = graph.nodes.flatMap((node) => {
    if (found.dead.has(node.name) || found.switches.has(node.name)) return [];
    return resolved(node, graph, found, past);
  });
  return { graph: new Graph(nodes, graph.envelope), changes: report(graph, found) };
}

/** One pass in TensorFlow's order: what is known, what is taken, what never runs. */
function decide(graph: Graph, fed: ReadonlySet<string>): Decisions {
  const found: Decisions = { values: new Map(), switches: new Map(), merges: new Map(), dead: new Set() };
  const passed = new Set<string>();
  const isDead = ({ node, port }: Edge): boolean => {
    const taken = found.switches.get(node);
    return found.dead.has(node) || (taken !== undefined && port !== Number(taken));
  };
  for (const node of importOrder(graph).nodes) {
    passed.add(node.name);
    const alive = node.edges.flatMap((edge, slot) => (isDead(edge) ? [] : [slot]));
    const waits = node.controls.some((name) => found.dead.has(name));
    if (MERGES.has(node.op)) {
      const loops = node.edges.some((edge) => !passed.has(edge.node));
      const [only] = alive;
      if (waits || node.edges.every((edge) => isDead(edge) || !passed.has(edge.node))) found.dead.add(node.name);
      else if (!loops && only !== undefined && alive.length === 1 && node.edges.length > 1) found.merges.set(node.name, only);
    } else if (waits || alive.length < node.edges.length) found.dead.add(node.name);
    if (found.dead.has(node.name)) continue;
    const value = fed.has(node.name) ? undefined : boolOf(node, found);
    if (value !== undefined) found.values.set(node.name, value);
    const taken = SWITCHES.has(node.op) ? found.values.get(node.edges[1]?.node ?? '') : undefined;
    if (taken !== undefined) found.switches.set(node.name, taken);
  }
  return found;
}

/** The bool that a node gives, where it is known. */
function boolOf(node: GraphNode, { values, merges }: Decisions): boolean | undefined {
  const [x, y] = node.edges.map((edge) => values.get(edge.node));
  switch (node.op) {
    case 'Const':
      return constantBool(node);
    case 'Placeholder':
      return isTrainingFlag(node) ? false : undefined;
    case 'PlaceholderWithDefault':
      return isTrainingFlag(node) ? false : x;
    case 'Identity':
    case 'StopGradient':
    case 'Snapshot':
    case 'Switch':
    case 'RefSwitch':
      return x;
    case 'Merge':
    case 'RefMerge': {
      const slot = merges.get(node.name);
      return slot === undefined ? undefined : values.get(node.edges[slot]?.node ?? '');
    }
    case 'LogicalNot':
      return x === undefined ? undefined : !x;
    case 'LogicalAnd':
      return x === false || y === false ? false : x === undefined ? undefined : y;
    case 'LogicalOr':
      return x === true || y === true ? true : x === undefined ? undefined : y;
    default:
      return undefined;
  }
}

function constantBool(node: GraphNode): boolean | undefined {
  const dtype = node.attr('dtype');
  const value = dtype?.kind === 'type' && dtype.value === 'bool' ? node.attr('value') : undefined;
  if (value?.kind !== 'tensor' || value.value.shape.length > 0) return undefined;
  return tensorNumbers(value.value)[0] !== 0;
}

function isTrainingFlag(node: GraphNode): boolean {
  const dtype = node.attr('dtype');
  return dtype?.kind === 'type' && dtype.value === 'bool' && TRAINING_FLAG.test(lastSegment(node.name));
}

/** The node as it stands afterwards; a Merge whose index is read brings that as a constant. */
function resolved(node: GraphNode, graph: Graph, { switches, merges }: Decisions, past: (edge: Edge) => Edge): readonly GraphNode[] {
  // Pivots and switches have no effect to wait for.
  const isPivot = (name: string): boolean => {
    const waited = graph.find(name);
    return switches.has(name) || (waited?.op === 'Identity' && switches.has(waited.edges[0]?.node ?? ''));
  };
  const controls = node.controls.filter((name) => !isPivot(name));
  const inputs = node.edges
    .map(past)
    .map((edge) => (edge.port === 1 && merges.has(edge.node) ? { node: indexName(edge.node), port: 0 } : edge));
  const slot = merges.get(node.name);
  if (slot === undefined) {
    const same = controls.length === node.controls.length && inputs.every((edge, i) => edge === node.edges[i]);
    return [same ? node : node.with({ inputs, controls })];
  }
  const taken = inputs[slot];
  const identity = node.with({ op: 'Identity', inputs: taken === undefined ? [] : [taken], controls, attrs: { N: undefined } });
  if (!graph.uses(node.name).some(({ port }) => port === 1)) return [identity];
  return [identity, indexOf(node.name, slot)];
}

const indexName = (merge: string): string => `${merge}/value_index`;

function indexOf(merge: string, slot: number): GraphNode {
  const value = { dtype: 'int32', shape: [], bytes: new Uint8Array(Int32Array.of(slot).buffer) } as const;
  return GraphNode.make({
    name: indexName(merge),
    op: 'Const',
    attrs: { dtype: { kind: 'type', value: 'int32' }, value: { kind: 'tensor', value } },
  });
}

function report(graph: Graph, { switches, merges, dead }: Decisions): readonly Change[] {
  const taken = graph.nodes.flatMap((node): Change[] => {
    const slot = merges.get(node.name);
    if (slot === undefined) return [];
    const branch = node.edges[slot]?.node ?? '';
    return [{ rule: 'ADM4', summary: `Condition ${node.name} is decided: ${branch} is taken`, before: [node.name], after: [node.name] }];
  });
  const gone = [...switches.keys(), ...dead];
  return [...taken, { rule: 'ADM4', summary: `${gone.length} nodes of decided conditions removed`, before: gone, after: [] }];
}
