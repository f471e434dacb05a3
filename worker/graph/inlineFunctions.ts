import { type FunctionDef, readFunctionLibrary } from '../formats/functionLibrary.ts';
import type { NodeDef } from '../formats/nodeDef.ts';
import { LENGTH, WireReader } from '../formats/wire.ts';
import { CALL_OPS, type Call, callOf, DEEPEST_CALL, dataInputs, endingFunctions, type Library } from './calls.ts';
import { dropIdleControls } from './controlEdges.ts';
import { Graph, GraphNode, parseEdge } from './graph.ts';
import { outputPorts, type PortOf } from './opOutputs.ts';

/** A few functions that call each other many times over make far more nodes than any network has: beyond these, calls stay calls. */
const MOST_NODES = 2 ** 17;
const LIBRARY = 2;

/**
 * Puts the bodies of called functions in the place of their calls, as TensorFlow does when it freezes a graph: node n of the function
 * that `call` calls becomes `call/n`. The call's own name stays, as an Identity of its first result, or as a NoOp where it has none.
 * Only plain functions are inlined (one tensor per argument and result, no type that depends on the caller).
 *
 * @param opList the graph's ops as an OpList message: tells how outputs are numbered
 * @throws WireError where the library cannot be read
 */
export function inlineFunctions(graph: Graph, opList: Uint8Array | undefined): Inlined {
  const library = endingFunctions(libraryOf(graph));
  if (library.size === 0 || !graph.nodes.some((node) => callOf(node, library) !== undefined)) return { graph, results: new Map() };
  const inliner = new Inliner(library, outputPorts(opList));
  return inliner.run(graph);
}

/** A graph without calls of plain functions. */
export interface Inlined {
  readonly graph: Graph;
  /** For every further result of a call, `call:port`, the tensor that it is now. */
  readonly results: ReadonlyMap<string, string>;
}

/** A node that may be a call, and how many calls it lies inside of. */
interface Waiting {
  readonly node: GraphNode;
  readonly depth: number;
}

class Inliner {
  readonly #library: Library;
  readonly #portOf: PortOf;
  /** For each result of a call, `call:port`, the tensor that it is. */
  readonly #results = new Map<string, string>();
  readonly #standIns = new Set<string>();

  constructor(library: Library, portOf: PortOf) {
    this.#library = library;
    this.#portOf = portOf;
  }

  run(graph: Graph): Inlined {
    const done: GraphNode[] = [];
    const inlined = new Set<string>();
    const waiting: Waiting[] = graph.nodes.map((node) => ({ node, depth: 0 })).reverse();
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { node, depth } = next;
      if (depth > 0) inlined.add(node.name);
      const room = done.length + waiting.length < MOST_NODES + graph.nodes.length && depth < DEEPEST_CALL;
      const call = room ? callOf(node, this.#library) : undefined;
      if (call === undefined) {
        done.push(node);
        continue;
      }
      inlined.add(node.name);
      // Whoever read the call reads its result; only a call that nobody read may be what a signature names.
      if (depth > 0 || graph.uses(node.name).length > 0) this.#standIns.add(node.name);
      done.push(this.#standIn(node, call));
      const body = this.#body(node, call).map((inner) => ({ node: inner, depth: depth + 1 }));
      waiting.push(...body.reverse());
    }
    const rewired = new Graph(
      done.map((node) => this.#rewired(node)),
      { rest: restOf(graph, done) },
    );
    const further = [...this.#results.keys()].filter((result) => parseEdge(result).port > 0);
    return {
      graph: withoutUnread(dropIdleControls(rewired, inlined), this.#standIns),
      results: new Map(further.map((result) => [result, this.#source(result)])),
    };
  }

  /** The nodes of the function, named and wired as nodes of the graph. */
  #body(caller: GraphNode, call: Call): GraphNode[] {
    const awaited = caller.controls.map((name) => `^${name}`);
    return call.definition.nodes.map((node) => {
      const wired = node.inputs.map((input) => this.#input(caller.name, input, call));
      const waits = awaited.length > 0 && dataInputs(node).length === 0;
      return new GraphNode(new InlinedNode(node, caller.name, waits ? [...new Set([...wired, ...awaited])] : wired));
    });
  }

  /** An input as a function writes it, as a graph writes it. */
  #input(caller: string, input: string, { args, inner }: Call): string {
    if (input.startsWith('^')) {
      const argument = args.get(input.slice(1));
      return `^${argument === undefined ? `${caller}/${input.slice(1)}` : parseEdge(argument).node}`;
    }
    const [name = '', output = '', index = '0'] = input.split(':');
    const argument = args.get(name);
    if (argument !== undefined) return argument;
    const port = this.#port(inner.get(name), output, Number(index));
    return port === 0 ? `${caller}/${name}` : `${caller}/${name}:${port}`;
  }

  #port(node: GraphNode | undefined, output: string, index: number): number {
    if (node === undefined) return 0;
    // The outputs of a node whose op is the function itself have the names of its results.
    const results = CALL_OPS.has(node.op) ? undefined : this.#library.get(node.op)?.outputs;
    return results === undefined ? this.#portOf(node, output, index) : Math.max(0, results.indexOf(output));
  }

  /** What keeps the call's name; notes which tensors its results are. */
  #standIn(caller: GraphNode, call: Call): GraphNode {
    const tensors = call.results.map((result) => this.#input(caller.name, result, call));
    tensors.forEach((tensor, port) => {
      this.#results.set(port === 0 ? caller.name : `${caller.name}:${port}`, tensor);
    });
    const { name, device } = caller;
    const controls = call.definition.effects.map((effect) => `${name}/${effect}`);
    const [first] = tensors;
    if (first === undefined) return GraphNode.make({ name, op: 'NoOp', controls, device });
    const types = caller.attr('Tout');
    const dtype = types?.kind === 'list' ? types.value.types[0] : undefined;
    const attrs = dtype === undefined ? {} : { T: { kind: 'type', value: dtype } as const };
    return GraphNode.make({ name, op: 'Identity', inputs: [first], controls, device, attrs });
  }

  /** Reads the results of calls where they come from. */
  #rewired(node: GraphNode): GraphNode {
    if (!node.inputs.some((input) => this.#results.has(input))) return node;
    const inputs = dataInputs(node).map((input) => this.#source(input));
    return node.with({ inputs });
  }

  #source(input: string): string {
    let tensor = input;
    for (let next = this.#results.get(tensor), steps = 0; next !== undefined && steps <= DEEPEST_CALL; steps++) {
      tensor = next;
      next = this.#results.get(tensor);
    }
    return tensor;
  }
}

/** A function's node inside a graph. Attributes stay encoded; the device group it was tied to has other names now. */
class InlinedNode implements NodeDef {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly device: string;
  readonly raw = undefined;
  readonly #origin: NodeDef;

  constructor(origin: NodeDef, call: string, inputs: readonly string[]) {
    this.name = `${call}/${origin.name}`;
    this.op = origin.op;
    this.device = origin.device;
    this.inputs = inputs;
    this.#origin = origin;
  }

  get attrs(): ReadonlyMap<string, Uint8Array> {
    const { attrs } = this.#origin;
    return attrs.has('_class') ? new Map([...attrs].filter(([name]) => name !== '_class')) : attrs;
  }
}

function libraryOf({ envelope }: Graph): Library {
  const functions = new Map<string, FunctionDef>();
  for (const field of envelope.rest) {
    const reader = new WireReader(field);
    if (!reader.next() || reader.field !== LIBRARY || reader.wireType !== LENGTH) continue;
    for (const [name, definition] of readFunctionLibrary(reader.view())) functions.set(name, definition);
  }
  return functions;
}

/** Without the library where no node names a function any more. */
function restOf(graph: Graph, nodes: readonly GraphNode[]): readonly Uint8Array[] {
  if (nodes.some((node) => [...node.attrs.values()].some(namesFunction))) return graph.envelope.rest;
  return graph.envelope.rest.filter((field) => field[0] !== LIBRARY * 8 + LENGTH);
}

/** Whether an AttrValue is a function (field 10), or a list (field 1) of functions (field 9 there). */
function namesFunction(value: Uint8Array): boolean {
  const reader = new WireReader(value);
  if (!reader.next() || reader.field === 10) return reader.field === 10;
  if (reader.field !== 1 || reader.wireType !== LENGTH) return false;
  const list = new WireReader(reader.bytes, reader.from, reader.to);
  while (list.next()) if (list.field === 9) return true;
  return false;
}

/** Stand-ins of calls inside functions are no node of anybody's: they go where nothing reads or awaits them. */
function withoutUnread(graph: Graph, standIns: ReadonlySet<string>): Graph {
  const unread = (name: string) => standIns.has(name) && graph.uses(name).length === 0 && graph.controlUses(name).length === 0;
  return new Graph(
    graph.nodes.filter((node) => !unread(node.name)),
    graph.envelope,
  );
}
