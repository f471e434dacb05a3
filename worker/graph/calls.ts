import type { FunctionDef } from '../formats/functionLibrary.ts';
import type { NodeDef } from '../formats/nodeDef.ts';
import { GraphNode } from './graph.ts';

/** Calls inside calls are followed to this depth. */
export const DEEPEST_CALL = 64;

export const CALL_OPS: ReadonlySet<string> = new Set(['PartitionedCall', 'StatefulPartitionedCall']);

/** A call of a plain function: what it is given, and which tensors inside its results are. */
export interface Call {
  readonly definition: FunctionDef;
  readonly inner: ReadonlyMap<string, GraphNode>;
  /** What the function's arguments stand for, by their names. */
  readonly args: ReadonlyMap<string, string>;
  readonly results: readonly string[];
}

export type Library = ReadonlyMap<string, FunctionDef>;

/** The library without functions that call themselves, directly or through others: such calls have no end. */
export function endingFunctions(library: Library): Library {
  const callees = new Map([...library.values()].map((definition) => [definition.name, calledBy(definition, library)]));
  const callers = new Map<string, string[]>();
  for (const [name, called] of callees) for (const callee of called) addTo(callers, callee, name);
  const open = new Map([...callees].map(([name, called]) => [name, called.size]));
  const done = [...open].filter(([, count]) => count === 0).map(([name]) => name);
  for (const name of done) {
    for (const caller of callers.get(name) ?? []) {
      const left = (open.get(caller) ?? 0) - 1;
      open.set(caller, left);
      if (left === 0) done.push(caller);
    }
  }
  const ending = new Set(done);
  return new Map([...library].filter(([name]) => ending.has(name)));
}

function addTo(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function calledBy({ nodes }: FunctionDef, library: Library): ReadonlySet<string> {
  const called = nodes.map((node) => functionOf(node, library)?.name);
  return new Set(called.filter((name) => name !== undefined));
}

/** The call that a node is; undefined where it is none, or the function is not plain. */
export function callOf(node: GraphNode, library: Library): Call | undefined {
  const definition = functionOf(node, library);
  if (definition === undefined) return undefined;
  const given = dataInputs(node);
  let call = callWith(definition, given);
  for (let depth = 0; call !== undefined && depth < DEEPEST_CALL; depth++) {
    const passed = passedOn(call, library);
    if (passed === undefined) break;
    call = passed;
  }
  return call;
}

function functionOf(node: GraphNode | NodeDef, library: Library): FunctionDef | undefined {
  const f = CALL_OPS.has(node.op) ? new GraphNode(node).attr('f') : undefined;
  return library.get(f?.kind === 'function' ? f.value : node.op);
}

function callWith(definition: FunctionDef, given: readonly string[]): Call | undefined {
  const results = definition.outputs.map((output) => definition.results.get(output) ?? '');
  if (!definition.plain || definition.inputs.length !== given.length || results.includes('')) return undefined;
  return {
    definition,
    inner: new Map(definition.nodes.map((node) => [node.name, new GraphNode(node)])),
    args: new Map(definition.inputs.map((name, i) => [name, given[i] ?? ''])),
    results,
  };
}

/**
 * A signature of a SavedModel is a function that does nothing but call another one with its own arguments and hand on the results. It
 * adds no level to the names of nodes: the call of the function behind it.
 */
function passedOn({ definition, args, results }: Call, library: Library): Call | undefined {
  const [only, ...others] = definition.nodes.filter(({ op }) => op !== 'Identity' && op !== 'NoOp');
  const behind = only === undefined || others.length > 0 || !CALL_OPS.has(only.op) ? undefined : functionOf(only, library);
  if (only === undefined || behind === undefined) return undefined;
  const given = dataInputs(only).map((name) => args.get(name));
  const ports = results.map((result) => passedPort(definition, only.name, result));
  if (given.includes(undefined) || ports.includes(undefined)) return undefined;
  const call = callWith(
    behind,
    given.map((name) => name ?? ''),
  );
  if (call === undefined) return undefined;
  const handed = ports.map((port) => call.results[port ?? 0]);
  return handed.includes(undefined) ? undefined : { ...call, results: handed.map((result) => result ?? '') };
}

/** Which result of the node `call` a tensor is, perhaps through Identities. */
function passedPort({ nodes }: FunctionDef, call: string, tensor: string): number | undefined {
  let [name, , index] = tensor.split(':');
  for (let steps = 0; steps < DEEPEST_CALL; steps++) {
    if (name === call) return Number(index ?? 0);
    const identity = nodes.find((node) => node.name === name && node.op === 'Identity');
    if (identity === undefined) return undefined;
    [name, , index] = (identity.inputs[0] ?? '').split(':');
  }
  return undefined;
}

/** Inputs that carry values, as written. */
export function dataInputs({ inputs }: Pick<NodeDef, 'inputs'>): readonly string[] {
  return inputs.filter((input) => !input.startsWith('^'));
}
